"""`manage.py backup FOLDER`: write a backup of the database and the stored files, checked by reading it again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from typing_extensions import override

from config.core.backup.archive import Manifest
from config.core.backup.writing import write_backup
from config.core.errors import DomainError


class Command(BaseCommand):
    help = "Write a backup of the database and the stored files into a new folder below FOLDER. The keys are not in it: see docs/deploy.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the backup is made, under a name with its time")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = write_backup(options["folder"].absolute())
        except DomainError as error:
            raise CommandError(f"{error.message} No backup was made.") from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}. No backup was made.") from error
        except OSError as error:
            raise CommandError(f"{error.filename or options['folder']}: {error.strerror}. No backup was made.") from error
        manifest = Manifest.read(made)
        gone = f", {manifest.files_gone} that were deleted meanwhile left out" if manifest.files_gone else ""
        self.stdout.write(f"{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables, {manifest.files:,} files{gone}: checked.")
        self.stdout.write("Keep the keys (secret.json, or SLUICE_FIELD_KEYS and SLUICE_SECRET_KEY) in another place.")
        self.stdout.write(str(made))
