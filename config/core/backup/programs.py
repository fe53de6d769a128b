"""PostgreSQL's own programs for backups, of the server's version, and how they reach the database."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from glob import glob
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from config.core.errors import DomainError

PLACES_OF_PACKAGES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


def server_major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::integer / 10000")
        return int(cursor.fetchone()[0])


def folder_for(major: int) -> Path:
    """Return the folder with pg_dump, pg_restore and psql of this version.

    It must be the same: an older pg_dump refuses a newer server, and an older server does not know all that a newer one writes.
    """
    found: dict[int, list[Path]] = {}
    for folder in _folders():
        if (version := version_of(folder / "pg_dump")) and all((folder / name).exists() for name in ("pg_restore", "psql")):
            found.setdefault(version, []).append(folder)
    if major in found:
        return found[major][0]
    others = ", ".join(f"{version} in {folders[0]}" for version, folders in sorted(found.items())) or "none at all"
    raise DomainError(
        f"The server is PostgreSQL {major}, and there are no pg_dump, pg_restore and psql of this version (found: {others}). "
        f"Install postgresql-client-{major}, or name the folder of its programs in SLUICE_POSTGRES_PROGRAMS."
    )


def _folders() -> Iterator[Path]:
    """Yield the folders that settings name, those of the search path, and those of packages, which are often on no search path."""
    yield from (Path(str(text)) for text in settings.POSTGRES_PROGRAMS)
    yield from (Path(text) for text in os.environ.get("PATH", os.defpath).split(os.pathsep) if text)
    for pattern in PLACES_OF_PACKAGES:
        yield from (Path(text) for text in sorted(glob(pattern)))


@cache
def version_of(program: Path) -> int | None:
    """Return the major version of a program, or None where it does not run."""
    try:
        answer = subprocess.run([program, "--version"], cwd="/", capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d{1,3})", answer.stdout)
    return int(version[1]) if version else None


def environment() -> dict[str, str]:
    """Return the environment by which the programs find the database. On a command line everybody could read the password."""
    database = connection.settings_dict
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    values = {option: str(database[name]) for option, name in named.items() if database[name]}
    values |= {name: str(value) for name, value in database.get("OPTIONS", {}).items() if isinstance(value, str | int)}
    variables = {option.keyword.decode(): option.envvar.decode() for option in psycopg.pq.Conninfo.get_defaults() if option.envvar}
    ours = {variables[name]: value for name, value in values.items() if name in variables}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, **ours}
