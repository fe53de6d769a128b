"""Restoring a backup: everything is checked first, the database changes in one transaction, and what came back is counted."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from config.core import audit, enterprise, extension_points
from config.core.actor import SYSTEM
from config.core.backup import archive, programs
from config.core.backup.archive import Manifest
from config.core.backup.writing import TABLES, count_rows, stored_files
from config.core.errors import DomainError

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_DROP_ALL = r"""
DO $$
DECLARE item record;
BEGIN
    FOR item IN SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('public', 'information_schema') AND nspname NOT LIKE 'pg\_%' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', item.nspname);
    END LOOP;
    FOR item IN
        SELECT c.relname, CASE c.relkind
            WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT EXISTS (
            SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('e', 'i', 'a')
        )
    LOOP
        EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', item.kind, item.relname);
    END LOOP;
    FOR item IN
        SELECT p.oid::regprocedure AS signature FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', item.signature);
    END LOOP;
END $$;
"""


def restore_backup(folder: Path, *, replace: bool, without_keys: bool) -> Manifest:
    """Restore the backup and return its manifest. The command checks the integrity of what it has restored."""
    manifest = Manifest.read(folder)
    _refuse_unreadable(manifest, without_keys=without_keys)
    tools = programs.folder_for(programs.server_major())
    archive.check_files(folder, manifest)
    _refuse_filled(folder, replace=replace)
    _restore_database(tools, folder / archive.DUMP, replace=replace)
    if (found := count_rows()) != manifest.rows:
        name = min(name for name in found.keys() | manifest.rows.keys() if found.get(name) != manifest.rows.get(name))
        raise DomainError(f"{name} has {found.get(name)} rows, and the backup {manifest.rows.get(name)}. Restore another backup.")
    _restore_files(folder)
    _bring_up_to_date(folder, manifest)
    return manifest


def _refuse_unreadable(manifest: Manifest, *, without_keys: bool) -> None:
    if manifest.postgresql > (major := programs.server_major()):
        raise DomainError(f"The backup is of PostgreSQL {manifest.postgresql}, and this server is {major}: restore it into a newer one.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := [name for name in manifest.migrations if name not in known]:
        raise DomainError(f"The backup was made by a newer release: this one does not know {newer[-1]}. Take the release that made it.")
    if not without_keys and not set(manifest.field_keys) & set(archive.fingerprints()):
        raise DomainError(
            "The stored credentials of the backup are encrypted with other keys than this installation has. Put its secret.json or "
            "SLUICE_FIELD_KEYS back first; with --without-keys everything but these credentials is restored."
        )


def _refuse_filled(folder: Path, *, replace: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS)
        if others := cursor.fetchone()[0]:
            raise DomainError(
                f"{others} other connections use the database. Stop web, workers, scheduler and pgbouncer first; nothing was changed."
            )
        cursor.execute(TABLES)
        tables = len(cursor.fetchall())
    if tables and not replace:
        raise DomainError(
            f"The database has {tables} tables already. With --replace they and all their rows are dropped for those of the backup; "
            "nothing was changed."
        )
    differing = [name for name, path, checksum in _files(folder) if path.exists() and archive.sha256_of(path) != checksum]
    if differing and not replace:
        raise DomainError(f"{stored_files() / differing[0]} differs from the file of the backup, which replaces it with --replace.")


def _files(folder: Path) -> list[tuple[str, Path, str]]:
    """Return the name, the place and the checksum of each stored file."""
    prefix = f"{archive.FILES}/"
    named = ((name.removeprefix(prefix), checksum) for name, checksum in archive.read_checksums(folder) if name.startswith(prefix))
    return [(name, stored_files() / name, checksum) for name, checksum in named]


def _restore_database(tools: Path, dump: Path, *, replace: bool) -> None:
    """Drop what is there and restore in one transaction: if anything fails, the database is as it was."""
    connection.close()
    read: list[str | Path] = [tools / "pg_restore", "--no-owner", "--no-privileges", "--no-comments", "--file=-", dump]
    write: list[str | Path] = [tools / "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"]
    with (
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/") as reader,
        subprocess.Popen(
            write, env=programs.environment(), cwd="/", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as writer,
    ):
        assert reader.stdout, "it is a pipe"
        assert writer.stdin, "it is a pipe"
        _pass_on(reader.stdout, writer.stdin, before=_DROP_ALL.encode() if replace else b"")
        failed = reader.wait()
        if failed:
            writer.kill()  # at the end of its input it would commit
        _, complaint = writer.communicate()
        said = reader.stderr.read() if reader.stderr else b""
    if failed or writer.returncode:
        raise DomainError(f"The database could not be restored and is as it was: {(said or complaint).decode(errors='replace').strip()}")


def _pass_on(source: IO[bytes], target: IO[bytes], *, before: bytes) -> None:
    try:
        target.write(before)
        shutil.copyfileobj(source, target, archive.PORTION)
        target.flush()
    except BrokenPipeError:  # psql has met an error and says which
        source.close()


def _restore_files(folder: Path) -> None:
    """Put each file in its place at once and as a whole. Other files stay: no row names them."""
    mode = getattr(default_storage, "file_permissions_mode", None) or 0o644
    for name, path, _ in _files(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.part")
        shutil.copyfile(folder / archive.FILES / name, draft)
        draft.chmod(mode)
        os.replace(draft, path)


def _bring_up_to_date(folder: Path, manifest: Manifest) -> None:
    """Apply the migrations that came after the backup, tell the planner about the rows, and seal the audit trail."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    enterprise.forget()
    for repair in extension_points.after_restore:
        repair()
    with transaction.atomic():
        after = {"folder": str(folder), "made_at": manifest.made_at, "rows": sum(manifest.rows.values())}
        audit.record(actor=SYSTEM, page="Command line", action="backup restored", after=after, severity="high")
    while audit.seal():
        pass
