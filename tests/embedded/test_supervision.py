"""The supervisor: it restarts dead children after growing pauses, and kills what is left of their process groups."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import __main__ as launcher
from config.embedded import processes
from config.embedded.management.commands.serve import Command
from config.embedded.processes import alive, spawn
from config.embedded.supervision import SETTLED, Child, Supervisor
from tests.embedded.installation import until

pytestmark = pytest.mark.processes


def shell(script: str, log: Path) -> subprocess.Popen[bytes]:
    return spawn(["sh", "-c", script], log=log)


def test_a_child_that_keeps_dying_at_once_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    child = Child("worker", lambda: shell("exit 3", tmp_path / "worker.log"))
    pauses = []
    for _ in range(9):
        child.launch()
        pauses.append(child.note_death())
    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_had_started_well_is_started_again_at_once(tmp_path: Path) -> None:
    child = Child("worker", lambda: shell("exit 3", tmp_path / "worker.log"), early_deaths=5)
    child.launch()
    child.started_at -= SETTLED + 1
    assert child.note_death() == 0


def test_each_death_is_told_with_its_cause(tmp_path: Path) -> None:
    told: list[str] = []
    supervisor = Supervisor(tmp_path / "pids.json", told.append)
    supervisor.start_program(Child("worker", lambda: shell("exit 3", tmp_path / "worker.log")))

    def told_after_a_look() -> bool:
        supervisor.look()
        return bool(told)

    until(told_after_a_look, "the death was told")
    supervisor.stop()
    assert told[0] == "worker ended (exit status 3); starting it again now"
    assert not (tmp_path / "pids.json").exists()


def test_what_a_dead_child_leaves_in_its_group_goes_with_it(tmp_path: Path) -> None:
    """As the pool processes of a worker that was killed: they would go on beside their successors."""
    supervisor = Supervisor(tmp_path / "pids.json", lambda _: None)
    supervisor.start_program(Child("worker", lambda: shell(f"sleep 600 & echo $! > {tmp_path}/orphan; wait", tmp_path / "worker.log")))
    orphan = int(until(lambda: (tmp_path / "orphan").exists() and (tmp_path / "orphan").read_text().strip(), "the child has a child"))
    process = supervisor.programs[0].process
    assert process
    os.kill(process.pid, signal.SIGKILL)

    def orphan_is_gone() -> bool:
        supervisor.look()
        return not alive(orphan)

    until(orphan_is_gone, "the orphan has ended")
    supervisor.stop()


def test_a_log_that_grows_long_is_put_aside_and_its_process_goes_on_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 5)
    log = tmp_path / "log" / "worker.log"
    supervisor = Supervisor(tmp_path / "pids.json", lambda _: None)
    script = f"echo a long line; until [ -e {tmp_path}/on ]; do :; done; echo next; sleep 600"
    supervisor.start_program(Child("worker", lambda: shell(script, log)))
    until(lambda: log.read_text() == "a long line\n", "the first line is written")
    supervisor.look()
    assert log.with_suffix(".log.1").read_text() == "a long line\n"
    (tmp_path / "on").touch()
    until(lambda: log.read_text() == "next\n", "the next line is written at the beginning of the emptied file")
    supervisor.look()
    assert log.read_text() == "next\n", "it is not looked at again so soon"
    supervisor.stop()


def test_the_launcher_speaks_json_to_machines_and_tells_them_no_passwords(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLUICE_LOG", "json")
    with caplog.at_level(logging.INFO, logger="launcher"):
        Command()._tell("web ended (SIGKILL); starting it again now")
    assert [record.msg["event"] for record in caplog.records] == ["web ended (SIGKILL); starting it again now"]  # type: ignore[index]
    launcher._tell("postgres ended; DATABASE_URL=postgresql://sluice:s3cret@db/x")
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert line["event"].startswith("postgres ended")
    assert "s3cret" not in line["event"]


def test_a_child_that_will_not_stop_is_ended(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    log = tmp_path / "deaf.log"
    child = Child("deaf", lambda: spawn([sys.executable, "-c", deaf], log=log), grace=0.1)
    supervisor = Supervisor(tmp_path / "pids.json", lambda _: None)
    supervisor.start_program(child)
    until(lambda: "deaf" in log.read_text(), "the child listens to nobody")
    supervisor.stop()
    assert child.process
    assert child.process.returncode == -signal.SIGKILL
