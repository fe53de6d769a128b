"""The embedded PostgreSQL and Valkey keep their data, whatever is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import redis

from config.embedded import cluster, paths, postgres, valkey
from config.embedded.__main__ import main
from config.embedded.launcher import start_servers
from config.embedded.processes import StartRefused, alive
from config.embedded.supervision import Supervisor
from tests.embedded.installation import Installation, refusal, until

pytestmark = pytest.mark.processes
_number = count(1)


def keep(installation: Installation) -> int:
    """Store a row that no test before has written."""
    answer = next(_number)
    installation.ask("DROP TABLE IF EXISTS kept")
    installation.ask(f"CREATE TABLE kept AS SELECT {answer} AS answer")
    return answer


def test_the_command_gets_both_addresses_and_its_exit_status_is_the_launchers(installation: Installation) -> None:
    imports = "from os import environ; import psycopg, redis"
    uses = "psycopg.connect(environ['DATABASE_URL']); redis.Redis.from_url(environ['REDIS_URL']).ping(); exit(7)"
    installation.end()
    launcher = installation.with_servers(sys.executable, "-c", f"{imports}; {uses}")
    said, _ = launcher.communicate(timeout=40)
    assert launcher.returncode == 7, said
    assert not list(installation.state.glob("pids.json"))


def test_the_server_is_tuned_and_listens_on_no_network(installation: Installation) -> None:
    installation.idle()
    expected = {"listen_addresses": "", "checkpoint_timeout": "15min", "wal_compression": "pglz", "random_page_cost": "1.1", "fsync": "on"}
    assert {name: installation.ask(f"SHOW {name}") for name in expected} == expected
    assert postgres.tuning(installation.state / "pg")["shared_buffers"] == f"{min(postgres.memory() // 8, 2 << 30) // (1 << 20)}MB"


def test_nothing_outlives_a_killed_launcher_and_the_next_start_has_every_row(installation: Installation) -> None:
    launcher = installation.idle()
    answer = keep(installation)
    broker = redis.Redis.from_url(paths.redis_url())
    broker.set("kept", answer)
    broker.execute_command("WAITAOF", 1, 0, 5000)
    children = installation.pids()
    assert set(children) == {"postgres", "valkey"}
    launcher.kill()
    launcher.wait()
    until(lambda: installation.nothing_runs(children), "the servers have ended with their launcher")
    installation.idle()
    assert installation.ask("SELECT answer FROM kept") == answer
    assert redis.Redis.from_url(paths.redis_url()).get("kept") == str(answer).encode()


def test_a_killed_database_is_started_again_with_every_row(installation: Installation) -> None:
    launcher = installation.idle()
    answer = keep(installation)
    before = installation.pids()
    os.kill(before["postgres"], signal.SIGKILL)
    until(lambda: installation.pids()["postgres"] != before["postgres"], "another server was started")
    installation.wait_for_database(launcher)
    assert installation.ask("SELECT answer FROM kept") == answer
    assert installation.pids()["valkey"] == before["valkey"]


def test_launcher_and_servers_killed_together_start_again(installation: Installation) -> None:
    launcher = installation.idle()
    answer = keep(installation)
    for pid in (*installation.pids().values(), launcher.pid):
        os.kill(pid, signal.SIGKILL)
    launcher.wait()
    installation.idle()
    assert installation.ask("SELECT answer FROM kept") == answer


@pytest.fixture
def from_a_terminal() -> Iterator[None]:
    """Restore SIGHUP: under nohup the suite ignores it, and so would the launcher it starts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("from_a_terminal")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_everything_in_good_order(installation: Installation, sign: signal.Signals) -> None:
    installation.end()
    launcher = installation.with_servers(sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()")
    assert launcher.stdout
    assert launcher.stdout.readline() == "up\n"
    children = installation.pids()
    send = os.killpg if sign == signal.SIGINT else os.kill  # a terminal's Ctrl-C reaches the command too
    log = postgres.log_file()
    before = log.stat().st_size
    send(launcher.pid, sign)
    launcher.communicate(timeout=40)
    assert installation.nothing_runs(children)
    assert b"database system is shut down" in log.read_bytes()[before:]


def test_a_second_launcher_on_the_same_folder_is_refused(installation: Installation) -> None:
    first = installation.idle()
    said = refusal(installation.with_servers("true"))
    assert str(first.pid) in said
    assert "SLUICE_STATE" in said
    assert installation.answers()


def test_a_folder_that_is_no_cluster_stops_the_start_and_is_left_alone(state: Path) -> None:
    (state / "pg").mkdir()
    (state / "pg" / "letter.txt").write_text("mine")
    assert "neither empty nor a PostgreSQL cluster" in refused_start(state)
    assert [(entry.name, entry.read_text()) for entry in (state / "pg").iterdir()] == [("letter.txt", "mine")]


def test_another_major_version_stops_the_start_and_names_the_way_out(state: Path) -> None:
    (state / "pg").mkdir()
    (state / "pg" / "PG_VERSION").write_text("15\n")
    said = refused_start(state)
    assert "PostgreSQL 15" in said
    assert "pg_dump" in said
    assert "docs/deploy.md" in said
    assert [entry.name for entry in (state / "pg").iterdir()] == ["PG_VERSION"]


def refused_start(state: Path) -> str:
    """Return the refusal, which the launcher prints before it ends."""
    supervisor = Supervisor(state / "pids.json", lambda _: None)
    with pytest.raises(StartRefused) as refused:
        start_servers(supervisor)
    assert not supervisor.servers
    return str(refused.value)


def test_data_that_vanish_under_a_running_server_are_not_made_anew(installation: Installation) -> None:
    launcher = installation.idle()
    (installation.state / "pg").rename(installation.state / "moved")
    os.kill(installation.pids()["postgres"], signal.SIGKILL)
    assert "no longer" in refusal(launcher)
    assert not (installation.state / "pg").exists()
    (installation.state / "moved").rename(installation.state / "pg")


def test_speed_instead_of_durability_is_for_throw_away_folders_only(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLUICE_STATE")
    monkeypatch.setattr(sys, "argv", ["config.embedded", "with-servers", "--fast", "--", "true"])
    assert main() == 1
    assert "SLUICE_STATE" in capsys.readouterr().err


def test_data_that_root_keeps_elsewhere_are_named_by_a_link(closed_state: Path) -> None:
    made = Installation(closed_state)
    done = made.with_servers("true")
    said, _ = done.communicate(timeout=60)
    assert done.returncode == 0, said
    link = closed_state / "pg"
    assert link.is_symlink()
    assert link.resolve() == paths.data_folder()
    assert (link / "PG_VERSION").read_text() == "18\n"


def test_a_start_under_a_strict_umask_works_also_where_an_earlier_one_failed(closed_state: Path, strict_umask: None) -> None:
    """A failed start leaves a closed folder for the data, and a link that names it."""
    home = paths.server_home()
    home.mkdir(mode=0o700)
    paths.make_state_folder()
    (closed_state / "pg").symlink_to(home / "pg")
    process = Installation(closed_state).with_servers("true")
    message, _ = process.communicate(timeout=60)
    assert process.returncode == 0, message
    assert home.stat().st_mode & 0o777 == 0o755


@pytest.fixture
def data(state: Path) -> Path:
    """A data folder as far as locks go, with its socket folder."""
    (state / "pg").mkdir()
    paths.socket_folder().mkdir()
    return state / "pg"


def write_locks(data: Path, pid: int) -> list[Path]:
    locks = [data / "postmaster.pid", paths.socket_folder() / ".s.PGSQL.5432.lock"]
    for lock in locks:
        lock.write_text(f"{pid}\n{data}\n")
    return locks


def test_a_lock_that_names_a_dead_process_is_removed(data: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    locks = write_locks(data, gone.pid)
    cluster.end_leftover(data)
    assert not any(lock.exists() for lock in locks)


def test_a_lock_that_names_a_zombie_is_removed(data: Path) -> None:
    zombie = subprocess.Popen(["true"])
    until(lambda: not alive(zombie.pid), "the child has ended and nobody has reaped it")
    os.kill(zombie.pid, 0)
    locks = write_locks(data, zombie.pid)
    cluster.end_leftover(data)
    assert not any(lock.exists() for lock in locks)
    zombie.wait()


def test_a_lock_whose_number_a_stranger_has_by_now_is_removed(data: Path) -> None:
    locks = write_locks(data, os.getpid())
    cluster.end_leftover(data)
    assert not any(lock.exists() for lock in locks)


def test_a_lock_whose_owner_lives_stays(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LEFTOVER_PATIENCE", 0)
    owner = subprocess.Popen(["sleep", "60"], cwd=data)
    locks = write_locks(data, owner.pid)
    cluster.end_leftover(data)
    assert all(lock.exists() for lock in locks)
    owner.kill()
    owner.wait()


def test_the_broker_starts_alone_where_the_home_of_both_servers_is_not_there_yet(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With DATABASE_URL nothing makes the folder that root's servers share outside the state folder."""
    (state / "log").mkdir(exist_ok=True)
    monkeypatch.setattr(valkey, "valkey_socket", lambda: tmp_path / "home" / "run" / "valkey.sock")
    server = valkey.valkey(env={})
    server.launch()
    assert server.process is not None
    try:
        valkey.wait_until_ready(server)
    finally:
        server.process.terminate()
        server.process.wait(30)
