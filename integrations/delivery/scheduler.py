"""The scheduler of what leaves: serves destinations in turn and sends what is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import connection, transaction

from config.core.background.clock import database_now
from config.core.background.notify import notify_workers_in
from integrations.delivery import turns
from integrations.delivery.limits import Allowance
from integrations.delivery.sender import IntegrationTurn, Turn
from integrations.delivery.turns import Served
from integrations.delivery.unrecorded import AWAY
from integrations.messages.sender import MessageTurn
from integrations.models import Destination
from integrations.services import QUEUE, TASK
from leads.lifecycle.claims import lock_token, unlock_token

log = structlog.get_logger(__name__)

NOTIFIED_WITHIN = 120.0
"""Seconds within which workers are notified of the end of a wait. Sweeps find later ones."""


def serve_destinations(*, seconds: float) -> bool:
    """Serve destinations until nothing is due or the time is over. Return whether more may be due.

    More may be due after the time is over, or when other transactions had locked what is due. A destination of which
    nothing could be claimed is skipped for the rest of this call, and so is one whose turn failed.
    """
    resting: set[int] = set()
    was_locked = False
    until = monotonic() + seconds
    while monotonic() < until:
        with _held_token() as token:
            served, turn, claimed = _begin_turn(token, resting)
            if served is None:
                return was_locked
            if turn is None or not claimed or not _run(turn, claimed):
                resting.add(served.destination.pk)
            was_locked |= turn is not None and not claimed and turn.wait is None
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
def _begin_turn(token: UUID, resting: set[int]) -> tuple[Served | None, Turn[Any] | None, list[Any]]:
    """Choose a destination and claim of it in one transaction, before another worker chooses."""
    served = turns.next_in_turn(resting=resting)
    if served is None:
        return None, None, []
    try:
        turn = _turn_of(served, token)
    except Exception:
        log.exception("destination cannot be served", destination=served.destination.pk, job=served.destination.job_id)
        return served, None, []
    claimed = turn.claim()
    if turn.wait and turn.wait.until:
        _wait(turn.destination, turn.wait)
    return served, turn, claimed


def _turn_of(served: Served, token: UUID) -> Turn[Any]:
    if served.job and served.has_deliveries:
        return IntegrationTurn(served.destination, served.job, token=token)
    return MessageTurn(served.destination, token=token)


def _wait(destination: Destination, wait: Allowance) -> None:
    """Leave the destination until its limits have room again. Workers are notified then, as a minute's limit needs them on time."""
    if wait.until is None:
        return
    turns.wait(destination, until=wait.until, reason=wait.reason)
    seconds = (wait.until - database_now()).total_seconds()
    if seconds <= NOTIFIED_WITHIN:
        notify_workers_in(max(0.0, seconds), QUEUE, TASK)


def _run(turn: Turn[Any], claimed: list[Any]) -> bool:
    """Run the turn. If it fails, its rows are left to the next sweep, and other destinations are served."""
    try:
        turn.run(claimed)
    except Exception:
        log.exception("turn failed", destination=turn.destination.pk, job=turn.destination.job_id)
        return False
    if turn.is_unavailable:
        turns.rest(turn.destination)
    elif turn.was_answered:
        turns.answers(turn.destination)
    elif turn.was_tried:
        turns.fails(turn.destination)
    return True
