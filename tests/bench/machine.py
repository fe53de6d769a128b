"""The machine that was measured."""

import os
import platform
import re
from pathlib import Path

import psycopg

from config.embedded.paths import database_url
from config.embedded.postgres import memory

GB = 1024**3


def described() -> list[str]:
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return [
        f"{len(os.sched_getaffinity(0))} cores of {_processor()}, {memory() / GB:.0f} GB, Python {platform.python_version()}",
        f"PostgreSQL {_setting('server_version')}, shared_buffers {_setting('shared_buffers')}, fsync {_setting('fsync')}",
        f"load when started: {load} (figures of a busy machine are too low)",
    ]


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*:\s*(.+)$", facts.read_text(), re.MULTILINE) if facts.exists() else None
    return named[1] if named else platform.machine()


def _setting(name: str) -> str:
    with psycopg.connect(database_url()) as line:
        (value,) = line.execute("SELECT current_setting(%s)", [name]).fetchone() or ("",)
    return str(value)
