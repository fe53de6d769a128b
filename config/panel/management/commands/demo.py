"""`manage.py demo`: a small, believable world to look around in."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.panel import demo
from config.panel.errors import DomainError
from config.panel.models import User


class Command(BaseCommand):
    help = "Make the demo world, or with --json tell what is in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print addresses, log-ins and keys, for scripts")
        parser.add_argument("--once", action="store_true", help="do nothing where there are users already")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        try:
            if not options["json"]:
                self._make(once=options["once"])
            else:
                self.stdout.write(json.dumps(demo.told(), indent=2))
        except DomainError as error:
            raise CommandError(error.message) from error

    def _make(self, *, once: bool) -> None:
        if once and User.objects.exists():
            return
        world = demo.make()
        self.stdout.write(f"{len(world['campaigns'])} campaigns, {len(world['users'])} users: see {demo.path()}")
