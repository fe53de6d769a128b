"""`manage.py assets`: run collectstatic without unused files, and only when a file has changed."""

from typing import Any

from django.core.management import BaseCommand

from config.embedded.assets import collect_changed


class Command(BaseCommand):
    help = "Collect the static files, where one of them changed."
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        self.stdout.write("Collected." if collect_changed() else "Nothing changed.")
