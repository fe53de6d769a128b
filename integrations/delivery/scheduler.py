"""The engine: serves integrations in turn, and sends what is due (DESIGN 5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from uuid import UUID, uuid4

import structlog
from django.db import transaction

from integrations.delivery import claims
from integrations.delivery.sender import Turn
from integrations.models import Delivery
from leads.lifecycle.claims import hold, let_go
from processr.models import Job

log = structlog.get_logger(__name__)

REST_SECONDS = 60.0
"""A receiver that puts us off whatever it is sent is left alone for so long."""


def work(*, seconds: float) -> bool:
    """Serve integrations until nothing is due. True when there may be more: the time is over, or others had locked what is due.

    An integration of which nothing could be claimed sits out the rest, and so does one whose turn failed.
    """
    resting: set[int] = set()
    locked = False
    until = monotonic() + seconds
    while monotonic() < until:
        with _token() as token:
            job, turn, first = _begin(token, resting)
            if job is None:
                return locked
            if turn is None or not first or not _served(turn, first):
                resting.add(job.pk)
            locked |= turn is not None and not first
    return True


@contextmanager
def _token() -> Iterator[UUID]:
    """While its owner lives, the owner's session holds a lock on the token; what it claims afterwards is the next sweep's."""
    token = uuid4()
    hold(token)
    try:
        yield token
    finally:
        let_go(token)


@transaction.atomic
def _begin(token: UUID, resting: set[int]) -> tuple[Job | None, Turn | None, list[Delivery]]:
    """Whose turn it is, and what was claimed of it: in one transaction, before others choose."""
    job = claims.next_job(resting=resting)
    turn = _turn(job, token) if job else None
    return job, turn, turn.claim() if turn else []


def _turn(job: Job, token: UUID) -> Turn | None:
    try:
        return Turn(job, token=token)
    except Exception:
        log.exception("integration cannot be served", job=job.pk, type=job.type)
        return None


def _served(turn: Turn, first: list[Delivery]) -> bool:
    """A turn that fails leaves its deliveries to the next sweep, and others are served meanwhile."""
    try:
        turn.run(first)
    except Exception:
        log.exception("turn failed", job=turn.job.pk)
        return False
    if turn.put_us_off:
        claims.leave_alone(turn.job.pk, seconds=REST_SECONDS)
    return True
