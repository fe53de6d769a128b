"""The delivery scheduler: serves integrations in turn and sends what is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from uuid import UUID, uuid4

import structlog
from django.db import connection, transaction

from integrations.delivery import claims
from integrations.delivery.sender import IntegrationTurn
from integrations.delivery.unrecorded import AWAY
from integrations.models import Delivery
from leads.lifecycle.claims import lock_token, unlock_token
from processr.models import Job

log = structlog.get_logger(__name__)

REST_SECONDS = 60.0
"""Seconds for which a receiver is not called after it was repeatedly unavailable."""


def serve_integrations(*, seconds: float) -> bool:
    """Serve integrations until nothing is due or the time is over. Return whether more may be due.

    More may be due after the time is over, or when other transactions had locked what is due. An integration of which
    nothing could be claimed is skipped for the rest of this call, and so is one whose turn failed.
    """
    resting: set[int] = set()
    was_locked = False
    until = monotonic() + seconds
    while monotonic() < until:
        with _held_token() as token:
            job, turn, claimed = _begin_turn(token, resting)
            if job is None:
                return was_locked
            if turn is None or not claimed or not _run(turn, claimed):
                resting.add(job.pk)
            was_locked |= turn is not None and not claimed
    return True


@contextmanager
def _held_token() -> Iterator[UUID]:
    """Hold the lock on a new token while it is used. The claims of a token whose session has died are released by the next sweep."""
    token = uuid4()
    lock_token(token)
    try:
        yield token
    finally:
        try:
            unlock_token(token)
        except AWAY:  # the lock went with the session
            connection.close()


@transaction.atomic
def _begin_turn(token: UUID, resting: set[int]) -> tuple[Job | None, IntegrationTurn | None, list[Delivery]]:
    """Choose an integration and claim of it in one transaction, before another worker chooses."""
    job = claims.next_job(resting=resting)
    if job is None:
        return None, None, []
    try:
        turn = IntegrationTurn(job, token=token)
    except Exception:
        log.exception("integration cannot be served", job=job.pk, type=job.type)
        return job, None, []
    return job, turn, turn.claim()


def _run(turn: IntegrationTurn, claimed: list[Delivery]) -> bool:
    """Run the turn. If it fails, its deliveries are left to the next sweep, and other integrations are served."""
    try:
        turn.run(claimed)
    except Exception:
        log.exception("turn failed", job=turn.job.pk)
        return False
    if turn.is_unavailable:
        claims.skip_integration(turn.job.pk, seconds=REST_SECONDS)
    return True
