"""`manage.py serve`: one process tree that answers, mends itself and leaves nothing behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import programs, welcome
from config.embedded.processes import StartRefused
from tests.embedded.conftest import own_folder, use
from tests.embedded.installation import Installation, refusal, until

pytestmark = pytest.mark.processes
EVERYTHING = {"postgres", "valkey", "web", "worker", "deliverer", "scheduler"}


@pytest.fixture(scope="module")
def home() -> Iterator[Installation]:
    """One installation for all tests that need Sluice itself: whoever ends it leaves it for the next to start again."""
    with own_folder() as folder:
        yield Installation(folder)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    monkeypatch.setenv("PORT", str(number))
    return number


@pytest.fixture
def serving(home: Installation, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """Sluice, up and empty."""
    use(home.state, monkeypatch)
    launcher = serve(home)
    yield launcher
    home.end()


def serve(home: Installation) -> subprocess.Popen[str]:
    launcher = home.launch("manage.py", "serve", "--no-demo")
    said = []
    assert launcher.stdout
    for line in launcher.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            return launcher
    pytest.fail("serve ended: " + "".join(said))


def status(port: int, path: str = "/healthz") -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def test_it_answers_logs_without_secrets_mends_itself_and_ends_on_one_signal(
    serving: subprocess.Popen[str], home: Installation, port: int
) -> None:
    """One start for several sentences: starting is most of the time."""
    assert set(home.pids()) == EVERYTHING
    check_access_log(home, port)
    check_each_killed_child_is_started_again(serving, home, port)
    children = home.pids()
    os.killpg(serving.pid, signal.SIGINT)
    said, _ = serving.communicate(timeout=40)
    assert serving.returncode == 0, said
    assert "Sluice has stopped." in said
    assert home.nothing_runs(children)


def check_access_log(home: Installation, port: int) -> None:
    status(port, "/api/v4/leads?access_token=secret-token")
    log = home.state / "log" / "web.log"
    until(lambda: "/api/v4/leads" in log.read_text(), "the request is in the access log")
    assert "secret-token" not in log.read_text()


def check_each_killed_child_is_started_again(serving: subprocess.Popen[str], home: Installation, port: int) -> None:
    before = home.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not set(home.pids().values()) & set(before.values()), "every child was started again")
    until(lambda: status(port), "the web process answers again")
    home.wait_for_database(serving)


def test_nothing_outlives_a_killed_launcher(serving: subprocess.Popen[str], home: Installation) -> None:
    children = home.pids()
    assert set(children) == EVERYTHING
    serving.kill()
    until(lambda: home.nothing_runs(children), "the children have ended with their launcher")


def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(serving: subprocess.Popen[str], home: Installation, port: int) -> None:
    before = home.pids()
    serving.kill()
    serve(home)
    assert not set(before.values()) & set(home.pids().values())
    assert status(port)


def test_a_taken_port_is_named_at_once(bare_installation: Installation, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        said = refusal(bare_installation.launch("manage.py", "serve"))
    assert f"Port {port} on 127.0.0.1 cannot be used" in said
    assert f"PORT={port + 1}" in said
    assert not (bare_installation.state / "pg").exists()


def test_a_port_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(StartRefused, match="PORT=http"):
        programs.port()


def test_the_demo_log_ins_are_shown(state: Path) -> None:
    users = [{"username": "ada", "name": "Ada", "password": "pass-one", "role": "admin"}]
    (state / "demo.json").write_text(json.dumps({"users": users}))
    shown = welcome.welcome("http://127.0.0.1:8000", with_demo=True)
    assert "ada  pass-one  admin" in shown
    assert "pass-one" not in welcome.welcome("http://127.0.0.1:8000", with_demo=False)
