"""PostgreSQL's data folder: created once, refused when it is not ours, never deleted."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from config.embedded.paths import DATABASE, data_folder, make_open_folder, server_home, socket_folder, state_dir
from config.embedded.processes import StartRefused, works_in
from config.embedded.server_files import MAJOR, postgres_programs, postgres_user

LEFTOVER_PATIENCE = 20  # seconds for the server of a killed launcher to end by itself
DUMP_AND_RESTORE = "see 'Another PostgreSQL version' in docs/deploy.md"


def make_where_missing() -> None:
    """Create the cluster. Called only when the launcher starts: data that vanish later must not be replaced by an empty cluster.

    Where root's state folder is closed to PostgreSQL's user, the server has a folder of its own, to which `pg` in the
    state folder links.
    """
    home = server_home()
    link = state_dir() / "pg"
    if home != state_dir():
        make_open_folder(home)
        if not link.is_symlink():
            link.symlink_to(home / "pg")
    if not _has_cluster(data_folder()):
        _initdb(data_folder())
    _make_socket_folder()


def ready_to_start() -> Path:
    """Return the data folder after checking that this release's server can start in it."""
    data = data_folder()
    if not _has_cluster(data):
        raise StartRefused(f"PostgreSQL's data are no longer in {data}. Put them back, then start again.")
    owner = data.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise StartRefused(f"{data} belongs to user number {owner}: start as that user or as root, or set SLUICE_STATE.")
    end_leftover(data)
    return data


def _has_cluster(data: Path) -> bool:
    version_file = data / "PG_VERSION"
    if not data.exists() or not any(data.iterdir()):
        return False
    if not version_file.exists():
        raise StartRefused(f"{data} is neither empty nor a PostgreSQL cluster. Nothing was touched: move it away, or set SLUICE_STATE.")
    if (version := version_file.read_text().strip()) != str(MAJOR):
        raise StartRefused(
            f"{data} was made by PostgreSQL {version}; this release carries {MAJOR}. Nothing was touched. "
            f"With the release that made it, run: python -m config.embedded with-servers -- sh -c "
            f"'pg_dump -Fc -f sluice.dump \"$DATABASE_URL\"'; then restore it into a new folder: {DUMP_AND_RESTORE}."
        )
    return True


def _initdb(data: Path) -> None:
    """Create the cluster beside its place and rename it, so that a killed start leaves no half cluster behind."""
    draft = Path(tempfile.mkdtemp(prefix="pg.new-", dir=data.parent))
    give_to_server(draft)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    result = run_program("initdb", "-D", draft, "-U", DATABASE, *options)
    if result.returncode:
        raise StartRefused(f"initdb failed in {draft}:\n{result.stderr.strip()}")
    draft.rename(data)


def _make_socket_folder() -> None:
    folder = socket_folder()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        give_to_server(folder)
    if folder.is_symlink() or folder.stat().st_uid not in (0, postgres_user().get("user", os.geteuid())):
        raise StartRefused(f"{folder} belongs to somebody else: remove it, or set SLUICE_STATE to another folder.")


def give_to_server(path: Path) -> None:
    if user := postgres_user():
        os.chown(path, user["user"], user["group"])


def end_leftover(data: Path) -> None:
    """Wait for the server of a killed launcher, then stop it. A lock file without a living server is removed."""
    deadline = time.monotonic() + LEFTOVER_PATIENCE
    while (pid := lock_holder(data)) and time.monotonic() < deadline:
        time.sleep(0.05)
    if pid:
        run_program("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    for lock in (data / "postmaster.pid", socket_folder() / ".s.PGSQL.5432.lock"):
        if lock.exists() and not works_in(_first_number(lock), data):
            lock.unlink()


def lock_holder(data: Path) -> int | None:
    """Return the process id of this folder's living server. An id that another program has taken since does not count."""
    pid = _first_number(data / "postmaster.pid")
    return pid if pid and works_in(pid, data) else None


def _first_number(lock: Path) -> int:
    try:
        return abs(int(lock.read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return 0


def run_program(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(word) for word in (postgres_programs() / name, *arguments)]
    return subprocess.run(command, cwd="/", env=server_environment(), capture_output=True, text=True, **postgres_user())


def server_environment() -> dict[str, str]:
    """Return the environment without libpq's variables, which would point the server's tools elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
