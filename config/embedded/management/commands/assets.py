"""`manage.py assets`: collectstatic without what no page uses, and only where something changed."""

from typing import Any

from django.core.management import BaseCommand

from config.embedded.assets import collect_changed


class Command(BaseCommand):
    help = "Collect the static files, where one of them changed."
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        self.stdout.write("Collected." if collect_changed() else "Nothing changed.")
