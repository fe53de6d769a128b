"""`manage.py reseal`: encrypt all secrets with a new first field key, so that the old keys can be removed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from typing_extensions import override

from config.core import audit
from config.core.actor import SYSTEM
from config.core.credentials.encryption import reseal_all


class Command(BaseCommand):
    help = "Encrypt all stored secrets with the newest of SLUICE_FIELD_KEYS; exit status 1 when no key opens one of them."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        result = reseal_all()
        with transaction.atomic():
            audit.record(actor=SYSTEM, page="Command line", action="secrets resealed", after=result.rows, severity="high")
        for name, count in result.rows.items():
            self.stdout.write(f"{name}: {count} encrypted anew")
        if result.lost:
            lost = "\n".join(f"  {row}" for row in result.lost)
            raise CommandError(f"No key opens these; keep the key that wrote them, or set them again:\n{lost}")
        self.stdout.write("Everything is under the newest key: the others can be taken away.")
