"""Imports of values into a list: killed at any point, every value is on the list once."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg
import pytest

from config.core.accounts import roles
from config.core.background.runs import SILENT_SECONDS
from tests.embedded.installation import until
from tests.processes.sluice import SWEEP_SECONDS, Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

MANY = 30_000
"""Three parts."""
DONE_WITHIN = SWEEP_SECONDS + 90
BOUNDARY = "many-values"


class Program:
    """An admin's, at API v4."""

    def __init__(self, sluice: Sluice) -> None:
        self.address = sluice.address
        ada = next(user for user in sluice.world["users"] if user["role"] == roles.ADMIN)
        said = urlencode({"username": ada["username"], "password": ada["password"]}).encode()
        self.token = self._answer(Request(f"{self.address}/api/login", said))["access_token"]

    def post(self, path: str, data: bytes, kind: str) -> dict[str, Any]:
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        return self._answer(Request(f"{self.address}/api/v4/{path}", data, head))

    def new_list(self, name: str) -> int:
        pk: int = self.post("suppression-lists", json.dumps({"name": name}).encode(), "application/json")["id"]
        return pk

    def begin_import(self, list_id: int, values: list[str]) -> int:
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="suppressionList"\r\n\r\n{list_id}\r\n',
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="many.csv"\r\nContent-Type: text/csv\r\n\r\n',
            "value\n" + "".join(f"{value}\n" for value in values),
            f"\r\n--{BOUNDARY}--\r\n",
        ]
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        pk: int = self.post("suppression-list-values/import", "".join(parts).encode(), kind)["id"]
        return pk

    def _answer(self, request: Request) -> dict[str, Any]:
        with urlopen(request, timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


@contextmanager
def held(sluice: Sluice) -> Iterator[None]:
    """Block the progress of imports: what one has stored by then waits to be committed."""
    holder = psycopg.connect(sluice.database_url)
    try:
        holder.execute("LOCK TABLE processr_valueimport IN SHARE MODE")
        yield
    finally:
        holder.close()  # which is all that is left to do where the server was killed


def stuck_halfway(sluice: Sluice) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    return bool(sluice.rows(waiting, 'UPDATE "processr_valueimport" SET "position"%'))


def state_of(sluice: Sluice, run: int) -> tuple[Any, ...]:
    return sluice.rows("SELECT state, added, repeated, failed, done, total, file, error FROM processr_valueimport WHERE id = %s", run)[0]


def check(sluice: Sluice, run: int, list_id: int) -> None:
    until(lambda: state_of(sluice, run)[0] not in ("queued", "running"), "the import is over", within=DONE_WITHIN)
    *counts, file, error = state_of(sluice, run)
    assert (counts, error) == (["done", MANY, 0, 0, MANY, MANY], "")
    on_it = sluice.rows("SELECT count(*), count(DISTINCT key) FROM processr_validationlistvalue WHERE list_id = %s", list_id)
    assert on_it == [(MANY, MANY)]
    assert sluice.rows("SELECT value_count FROM processr_validationlist WHERE id = %s", list_id) == [(MANY,)]
    until(lambda: not Path(file).exists(), "the uploaded file is gone", within=10)


def silent_for_longer_than_is_waited(sluice: Sluice, run: int) -> None:
    """The half minute after which a silent run is taken over passes at once."""
    passed = SILENT_SECONDS + 1
    sluice.rows("UPDATE processr_valueimport SET beat_at = beat_at - make_interval(secs => %s) WHERE id = %s RETURNING 1", passed, run)


def kill_the_worker(sluice: Sluice) -> None:
    worker = sluice.pids()["worker"]
    sluice.kill(*sluice.pool(), worker)
    sluice.wait_until_back(worker)


def kill_launcher_and_servers(sluice: Sluice) -> None:
    """And start again at once: what is still ending meanwhile, as the kernel has told it, is waited for."""
    before, pool = sluice.pids(), sluice.pool()
    assert sluice.launcher
    sluice.kill(sluice.launcher.pid, before["postgres"], before["valkey"], before["worker"], *pool)
    sluice.launcher.wait()
    sluice.start()
    assert not {*before.values(), *pool} & {*sluice.pids().values(), *sluice.pool()}


@pytest.mark.parametrize("kill", [kill_the_worker, kill_launcher_and_servers])
def test_killed_halfway_through_a_part_it_goes_on_and_each_value_is_there_once(sluice: Sluice, kill: Callable[[Sluice], None]) -> None:
    program = Program(sluice)
    list_id = program.new_list(kill.__name__)
    values = [f"company {n} of {kill.__name__}" for n in range(MANY)]
    run = program.begin_import(list_id, values)
    until(lambda: state_of(sluice, run)[1] >= 1, "the first part is in", within=60)
    with held(sluice):
        until(lambda: stuck_halfway(sluice) or state_of(sluice, run)[0] == "done", "a part is written and not committed", within=60)
        assert state_of(sluice, run)[0] == "running", "it was over before it could be killed"
        assert 0 < state_of(sluice, run)[1] < MANY
        kill(sluice)
    silent_for_longer_than_is_waited(sluice, run)
    check(sluice, run, list_id)
