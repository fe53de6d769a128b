"""Changing validation lists.

Every change writes one audit entry and, if values change, increases the version of the list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from campaigns.models import Advertiser
from campaigns.scope import Who
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.pg_text import is_storable
from leads.intake.validation import NOT_TEXT
from processr.lists import deleting, storing
from processr.lists.kinds import ListKind, Row, Unfit, as_cells
from processr.lists.selectors import users_of
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport

PAGE = "Validation lists"
LONGEST_NAME = 160
AT_ONCE = 1_000
"""The most entries that can be added by hand; more are imported as a file."""


@dataclass(frozen=True, slots=True)
class Added:
    """The result of adding entries. `repeated` were on the list already, or were given twice."""

    added: int
    repeated: int


@transaction.atomic
def create_list(name: str, *, advertiser: Advertiser | None, private: bool = False, actor: Actor) -> ValidationList:
    """Create a list. Without an advertiser it is for every campaign."""
    name = _fit_name(name, advertiser_id=advertiser.pk if advertiser else None)
    if private and advertiser is None:
        raise DomainError("Only a list of an advertiser can be private.", field="private")
    listed = ValidationList.objects.create(name=name, advertiser=advertiser, private=private)
    after = {"name": name, "advertiser": advertiser.name if advertiser else None, "private": private}
    _record(listed, "validation list created", actor, after=after)
    return listed


@transaction.atomic
def change_list(list_id: int, *, name: str | None = None, private: bool | None = None, actor: Actor) -> ValidationList:
    """Change the properties that are given. Values and version stay as they are."""
    listed = _locked(list_id)
    before = {"name": listed.name, "private": listed.private}
    if name is not None and name.strip() != listed.name:
        listed.name = _fit_name(name, advertiser_id=listed.advertiser_id, but_for=listed.pk)
    if private and listed.advertiser_id is None:
        raise DomainError("Only a list of an advertiser can be private.", field="private")
    listed.private = listed.private if private is None else private
    after = {"name": listed.name, "private": listed.private}
    if after != before:
        listed.save(update_fields=["name", "private", "updated_at"])
        opened = before["private"] and not listed.private
        _record(listed, "validation list changed", actor, before=before, after=after, severity="medium" if opened else "low")
    return listed


@transaction.atomic
def add_values(listed: ValidationList, values: Iterable[str], *, actor: Actor) -> Added:
    """Add all values, or raise DomainError and add none."""
    return add(ListTarget.of("list", listed.pk), values, actor=actor, listed=listed)


@transaction.atomic
def remove_values(listed: ValidationList, *, ids: Iterable[int] = (), values: Iterable[str] = (), actor: Actor) -> int:
    return remove(ListTarget.of("list", listed.pk), ids=ids, entries=values, actor=actor, listed=listed)


def delete_list(list_id: int, *, who: Who, actor: Actor) -> bool:
    """Delete a list with its values.

    Return False if there are so many values that a worker deletes them part by part; the list is hidden meanwhile.
    Raise DomainError if jobs use the list, naming those that `who` can see.
    """
    with transaction.atomic():
        listed = _locked(list_id)
        _refuse_while_used(listed, who)
        for run in listed.imports.filter(state__in=(ValueImport.State.QUEUED, ValueImport.State.RUNNING)):
            raise DomainError(f"{run.name} is being imported into this list. Stop that first.", status=409)
        after = {"values": listed.value_count, "advertiser": str(listed.advertiser or "")}
        _record(listed, "validation list deleted", actor, before={"name": listed.name, **after}, severity="high")
        return deleting.delete(listed, actor=actor)


def add(place: ListTarget, entries: Iterable[Any], *, actor: Actor, listed: ValidationList | None = None) -> Added:
    """Add entries to a list of any kind."""
    rows = _fit(place.kind, list(entries))
    added = storing.store(place, rows)
    outcome = Added(added, len(rows) - added)
    told = {"added": added, "already there": outcome.repeated}
    audit.record(actor=actor, page=page_of(listed), action=f"{place.kind.noun[1]} added", obj=listed, notes=_notes(listed), after=told)
    return outcome


def remove(
    place: ListTarget, *, ids: Iterable[int] = (), entries: Iterable[Any] = (), actor: Actor, listed: ValidationList | None = None
) -> int:
    """Remove the entries that exist and return their number."""
    ids, entries = list(ids), list(entries)
    if not ids and not entries:
        raise DomainError("Nothing is chosen.", field="values")
    gone = storing.take_out(place, ids=ids, keys=[row[-1] for row in _fit(place.kind, entries)] if entries else ())
    if gone:
        action = f"{place.kind.noun[1]} removed"
        told = {"removed": len(gone)}
        audit.record(
            actor=actor, page=page_of(listed), action=action, obj=listed, notes=_notes(listed), before=told, severity="high"
        )  # fmt: skip
    return len(gone)


def page_of(listed: ValidationList | None) -> str:
    return PAGE if listed else "Suppression"


def _notes(listed: ValidationList | None) -> str:
    return listed.name if listed else ""


def _fit(kind: ListKind, entries: Sequence[Any]) -> list[Row]:
    if not entries:
        raise DomainError(f"Give at least one {kind.noun[0]}.", field="values")
    if len(entries) > AT_ONCE:
        raise DomainError(f"Add at most {AT_ONCE:,} at once: {len(entries):,} were given. Import more as a file.", field="values")
    return [_row(kind, entry, number) for number, entry in enumerate(entries, start=1)]


def _row(kind: ListKind, entry: Any, number: int) -> Row:
    try:
        return kind.row(as_cells(kind, entry))
    except Unfit as unfit:
        raise DomainError(f"Number {number} {unfit}.", field="values") from unfit


def _locked(list_id: int) -> ValidationList:
    storing.lock(ListTarget.of("list", list_id))
    return ValidationList.objects.get(pk=list_id)


def _fit_name(name: str, *, advertiser_id: int | None, but_for: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Give the list a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise DomainError(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if not is_storable(name):
        raise DomainError(NOT_TEXT, field="name")
    others = ValidationList.objects.filter(advertiser=advertiser_id, name=name)
    if (others.exclude(pk=but_for) if but_for else others).exists():
        raise DomainError("There is a list with this name already, or one that is being deleted.", field="name", status=409)
    return name


def _refuse_while_used(listed: ValidationList, who: Who) -> None:
    """Refuse to delete a list in use: its jobs could check no lead any more, and every lead would need a person."""
    users = users_of(listed, who)
    if users.total:
        named = [f"“{job.label}” (job {job.pk}) on {job.campaign.name}" for job in users.named]
        others = [f"{users.others} other{'' if users.others == 1 else 's'}"] if users.others else []
        raise DomainError(
            f"The list is in use by: {'; '.join(named + others)}. Disable these jobs or give them another list first.", status=409
        )


def _record(listed: ValidationList, action: str, actor: Actor, **what: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=listed, notes=listed.name, **what)
