"""`manage.py check_integrity`: prove that what is stored twice agrees with a recount."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.panel.points import integrity_checks


class Command(BaseCommand):
    help = "Recount axes, tallies, billing, notes, events and the audit chain; exit status 1 when something does not agree."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        found = {name: check() for name, check in sorted(integrity_checks.items())}
        for name, problems in found.items():
            self.stdout.write(f"{name}: {'ok' if not problems else f'{len(problems)} problems'}")
            for problem in problems:
                self.stdout.write(f"  {problem}")
        if any(found.values()):
            raise CommandError("The recount disagrees; nothing was changed.")
