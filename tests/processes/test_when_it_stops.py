"""`manage.py serve` is one process tree: its log keeps secrets to itself, and one signal ends everything."""

import json
import os
import signal
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.embedded.installation import until
from tests.processes.sluice import ENDED_WITHIN, Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

EVERYTHING = {"postgres", "valkey", "web", "worker", "deliverer", "batcher", "caller", "scheduler"}


def test_the_access_log_has_requests_and_no_secrets(sluice: Sluice) -> None:
    with pytest.raises(HTTPError):
        urlopen(f"{sluice.address}/api/v4/leads?access_token=secret-token", timeout=30)
    log = sluice.state / "log" / "web.log"
    until(lambda: "/api/v4/leads" in log.read_text(), "the request is in the access log")
    assert "secret-token" not in log.read_text()


def test_every_line_of_the_programs_is_json(sluice: Sluice) -> None:
    for name in ("web", "worker", "deliverer", "scheduler"):
        lines = (sluice.state / "log" / f"{name}.log").read_text().splitlines()
        assert [line for line in lines if not {"event", "level", "timestamp"} <= set(json.loads(line))] == [], name


def test_it_ends_on_one_signal(sluice: Sluice) -> None:
    """A terminal's Ctrl-C, which reaches the launcher alone."""
    children = sluice.pids()
    assert set(children) == EVERYTHING
    assert sluice.launcher
    os.killpg(sluice.launcher.pid, signal.SIGINT)
    assert sluice.launcher.wait(ENDED_WITHIN) == 0
    for name in ("worker", "scheduler"):  # Celery says past all logging that it stops
        assert all(json.loads(line) for line in (sluice.state / "log" / f"{name}.log").read_text().splitlines())
    assert "Sluice has stopped." in (sluice.state / "serve.log").read_text()
    assert sluice.nothing_runs(children)
