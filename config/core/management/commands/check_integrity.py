"""`manage.py check_integrity`: prove that data stored twice agrees with a recount."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from typing_extensions import override

from config.core import extension_points


class Command(BaseCommand):
    help = "Recount axes, tallies, billing, notes, events and the audit chain; exit status 1 when something does not agree."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        results = self._run_checks()
        for name, problems in results.items():
            self.stdout.write(f"{name}: {'ok' if not problems else f'{len(problems)} problems'}")
            for problem in problems:
                self.stdout.write(f"  {problem}")
        if any(results.values()):
            raise CommandError("The recount disagrees; nothing was changed.")

    def _run_checks(self) -> dict[str, list[str]]:
        """Run every check in one snapshot, because leads may change meanwhile."""
        outermost = not connection.in_atomic_block
        with transaction.atomic(), connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return {name: check() for name, check in sorted(extension_points.integrity_checks.items())}
