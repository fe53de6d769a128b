"""Leads received over HTTP while a worker judges the same campaign, against a bare insert over the same kind of server."""

import argparse
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import median
from time import monotonic
from urllib.parse import urlencode

from django.db import connection

from config.embedded import programs
from config.embedded.stopping import pause
from config.embedded.supervision import Child, Supervisor
from tests.bench.floor import start
from tests.bench.installation import free_port
from tests.bench.load import NUMBER, Answers, Load, post
from tests.bench.report import Row, tell
from tests.bench.world import PERSON, lead_address

WARM_UP = 1.0  # seconds
LISTENS_WITHIN, JUDGED_WITHIN = 30, 300
NEVER_MIND_BEYOND = 1_000_000  # numbers between rounds: no person comes twice


@dataclass(frozen=True)
class Round:
    """`meanwhile` of our leads were judged when the last one had been received, the rest `tail` seconds later."""

    floor: Answers
    ours: Answers
    meanwhile: int
    judged: int
    judged_once: int
    tail: float


def measure(supervisor: Supervisor, asked: argparse.Namespace) -> list[Row]:
    bare, ours = _start(supervisor, asked.seconds)
    for load in (bare, ours):
        post(replace(load, seconds=WARM_UP))
    rounds = [_round(bare, replace(ours, first=(number + 1) * NEVER_MIND_BEYOND)) for number in range(asked.rounds)]
    stop_programs(supervisor)
    return _rows(rounds, connections=ours.connections)


def _start(supervisor: Supervisor, seconds: float) -> tuple[Load, Load]:
    """The programs of `make run`, and the floor beside them."""
    body = urlencode({f"form[{name}]": value for name, value in PERSON.items()}, safe=NUMBER)
    bare = Load(free_port(), start.PATH, body, seconds)
    ours = Load(programs.port(), lead_address(), body, seconds)
    children = (start.floor(bare.port), programs.web(), programs.worker(), programs.scheduler())
    start_programs(supervisor, *children, listening=(bare.port, ours.port))
    return bare, ours


def start_programs(supervisor: Supervisor, *children: Child, listening: Iterable[int]) -> None:
    for child in children:
        supervisor.start_program(child)
    for port in listening:
        _wait_until_listening(port)


def stop_programs(supervisor: Supervisor) -> None:
    """The next benchmark has the machine to itself."""
    for program in supervisor.programs:
        program.ask_to_stop()
    for program in supervisor.programs:
        program.wait_until_stopped()


def _wait_until_listening(port: int) -> None:
    until = monotonic() + LISTENS_WITHIN
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if monotonic() > until:
                raise
            pause(0.05)


def _round(bare: Load, ours: Load) -> Round:
    of_floor = post(bare)
    answers = post(ours)
    meanwhile = _judged(answers.ids)
    began = monotonic()
    while (judged := _judged(answers.ids)) < len(answers.ids) and monotonic() < began + JUDGED_WITHIN:
        pause(0.05)
    found = Round(of_floor, answers, meanwhile, judged, _judged_once(answers.ids), monotonic() - began)
    tell(f"floor {of_floor.rate:,.0f}/s {of_floor.statuses}, ours {answers.rate:,.0f}/s {answers.statuses}, tail {found.tail:.2f} s")
    return found


def _judged(ids: list[int]) -> int:
    return _count("SELECT count(*) FROM leads_lead WHERE id = ANY(%s) AND processr_status = 'complete'", ids)


def _judged_once(ids: list[int]) -> int:
    return _count(
        "SELECT count(*) FROM leads_lead WHERE id = ANY(%s) AND processing_counter = 1 "
        "AND (SELECT count(*) FROM processr_event WHERE lead_id = leads_lead.id AND kind = 'flow') = 1",
        ids,
    )


def _count(query: str, ids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, [ids])
        return int(cursor.fetchone()[0])


def _rows(rounds: list[Round], *, connections: int) -> list[Row]:
    rate, floor_rate = _median(rounds, lambda one: one.ours.rate), _median(rounds, lambda one: one.floor.rate)
    received = sum(len(one.ours.ids) for one in rounds)
    refused = sum(sum(one.ours.statuses.values()) for one in rounds) - received
    return [
        Row(f"INTAKE: {connections} connections, two web workers, a worker judging the same campaign (floor: bare DRF insert)"),
        Row("leads received a second", f"{rate:,.0f}", f"{floor_rate:,.0f}", f"{rate / floor_rate:.2f}", "0.30 of the floor"),
        _time("answer, median", rounds, 0.5),
        _time("answer, p99", rounds, 0.99, aim="60 ms"),
        Row("acknowledged; other answers", f"{received:,}; {refused:,}"),
        Row("of them judged; judged exactly once", f"{sum(one.judged for one in rounds):,}; {sum(one.judged_once for one in rounds):,}"),
        Row("judged while receiving", f"{sum(one.meanwhile for one in rounds) / received:.0%}"),
        Row("last one judged after", f"{_median(rounds, lambda one: one.tail):.2f} s"),
    ]


def _time(what: str, rounds: list[Round], part: float, *, aim: str = "") -> Row:
    ours, bare = _median(rounds, lambda one: one.ours.percentile(part)), _median(rounds, lambda one: one.floor.percentile(part))
    return Row(what, f"{ours:.1f} ms", f"{bare:.1f} ms", f"{ours / bare:.1f}", aim)


def _median(rounds: list[Round], figure: Callable[[Round], float]) -> float:
    return median(map(figure, rounds))
