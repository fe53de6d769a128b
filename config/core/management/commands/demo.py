"""`manage.py demo`: make a small, believable world of demo data."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from config.core import demo
from config.core.errors import DomainError


class Command(BaseCommand):
    help = "Make the demo world; with --json tell what is in it (together with --once: after making it where it is missing)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do nothing where there are users already")
        parser.add_argument("--json", action="store_true", help="print addresses, log-ins and keys, for scripts")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            exists = options["once"] and demo.is_inhabited()
            if not exists and (options["once"] or not options["json"]):
                world = demo.make()
                if not options["json"]:
                    self.stdout.write(f"{len(world['campaigns'])} campaigns, {len(world['users'])} users: see {demo.path()}")
            if options["json"]:
                self.stdout.write(json.dumps(demo.description(), indent=2))
        except DomainError as error:
            raise CommandError(error.message) from error
