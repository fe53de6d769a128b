"""The delivery scheduler: serves integrations in turn and sends what is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from uuid import UUID, uuid4

import structlog
from django.db import transaction

from integrations.delivery import claims
from integrations.delivery.sender import IntegrationTurn
from integrations.models import Delivery
from leads.lifecycle.claims import hold, let_go
from processr.models import Job

log = structlog.get_logger(__name__)

REST_SECONDS = 60.0
"""Seconds for which a receiver is not called after it has put us off repeatedly."""


def work(*, seconds: float) -> bool:
    """Serve integrations until nothing is due or the time is over. Return whether more may be due.

    More may be due after the time is over, or when other transactions had locked what is due. An integration of which
    nothing could be claimed is skipped for the rest of this call, and so is one whose turn failed.
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
    """Hold the lock on a new token while it is used. The claims of a token whose session has died are released by the next sweep."""
    token = uuid4()
    hold(token)
    try:
        yield token
    finally:
        let_go(token)


@transaction.atomic
def _begin(token: UUID, resting: set[int]) -> tuple[Job | None, IntegrationTurn | None, list[Delivery]]:
    """Choose an integration and claim of it in one transaction, before another worker chooses."""
    job = claims.next_job(resting=resting)
    turn = _turn(job, token) if job else None
    return job, turn, turn.claim() if turn else []


def _turn(job: Job, token: UUID) -> IntegrationTurn | None:
    try:
        return IntegrationTurn(job, token=token)
    except Exception:
        log.exception("integration cannot be served", job=job.pk, type=job.type)
        return None


def _served(turn: IntegrationTurn, first: list[Delivery]) -> bool:
    """Run the turn. If it fails, its deliveries are left to the next sweep, and other integrations are served."""
    try:
        turn.run(first)
    except Exception:
        log.exception("turn failed", job=turn.job.pk)
        return False
    if turn.put_us_off:
        claims.leave_alone(turn.job.pk, seconds=REST_SECONDS)
    return True
