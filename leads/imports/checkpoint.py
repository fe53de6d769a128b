"""The row of an import: what it takes in, whose it is now, and how far it has come."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from leads.models import LeadImport

PAGE = "Imports"
State = LeadImport.State
_LOCK_NOT_AVAILABLE = "55P03"
PATIENCE = "5s"
"""For a killed import's session to end: the server sees that once the statement under way is over."""


class Target(NamedTuple):
    """Which file goes where. Two imports of the same are one and the same, or the second needs somebody's word."""

    sha256: str
    campaign_id: int
    form_id: int
    publisher_id: int
    link_id: int | None


class Way(NamedTuple):
    """How the file is read. A position means nothing under another."""

    delimiter: str
    encoding: str
    columns: dict[str, str]


class Step(NamedTuple):
    """Rows dealt with, and what came of them."""

    read: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0


class TakenAway(DomainError):
    def __init__(self, run: LeadImport) -> None:
        super().__init__(f"Somebody else has gone on with {run}; this one has stopped.", status=409)


@contextmanager
def alone(target: Target) -> Iterator[None]:
    """Nobody else imports the same meanwhile. The lock goes with the session, so a killed import holds nobody up."""
    key = lock_key(*target)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true), pg_advisory_lock(%s)", [PATIENCE, key])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise DomainError("This file is being imported at this moment, by another process.", status=409) from error
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # a lost session has let go of it
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def lock_key(*what: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:8], "big", signed=True)


def take_turns(target: Target) -> None:
    """Until the transaction ends. Chunks with the same external ids in different orders would wait for each other for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key("external ids", target.campaign_id, target.publisher_id)])


def find_or_add(target: Target, way: Way, *, file: Path, again: bool, actor: Actor) -> LeadImport:
    """The unfinished import of this file, to go on with; else a new one. Needs to be `alone`."""
    earlier = LeadImport.objects.filter(**target._asdict()).order_by("-pk")
    return _unfinished(earlier, way, again=again) or LeadImport.objects.create(
        **target._asdict(), **way._asdict(), file=str(file)[-500:], started_by_id=actor.user_id
    )


def _unfinished(earlier: Iterable[LeadImport], way: Way, *, again: bool) -> LeadImport | None:
    for run in earlier:
        if run.state != State.DONE and _way_of(run) == way:
            return run
        if run.done and not again:
            raise DomainError(_refusal(run), status=409)
        if run.done:
            return None
    return None


def _way_of(run: LeadImport) -> Way:
    return Way(run.delimiter, run.encoding, run.columns)


def _refusal(run: LeadImport) -> str:
    taken = f"{run.done:,} of its rows are leads" if run.done > 1 else "one of its rows is a lead"
    if run.state == State.DONE:
        return f"This file has been imported already ({run}): {taken}. To take it in once more, say --again."
    mapped = ", ".join(f"{name} = {field}" for name, field in run.columns.items())
    return (
        f"This file has been imported to row {run.position:,} ({run}), but read in another way: {run.encoding}, {mapped}; {taken}. "
        "Say the same to go on, or --again to take it in from its first row."
    )


@transaction.atomic
def take(run: LeadImport, *, actor: Actor) -> UUID:
    """It is ours from now on; whoever had it finds that out with its next step."""
    token = uuid4()
    LeadImport.objects.filter(pk=run.pk).update(
        state=State.RUNNING, claim=token, beat_at=Now(), started_at=Coalesce(F("started_at"), Now()),
        ended_at=None, stop_asked=False, error="", refused_rows=run.refused_rows, refused_size=run.refused_size,
    )  # fmt: skip
    action = "import resumed" if run.position else "import started"
    _record(run, actor=actor, action=action, after={"file": run.file, "sha256": run.sha256, "position": run.position})
    return token


def step(run: LeadImport, token: UUID, moved: Step, *, refused_size: int) -> bool:
    """In the transaction that stores the rows, which is undone when the import is no longer ours. False when it was asked to stop."""
    mine = LeadImport.objects.filter(pk=run.pk, claim=token, state=State.RUNNING, position=run.position)
    dealt_with = mine.update(
        position=F("position") + moved.read, done=F("done") + moved.stored, repeated=F("repeated") + moved.repeated,
        failed=F("failed") + moved.refused, refused_size=refused_size, beat_at=Now(),
    )  # fmt: skip
    if not dealt_with:
        raise TakenAway(run)
    return not LeadImport.objects.filter(pk=run.pk, stop_asked=True).exists()


@transaction.atomic
def finish(run: LeadImport, token: UUID, *, actor: Actor) -> None:
    if not _end(run, token, State.DONE, total=F("position"), refused_rows=run.refused_rows):
        raise TakenAway(run)
    action = "1 lead was imported" if run.done == 1 else f"{run.done} leads were imported"
    _record(run, actor=actor, action=action, after=_counts(run))


@transaction.atomic
def interrupt(run: LeadImport, token: UUID, *, why: str, failed: bool, actor: Actor) -> None:
    """To be gone on with. Nothing when somebody else has it now."""
    if _end(run, token, State.FAILED if failed else State.STOPPED, error=why if failed else ""):
        _record(run, actor=actor, action="import stopped", after=_counts(run), notes=why)


def _end(run: LeadImport, token: UUID, state: str, **changes: object) -> bool:
    mine = LeadImport.objects.filter(pk=run.pk, claim=token)
    ended = bool(mine.update(state=state, claim=None, ended_at=Now(), **changes))
    run.refresh_from_db()
    return ended


def _counts(run: LeadImport) -> dict[str, int | str]:
    return {"file": run.file, "read": run.position, "stored": run.done, "already there": run.repeated, "refused": run.failed}


def _record(run: LeadImport, *, actor: Actor, action: str, after: Mapping[str, object], notes: str = "") -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=run, campaign_id=run.campaign_id, after=after, notes=notes)
