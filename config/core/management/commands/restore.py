"""`manage.py restore BACKUP`: put a backup back, and check that what came back agrees with itself."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from typing_extensions import override

from config.core.backup.restoring import restore_backup
from config.core.errors import DomainError


class Command(BaseCommand):
    help = "Restore a backup into the database and the stored files. Web, workers and scheduler must be stopped."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="the folder that `backup` has made")
        parser.add_argument("--replace", action="store_true", help="drop what is in the database now")
        parser.add_argument("--without-keys", action="store_true", help="restore although the stored credentials cannot be read")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = restore_backup(options["backup"].absolute(), replace=options["replace"], without_keys=options["without_keys"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
        except OSError as error:
            raise CommandError(f"{error.filename or options['backup']}: {error.strerror}") from error
        self.stdout.write(f"{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables, {manifest.files:,} files are back.")
        call_command("check_integrity", stdout=self.stdout)
