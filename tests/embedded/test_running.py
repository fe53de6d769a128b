"""Commands find the installation that is running."""

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError

from config.embedded import launcher, paths, running

MANAGE = paths.REPOSITORY / "manage.py"
Environment = dict[str, str]


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of this test's own: from that of all tests other installations run at the same time."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for module in (paths, running):
        monkeypatch.setattr(module, "REPOSITORY", folder)
    return folder


@pytest.fixture
def program(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """Start a program as the launcher of an installation does that was started with some variables."""
    with ExitStack() as stack:

        def start(state: Path, cwd: Path = checkout, **variables: str) -> str:
            with pytest.MonkeyPatch.context() as of_the_launcher:
                for name in ("SLUICE_STATE", "DATABASE_URL", "REDIS_URL"):
                    of_the_launcher.delenv(name, raising=False)
                for name, value in {"SLUICE_STATE": str(state), **variables}.items():
                    of_the_launcher.setenv(name, value)
                environment = launcher.marked_environment()
            process = stack.enter_context(subprocess.Popen(["sleep", "60"], cwd=cwd, env=environment))
            stack.callback(process.kill)
            return str(state.resolve())

        for name in ("SLUICE_STATE", "DATABASE_URL", "REDIS_URL"):
            monkeypatch.delenv(name, raising=False)
        yield start


def found(*words: str, **environment: str) -> Environment:
    """The variables that a command of those words is given, run with `environment`."""
    with pytest.MonkeyPatch.context() as of_the_command:
        for name, value in environment.items():
            of_the_command.setenv(name, value)
        given = dict(environment)
        running.adopt_running(["manage.py", *words], given)
    return {name: value for name, value in given.items() if name not in os.environ or name in environment}


def test_a_command_finds_what_runs_whatever_it_was_started_with(program, tmp_path, capsys):
    state = program(tmp_path / "mine", PORT="8123", DATABASE_URL="postgresql://db.example/own", SLUICE_OUTBOUND_ALLOW="10.0.0.0/8")
    given = found("import_leads", "people.csv")
    assert (given["SLUICE_STATE"], given["PORT"]) == (state, "8123")
    assert (given["DATABASE_URL"], given["SLUICE_OUTBOUND_ALLOW"]) == ("postgresql://db.example/own", "10.0.0.0/8")
    assert launcher.MARK not in given
    assert capsys.readouterr() == ("", f"Using the installation that is running: {state}\n")


def test_what_is_named_wins(program, tmp_path):
    state = program(tmp_path / "mine", PORT="8123")
    other = str(tmp_path / "other")
    assert found("shell", SLUICE_STATE=other) == {"SLUICE_STATE": other}
    assert found("shell", DATABASE_URL="postgresql://db.example/x") == {"DATABASE_URL": "postgresql://db.example/x"}
    assert found("shell", SLUICE_STATE=state)["PORT"] == "8123", "the same installation, by its name"
    assert found("shell", SLUICE_STATE=state, PORT="9")["PORT"] == "9"


def test_another_installation_can_be_started_beside_it(program, tmp_path):
    program(tmp_path / "mine", PORT="8123")
    assert found("serve") == found("serve", "--no-demo") == {}


def test_of_several_one_has_to_be_named_unless_the_usual_one_runs(program, checkout, tmp_path, capsys):
    states = [program(tmp_path / name, PORT=port) for name, port in (("one", "8101"), ("two", "8102"))]
    with pytest.raises(running.SeveralRun, match=f"{states[0]}, {states[1]}. Set SLUICE_STATE"):
        found("demo", "--json")
    program(checkout / "var", PORT="8103")
    assert found("demo", "--json")["PORT"] == "8103"
    assert capsys.readouterr().err == "", "the usual one is no news"


def test_what_runs_from_another_checkout_is_another_matter(program, tmp_path):
    program(tmp_path / "theirs", cwd=tmp_path)
    assert found("shell") == {}


@pytest.mark.parametrize(("state", "is_said"), [(None, True), ("57P03", True), ("57014", False)])
def test_a_command_without_a_database_says_so_in_a_sentence(monkeypatch, state, is_said):
    def execute(_arguments: list[str]) -> None:
        cause = psycopg.errors.lookup(state)("no") if state else psycopg.OperationalError("no")
        raise OperationalError("connection failed: it is refused\nIs the server running?") from cause

    monkeypatch.setattr("django.core.management.execute_from_command_line", execute)
    monkeypatch.setattr(sys, "argv", [str(MANAGE), "reseal"])
    with pytest.raises(SystemExit if is_said else OperationalError) as ended:
        runpy.run_path(str(MANAGE), run_name="__main__")
    if is_said:
        reason = "The database cannot be reached: connection failed: it is refused."
        assert str(ended.value) == f"{reason} Start it (make run starts everything), and repeat the command."
