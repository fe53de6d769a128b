"""The embedded PostgreSQL: its settings, its start, and when it is ready."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from config.embedded.cluster import make_where_missing, ready_to_start, server_environment
from config.embedded.paths import DATABASE, socket_folder, state_dir
from config.embedded.processes import StartRefused, spawn
from config.embedded.server_files import postgres_programs, postgres_user
from config.embedded.stopping import pause
from config.embedded.supervision import Child

MB = 1024 * 1024
READY_WITHIN = 300  # seconds; recovery after a crash may be long
STARTS = 5
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres(*, extra: dict[str, str] | None = None) -> Child:
    """Return the server as a child process. SIGINT is its fast shutdown, which does not wait for clients."""
    make_where_missing()

    def start() -> subprocess.Popen[bytes]:
        data = ready_to_start()
        settings = {**tuning(data), **(extra or {})}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return spawn(
            [postgres_programs() / "postgres", "-D", data, *options],
            log=log_file(),
            last_signal=signal.SIGINT,
            env=server_environment(),
            user=postgres_user(),
        )

    return Child("postgres", start, stop_signal=signal.SIGINT, grace=60)


def log_file() -> Path:
    return state_dir() / "log" / "postgres.log"


def tuning(data: Path) -> dict[str, str]:
    shared = min(memory() // 8, 2048 * MB)
    wal = min(shutil.disk_usage(data).free // 10, 4096 * MB)
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder()),
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{max(shared // MB, 16)}MB",
        "max_wal_size": f"{max(wal // MB, 64)}MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "pglz",
        "random_page_cost": "1.1",
    }


def memory() -> int:
    """Return the bytes of memory of this machine, or of its container."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    return min(physical, int(text)) if text.isdigit() else physical


def wait_until_ready(server: Child) -> None:
    """Wait until the server takes connections and has our database. A server that ends at once is started again a few times."""
    deadline = time.monotonic() + READY_WITHIN
    starts = 1
    while not _has_database():
        if time.monotonic() > deadline:
            raise StartRefused(f"PostgreSQL did not answer within {READY_WITHIN} s: {_end_of_log()}")
        if server.process and server.process.poll() is not None:
            if starts == STARTS:
                raise StartRefused(f"PostgreSQL does not start: {_end_of_log()}")
            pause(0.3)  # backends of a server that was killed just before may still be alive
            server.launch()
            starts += 1
        pause(0.02)


def _has_database() -> bool:
    """Return whether the server takes connections. Our database is created where it is missing."""
    try:
        with psycopg.connect(host=str(socket_folder()), port=5432, user=DATABASE, dbname="postgres", autocommit=True) as conn:
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                conn.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True


def _end_of_log() -> str:
    log = log_file()
    lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
    return "\n  ".join([f"the end of {log} says", *lines])
