"""Backup and restore from the command line, with PostgreSQL's own programs: whole or not at all, and checked both times."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from config.core import audit
from config.core.actor import SYSTEM
from config.core.backup import archive, programs, restoring, writing
from config.core.models import AuditEntry, User
from tests.cast import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sql]
FILES = {
    "exports/leads of today.csv": b"id,name\r\n1,Ada\r\n", "empty": b"", "uploads/\u00fc\u00df\u00e9 \u540d\u524d.xlsx": b"PK\x03\x04" * 999,
    "a\nb\\c.txt": b"odd", "deep/er/and/deeper.bin": bytes(range(256)), "-rf": b"dash", "'q\" $HOME": b"quoted",
}  # fmt: skip


@pytest.fixture
def stored(tmp_path: Path, settings) -> Path:
    """The folder of the stored files, with some."""
    folder = tmp_path / "files"
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": folder}}}
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def made(tmp_path: Path, stored: Path) -> Path:
    make_user("admin", name="Ada\tLove\\lace\n\u202fl’été")
    audit.record(actor=SYSTEM, page="Test", action="before the backup")
    return backup(tmp_path / "backups")


@pytest.fixture
def _elsewhere() -> Iterator[None]:
    """Another database of the server, with nothing in it."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}_restored TEMPLATE template0")
    connection.settings_dict["NAME"] = f"{name}_restored"
    yield
    connection.close()
    connection.settings_dict["NAME"] = name
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}_restored WITH (FORCE)")


def backup(folder: Path) -> Path:
    said = StringIO()
    call_command("backup", str(folder), stdout=said)
    return Path(said.getvalue().splitlines()[-1])


def restore(folder: Path, *words: str) -> str:
    said = StringIO()
    call_command("restore", str(folder), *words, stdout=said)
    return said.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_comes_back_as_it_was_and_only_its_owner_can_read_it(made: Path, stored: Path, request):
    assert {path.stat().st_mode & 0o777 for path in made.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (made, *made.rglob("*")) if path.is_dir()} == {0o700}
    subprocess.run(["sha256sum", "--quiet", "--strict", "--check", "SHA256SUMS"], cwd=made, check=True)
    users, rows = list(User.objects.order_by("pk").values()), json.loads((made / "manifest.json").read_text())["rows"]
    assert rows["public.core_user"] == len(users) == 1
    shutil.rmtree(stored)
    request.getfixturevalue("_elsewhere")
    said = restore(made)
    assert "audit chain: ok" in said
    assert list(User.objects.order_by("pk").values()) == users
    assert contents(stored) == FILES
    assert AuditEntry.objects.filter(action="backup restored", severity="high").count() == 1
    with pytest.raises(CommandError, match=r"The database has \d+ tables already. With --replace"):
        restore(made)
    User.objects.update(name="changed since")
    (stored / "empty").write_bytes(b"changed since")
    restore(made, "--replace")
    assert list(User.objects.order_by("pk").values()) == users
    assert contents(stored) == FILES
    assert writing.count_rows().keys() == rows.keys()
    restore(backup(made.parent / "again"), "--replace")


def test_a_damaged_backup_is_refused_before_anything_changes(made: Path, stored: Path):
    for name in [*contents(made)]:
        path = made / name
        whole = path.read_bytes()
        for content in (whole[:-1] + bytes([(whole[-1] if whole else 0) ^ 1]), whole + b"\n"):
            path.write_bytes(content)
            if name == archive.MANIFEST and content == whole + b"\n":
                continue
            with pytest.raises(CommandError, match="damaged|is not the file that was written|cannot be read"):
                restore(made, "--replace")
        path.unlink()
        with pytest.raises(CommandError, match="is missing in the backup|is no backup"):
            restore(made, "--replace")
        path.write_bytes(whole)
    assert User.objects.count() == 1
    assert contents(stored) == FILES


def test_a_restore_that_fails_in_its_middle_leaves_the_database_as_it_was(made: Path, monkeypatch, request):
    dump = made / archive.DUMP
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size * 3 // 4])
    monkeypatch.setattr(archive, "check_files", lambda *_: None)
    monkeypatch.setattr(restoring, "_OTHERS", "SELECT 0")
    with pytest.raises(CommandError, match="could not be restored and is as it was"):
        restore(made, "--replace")
    assert User.objects.count() == 1


def test_a_backup_that_is_not_what_was_dumped_is_not_kept(tmp_path: Path, stored: Path, monkeypatch):
    count = writing.count_rows
    monkeypatch.setattr(writing, "count_rows", lambda: {**count(), "public.core_user": 99})
    with pytest.raises(CommandError, match=r"The dump has 0 rows of public.core_user, the database 99. .* No backup was made."):
        backup(tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_file_that_goes_while_it_is_copied_is_left_out_and_counted(tmp_path: Path, stored: Path, monkeypatch):
    copy = writing._copy

    def vanish(source: Path, target: Path) -> str:
        if source.name == "empty":
            source.unlink()
        return copy(source, target)

    monkeypatch.setattr(writing, "_copy", vanish)
    manifest = archive.Manifest.read(backup(tmp_path))
    assert (manifest.files, manifest.files_gone) == (len(FILES) - 1, 1)


def test_without_programs_of_the_servers_version_it_says_which_to_install(tmp_path: Path, stored: Path, monkeypatch):
    major = programs.server_major()
    monkeypatch.setattr(programs, "version_of", lambda program: 9 if program.exists() else None)
    with pytest.raises(CommandError) as refused:
        backup(tmp_path)
    assert f"PostgreSQL {major}" in str(refused.value)
    assert f"(found: 9 in {programs._folders().__next__()})" in str(refused.value)
    assert f"postgresql-client-{major}" in str(refused.value)
    assert "SLUICE_POSTGRES_PROGRAMS" in str(refused.value)


def test_a_backup_of_other_keys_a_newer_release_or_a_newer_server_is_refused(made: Path, settings):
    manifest = archive.Manifest.read(made)

    def refusal(**columns: object) -> str:
        (made / archive.MANIFEST).write_text(json.dumps({**vars(manifest), **columns}))
        with pytest.raises(CommandError) as refused:
            restore(made, "--replace")
        return str(refused.value)

    assert "newer release: this one does not know core.9999_later" in refusal(migrations=[*manifest.migrations, "core.9999_later"])
    assert "is of PostgreSQL 99" in refusal(postgresql=99)
    assert "in a format that this one does not know" in refusal(format=2)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert "encrypted with other keys" in refusal()


def test_while_others_use_the_database_nothing_is_restored(made: Path):
    with connection.cursor() as cursor:
        cursor.execute(restoring._OTHERS)
        (before,) = cursor.fetchone()  # threads of earlier tests may have kept theirs
    other = connection.copy()
    try:
        other.ensure_connection()
        with pytest.raises(CommandError, match=f"{before + 1} other connections use the database. Stop web, workers, scheduler"):
            restore(made, "--replace")
    finally:
        other.close()


@pytest.mark.parametrize("password", ["plain", "p@ss/w:rd%40", "with blank", "'\"\\$", "ümlaut"])
def test_the_password_is_in_no_command_line(monkeypatch, password):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", password)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"sslmode": "verify-full", "connect_timeout": 5, "prepare_threshold": 5})
    monkeypatch.setenv("PGSERVICE", "another")
    found = {name: value for name, value in programs.environment().items() if name.startswith("PG")}
    assert (found["PGPASSWORD"], found["PGSSLMODE"], found["PGCONNECT_TIMEOUT"]) == (password, "verify-full", "5")
    assert set(found) <= {"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGCONNECT_TIMEOUT", "PGAPPNAME"}
