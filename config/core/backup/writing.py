"""Writing a backup: beside its place, checked by reading it again, then renamed. A backup is there as a whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config.core import audit
from config.core.actor import SYSTEM
from config.core.backup import archive, programs
from config.core.backup.archive import Manifest
from config.core.errors import DomainError

TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1
"""


def write_backup(parent: Path) -> Path:
    """Write a backup below the folder and return its path."""
    tools = programs.folder_for(programs.server_major())
    now = timezone.now()
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _draft(parent / f"sluice-{now:%Y%m%dT%H%M%SZ}") as draft:
        manifest = Manifest(now.isoformat(), programs.server_major(), {}, _migrations(), archive.fingerprints())
        manifest.rows = _dump(tools, draft / archive.DUMP)
        checksums = {archive.DUMP: archive.sha256_of(draft / archive.DUMP)}
        checksums |= _copy_files(draft / archive.FILES, manifest)
        manifest.checksums = archive.write_checksums(draft, checksums)
        manifest.bytes = sum(path.stat().st_size for path in draft.rglob("*") if path.is_file())
        manifest.write(draft)
        _verify(tools, draft)
    made = parent / f"sluice-{now:%Y%m%dT%H%M%SZ}"
    with transaction.atomic():
        after = {"folder": str(made), "bytes": manifest.bytes, "files": manifest.files, "rows": sum(manifest.rows.values())}
        audit.record(actor=SYSTEM, page="Command line", action="backup written", after=after, severity="medium")
    return made


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """Give a new folder, and rename it to the target at the end. Whatever fails, nothing is left."""
    if target.exists():
        raise DomainError(f"{target} exists already. Wait a second, and start again.")
    draft = target.with_name(f"{target.name}.part")
    draft.mkdir(mode=0o700)
    try:
        yield draft
        for path in (*draft.rglob("*"), draft):
            _flush(path)
        draft.rename(target)
        _flush(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _dump(tools: Path, dump: Path) -> dict[str, int]:
    """Dump the database, and return the number of rows of each table in the very snapshot that is dumped."""
    archive.create(dump).close()  # pg_dump writes into the file that is there: others could read one of its own
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = count_rows()
        command: list[str | Path] = [tools / "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={dump}"]
        archive.run(command, programs.environment())
    return rows


def count_rows() -> dict[str, int]:
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  (quoted by the server)
            rows[table] = cursor.fetchone()[0]
    return rows


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def stored_files() -> Path:
    assert isinstance(default_storage, FileSystemStorage) or hasattr(default_storage, "location"), "stored files are in a folder"
    return Path(default_storage.location)


def _copy_files(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Copy the stored files, and return their checksums by their names in the backup.

    They are copied after the database was dumped. A file that has gone meanwhile, such as an export that has expired, is left out
    and counted.
    """
    folder.mkdir(mode=0o700)
    checksums = {}
    source = stored_files()
    for path in sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink()):
        name = path.relative_to(source)
        for parent in reversed(name.parents):
            (folder / parent).mkdir(mode=0o700, exist_ok=True)
        try:
            checksums[f"{archive.FILES}/{name}"] = _copy(path, folder / name)
            manifest.files += 1
        except FileNotFoundError:
            manifest.files_gone += 1
    return checksums


def _copy(source: Path, target: Path) -> str:
    """Copy a file and return the checksum of what was read."""
    checksum = hashlib.sha256()
    with source.open("rb") as content, archive.create(target) as copy:
        while portion := content.read(archive.PORTION):
            checksum.update(portion)
            copy.write(portion)
    return checksum.hexdigest()


def _verify(tools: Path, draft: Path) -> None:
    """Read everything again: the manifest, each file, the contents of the dump, and every row in it."""
    manifest = Manifest.read(draft)
    archive.check_files(draft, manifest)
    archive.run([tools / "pg_restore", "--list", draft / archive.DUMP], programs.environment())
    found = archive.rows_in_dump(tools, draft / archive.DUMP)
    if differing := [name for name in manifest.rows.keys() | found.keys() if manifest.rows.get(name) != found.get(name)]:
        name = min(differing)
        raise DomainError(f"The dump has {found.get(name)} rows of {name}, the database {manifest.rows.get(name)}. Nothing was kept.")
