"""A backup as a folder: the dump, the stored files, their checksums as `sha256sum` reads them, and what they hold.

manifest.json    when and of what it was made, and the number of rows in each table
SHA256SUMS       the checksum of each file; `sha256sum --check SHA256SUMS` checks them without this product
database.dump    in pg_dump's custom format
files/           the stored files
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings

from config.core.errors import DomainError

MANIFEST, CHECKSUMS, DUMP, FILES = "manifest.json", "SHA256SUMS", "database.dump", "files"
FORMAT = 1
PORTION = 1024 * 1024
_COPY = re.compile(rb'COPY ((?:"(?:[^"]|"")+"|[^\s."]+)\.(?:"(?:[^"]|"")+"|[^\s."]+)) .*FROM stdin;\n')


@dataclass
class Manifest:
    """The description of a backup. `field_keys` tells the keys of its secrets apart and reveals nothing of them."""

    made_at: str
    postgresql: int
    rows: dict[str, int]
    migrations: list[str]
    field_keys: list[str]
    checksums: str = ""
    files: int = 0
    files_gone: int = 0
    bytes: int = 0
    format: int = field(default=FORMAT)

    def write(self, folder: Path) -> None:
        with create(folder / MANIFEST) as file:
            file.write(json.dumps(asdict(self), indent=1, sort_keys=True).encode())

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        try:
            values = json.loads((folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            raise DomainError(f"{folder} is no backup: it has no {MANIFEST}.") from None
        except ValueError:
            raise DomainError(f"{folder / MANIFEST} is damaged: it cannot be read. Take another backup.") from None
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise DomainError(f"{folder} was made by another release, in a format that this one does not know.")
        return cls(**values)


def create(path: Path) -> IO[bytes]:
    """Create a file that its owner alone can read. Its folder must not have it yet."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path, checksums: dict[str, str]) -> str:
    """Write the checksums, and return the checksum of their file. Names are escaped as `sha256sum` does it."""
    with create(folder / CHECKSUMS) as file:
        for name, checksum in checksums.items():
            escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
            mark = "\\" if escaped != name else ""
            file.write(os.fsencode(f"{mark}{checksum}  {escaped}\n"))
    return sha256_of(folder / CHECKSUMS)


def read_checksums(folder: Path) -> Iterator[tuple[str, str]]:
    for line in (folder / CHECKSUMS).read_bytes().splitlines():
        checksum, _, name = os.fsdecode(line).removeprefix("\\").partition("  ")
        if line.startswith(b"\\"):
            name = re.sub(r"\\([\\nr])", lambda found: {"\\": "\\", "n": "\n", "r": "\r"}[found[1]], name)
        yield name, checksum


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise a DomainError for the first file that is missing or differs from its checksum."""
    try:
        if sha256_of(folder / CHECKSUMS) != manifest.checksums:
            raise DomainError(f"{folder / CHECKSUMS} is not the file that was written. Take another backup.")
        for name, checksum in read_checksums(folder):
            if sha256_of(folder / name) != checksum:
                raise DomainError(f"{folder / name} is damaged: its checksum differs. Take another backup.")
    except FileNotFoundError as error:
        raise DomainError(f"{error.filename} is missing in the backup. Take another one.") from None


def rows_in_dump(programs: Path, dump: Path) -> dict[str, int]:
    """Return the number of rows of each table, read from the dump itself from its beginning to its end."""
    command: list[str | Path] = [programs / "pg_restore", "--data-only", "--file=-", dump]
    rows: dict[str, int] = {}
    table = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/") as process:
        assert process.stdout is not None, "it is a pipe"
        for line in process.stdout:
            if table is None:
                if found := _COPY.fullmatch(line):
                    table = found[1].decode()
                    rows[table] = 0
            elif line == b"\\.\n":
                table = None
            else:
                rows[table] += 1
        _, complaint = process.communicate()
    if process.returncode or table is not None:
        raise DomainError(f"{dump} cannot be read: {complaint.decode(errors='replace').strip() or 'it ends too early'}")
    return rows


def fingerprints() -> list[str]:
    """Return a mark of each field key by which it is recognised."""
    return [hashlib.sha256(f"field key {key}".encode()).hexdigest()[:16] for key in settings.FIELD_KEYS]


def run(command: list[str | Path], environment: dict[str, str]) -> str:
    """Run one of PostgreSQL's programs. Raise a DomainError with what it says if it fails."""
    answer = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    if answer.returncode:
        raise DomainError(f"{Path(command[0]).name} failed: {answer.stderr.strip()}")
    return answer.stdout
