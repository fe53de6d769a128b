"""The scheduler of what leaves: serves destinations in turn and sends what is due."""

from collections.abc import Collection
from datetime import datetime
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import connection, transaction

from config.core.background.clock import database_now
from config.core.background.notify import notify_workers_in
from integrations.delivery import turns, waits
from integrations.delivery.sender import IntegrationTurn, Turn
from integrations.delivery.turns import Served
from integrations.delivery.unrecorded import AWAY
from integrations.messages.sender import MessageTurn
from integrations.models import Destination
from integrations.models.destination import WaitReason
from integrations.services import QUEUE, TASK
from leads.lifecycle.claims import lock_token, unlock_token

log = structlog.get_logger(__name__)

LONGER_SECONDS = 40.0
"""Seconds for which others are served longer while some receiver does not answer: the worker would only wait."""
MOST_ASIDE = 16
LOOK_ASIDE_SECONDS = 0.05
LOOK_FOR_OTHERS_SECONDS = 0.25
NOTIFIED_WITHIN = 120.0
"""Seconds within which workers are notified of the end of a wait. Sweeps find later ones."""


def serve_destinations(*, seconds: float) -> bool:
    """Serve destinations until nothing is due or the time is over. Return whether more may be due.

    More may be due after the time is over, or when other transactions had locked what is due. A destination of which
    nothing could be claimed is skipped for the rest of this call, and so is one whose turn failed. While turns wait for
    receivers that do not answer, other destinations are served; when many wait, or the time is over, only those that have
    answered in this call, so that no more of them hang.
    """
    resting: set[int] = set()
    was_locked = False
    aside: list[_OpenTurn] = []
    answering: set[int] = set()
    look_at = 0.0
    until = monotonic() + seconds
    try:
        while monotonic() < until or (aside and monotonic() < until + LONGER_SECONDS):
            aside = [turn for turn in aside if not turn.step(resting)]
            if not aside and monotonic() >= until:
                break
            if aside and monotonic() < look_at:
                sleep(LOOK_ASIDE_SECONDS)
                continue
            may_hang = len(aside) < MOST_ASIDE and (not aside or monotonic() < until)
            opened, served, turn = _open_turn(resting, only=None if may_hang else answering)
            if served is None:
                if not aside:
                    return was_locked
                look_at = monotonic() + LOOK_FOR_OTHERS_SECONDS
            elif opened is None:
                resting.add(served.destination.pk)
                was_locked |= turn is not None and turn.wait is None
                answering.discard(served.destination.pk)
            elif not opened.run_until_stalled(resting, meanwhile=aside):
                aside.append(opened)
                answering.discard(served.destination.pk)
            elif opened.was_answered:
                answering.add(served.destination.pk)
        return True
    finally:
        while aside := [turn for turn in aside if not turn.step(resting)]:
            sleep(LOOK_ASIDE_SECONDS)


class _OpenTurn:
    """A turn under way, with the lock on its token. Claims of a token whose session has died are released by the next sweep."""

    def __init__(self, turn: Turn[Any], claimed: list[Any], token: UUID) -> None:
        self._turn, self._token = turn, token
        self._steps = turn.steps(claimed)

    def step(self, resting: set[int]) -> bool:
        """Go a step on, and return whether the turn has ended. If it failed, its rows are left to the next sweep."""
        turn = self._turn
        try:
            next(self._steps)
            return False
        except StopIteration:
            _note_health(turn)
        except Exception:
            log.exception("turn failed", destination=turn.destination.pk, job=turn.destination.job_id)
            resting.add(turn.destination.pk)
        _unlock(self._token)
        return True

    @property
    def was_answered(self) -> bool:
        return self._turn.was_answered

    def run_until_stalled(self, resting: set[int], *, meanwhile: list["_OpenTurn"]) -> bool:
        """Run the turn, and a step of others after each of its own. Return whether it has ended, and not stalled."""
        while not self.step(resting):
            meanwhile[:] = [turn for turn in meanwhile if not turn.step(resting)]
            if self._turn.is_stalled:
                self._turn.is_aside = True
                return False
        return True


def _open_turn(resting: set[int], *, only: Collection[int] | None) -> tuple[_OpenTurn | None, Served | None, Turn[Any] | None]:
    """Choose a destination and claim of it under a new token."""
    token = uuid4()
    lock_token(token)
    opened = None
    try:
        served, turn, claimed = _begin_turn(token, resting, only=only)
        if turn is not None and claimed:
            opened = _OpenTurn(turn, claimed, token)
        return opened, served, turn
    finally:
        if opened is None:
            _unlock(token)


def _unlock(token: UUID) -> None:
    try:
        unlock_token(token)
    except AWAY:  # the lock went with the session
        connection.close()


@transaction.atomic
def _begin_turn(token: UUID, resting: set[int], *, only: Collection[int] | None) -> tuple[Served | None, Turn[Any] | None, list[Any]]:
    """Choose a destination and claim of it in one transaction, before another worker chooses."""
    served = turns.next_in_turn(resting=resting, only=only)
    if served is None:
        return None, None, []
    try:
        turn = _turn_of(served, token)
    except Exception:
        log.exception("destination cannot be served", destination=served.destination.pk, job=served.destination.job_id)
        return served, None, []
    claimed = turn.claim()
    if turn.wait and turn.wait.until:
        _wait(turn.destination, turn.wait.until, turn.wait.reason)
    return served, turn, claimed


def _turn_of(served: Served, token: UUID) -> Turn[Any]:
    if served.job and served.has_deliveries:
        return IntegrationTurn(served.destination, served.job, token=token)
    return MessageTurn(served.destination, token=token)


def _wait(destination: Destination, until: datetime, reason: WaitReason) -> None:
    """Leave the destination until its limits have room again. Workers are notified then, as a minute's limit needs them on time."""
    waits.wait(destination, until=until, reason=reason)
    seconds = (until - database_now()).total_seconds()
    if seconds <= NOTIFIED_WITHIN:
        notify_workers_in(max(0.0, seconds), QUEUE, TASK)


def _note_health(turn: Turn[Any]) -> None:
    if turn.is_unavailable:
        turns.rest(turn.destination)
    elif turn.was_answered:
        turns.answers(turn.destination)
    elif turn.was_tried:
        turns.fails(turn.destination)
