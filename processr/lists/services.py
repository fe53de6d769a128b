"""Changing validation lists and the suppression lists, whose entries are refused on all campaigns.

Every change writes one audit entry and, if values of a validation list change, increases its version.
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
from config.core.models import Run
from config.core.models.names import check_name
from config.core.pg_text import is_storable
from leads.intake.validation import NOT_TEXT
from processr.lists import deleting, storing
from processr.lists.deleting import PAGE
from processr.lists.kinds import SUPPRESSED, EntryRow, InvalidEntry, ListKind, as_cells
from processr.lists.selectors import users_of
from processr.lists.storing import ListTarget
from processr.models import ValidationList

LONGEST_NAME = 160
AT_ONCE = 1_000
"""The most entries that can be added by hand; more are imported as a file."""


@dataclass(frozen=True, slots=True)
class AddResult:
    """The result of adding entries. `repeated` were on the list already, or were given twice."""

    added: int
    repeated: int


@transaction.atomic
def create_list(name: str, *, advertiser: Advertiser | None, private: bool = False, actor: Actor) -> ValidationList:
    """Create a list. Without an advertiser it is for every campaign."""
    name = _clean_name(name, advertiser_id=advertiser.pk if advertiser else None)
    if private and advertiser is None:
        raise DomainError("Only a list of an advertiser can be private.", field="private")
    validation_list = ValidationList.objects.create(name=name, advertiser=advertiser, private=private, made_by_id=actor.user_id)
    after = {"name": name, "advertiser": advertiser.name if advertiser else None, "private": private}
    _record(validation_list, "validation list created", actor, after=after)
    return validation_list


@transaction.atomic
def change_list(list_id: int, *, name: str | None = None, private: bool | None = None, actor: Actor) -> ValidationList:
    """Change the properties that are given. Values and version stay as they are."""
    validation_list = _lock_list(list_id)
    before = {"name": validation_list.name, "private": validation_list.private}
    if name is not None and name.strip() != validation_list.name:
        validation_list.name = _clean_name(name, advertiser_id=validation_list.advertiser_id, except_list=validation_list.pk)
    if private and validation_list.advertiser_id is None:
        raise DomainError("Only a list of an advertiser can be private.", field="private")
    if private is not None:
        validation_list.private = private
    after = {"name": validation_list.name, "private": validation_list.private}
    if after != before:
        validation_list.save(update_fields=["name", "private", "updated_at"])
        made_public = before["private"] and not validation_list.private
        severity = "medium" if made_public else "low"
        _record(validation_list, "validation list changed", actor, before=before, after=after, severity=severity)
    return validation_list


@transaction.atomic
def add_values(validation_list: ValidationList, values: Iterable[str], *, actor: Actor) -> AddResult:
    """Add all values, or raise DomainError and add none."""
    return add(ListTarget.of("list", validation_list.pk), values, actor=actor, validation_list=validation_list)


@transaction.atomic
def remove_values(validation_list: ValidationList, *, ids: Iterable[int] = (), values: Iterable[str] = (), actor: Actor) -> int:
    return remove(ListTarget.of("list", validation_list.pk), ids=ids, entries=values, actor=actor, validation_list=validation_list)


def delete_list(list_id: int, *, who: Who, actor: Actor) -> bool:
    """Delete a list with its values.

    Return False if there are so many values that a worker deletes them part by part; the list is hidden meanwhile.
    Raise DomainError if jobs use the list, naming those that `who` can see.
    """
    with transaction.atomic():
        validation_list = _lock_list(list_id)
        _refuse_while_used(validation_list, who)
        for run in validation_list.imports.filter(state__in=Run.UNDER_WAY):
            raise DomainError(f"{run.name} is being imported into this list. Stop that first.", status=409)
        after = {"values": validation_list.value_count, "advertiser": str(validation_list.advertiser or "")}
        _record(validation_list, "validation list deleted", actor, before={"name": validation_list.name, **after}, severity="high")
        return deleting.delete(validation_list, actor=actor)


def add(target: ListTarget, entries: Iterable[Any], *, actor: Actor, validation_list: ValidationList | None = None) -> AddResult:
    """Add entries to a list of any kind."""
    rows = _entry_rows(target.kind, list(entries))
    added = storing.store(target, rows)
    result = AddResult(added, len(rows) - added)
    audit.record(
        actor=actor,
        page=page_of(validation_list),
        action=f"{target.kind.noun[1]} added",
        obj=validation_list,
        notes=validation_list.name if validation_list else "",
        after={"added": added, "already there": result.repeated},
    )
    return result


def remove(
    target: ListTarget, *, ids: Iterable[int] = (), entries: Iterable[Any] = (), actor: Actor, validation_list: ValidationList | None = None
) -> int:
    """Remove the entries that exist and return their number."""
    ids, entries = list(ids), list(entries)
    if not ids and not entries:
        raise DomainError("Nothing is chosen.", field="values")
    keys = [row[-1] for row in _entry_rows(target.kind, entries)] if entries else []
    removed = storing.remove(target, ids=ids, keys=keys)
    if removed:
        audit.record(
            actor=actor,
            page=page_of(validation_list),
            action=f"{target.kind.noun[1]} removed",
            obj=validation_list,
            notes=validation_list.name if validation_list else "",
            before={"removed": len(removed)},
            severity="high",
        )
    return len(removed)


def page_of(validation_list: ValidationList | None) -> str:
    return PAGE if validation_list else "Suppression"


def _entry_rows(kind: ListKind, entries: Sequence[Any]) -> list[EntryRow]:
    if not entries:
        raise DomainError(f"Give at least one {kind.noun[0]}.", field="values")
    if len(entries) > AT_ONCE:
        raise DomainError(f"Add at most {AT_ONCE:,} at once: {len(entries):,} were given. Import more as a file.", field="values")
    rows = []
    for number, entry in enumerate(entries, start=1):
        try:
            rows.append(kind.row(as_cells(kind, entry)))
        except InvalidEntry as problem:
            raise DomainError(f"Number {number} {problem}.", field="values") from problem
    return rows


def _lock_list(list_id: int) -> ValidationList:
    storing.lock(ListTarget.of("list", list_id))
    return ValidationList.objects.get(pk=list_id)


def _clean_name(name: str, *, advertiser_id: int | None, except_list: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Give the list a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise DomainError(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if not is_storable(name):
        raise DomainError(NOT_TEXT, field="name")
    check_name(name)
    others = ValidationList.objects.filter(advertiser=advertiser_id, name=name)
    if except_list:
        others = others.exclude(pk=except_list)
    if others.exists():
        raise DomainError("There is a list with this name already, or one that is being deleted.", field="name", status=409)
    return name


def _refuse_while_used(validation_list: ValidationList, who: Who) -> None:
    """Refuse to delete a list in use: its jobs could check no lead any more, and every lead would need a person."""
    users = users_of(validation_list, who)
    if users.total:
        named = [f"“{job.label}” (job {job.pk}) on {job.campaign.name}" for job in users.named]
        others = [f"{users.others} other{'' if users.others == 1 else 's'}"] if users.others else []
        raise DomainError(
            f"The list is in use by: {'; '.join(named + others)}. Disable these jobs or give them another list first.", status=409
        )


def _record(validation_list: ValidationList, action: str, actor: Actor, **details: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=validation_list, notes=validation_list.name, **details)


@transaction.atomic
def suppress(kind: str, entries: Iterable[Any], *, actor: Actor) -> AddResult:
    """Add texts, or for names pairs of first and last name: all of them, or none and a DomainError.

    Leads processed from now on are checked against them.
    """
    return add(_suppression_list(kind), entries, actor=actor)


@transaction.atomic
def unsuppress(kind: str, *, ids: Iterable[int] = (), entries: Iterable[Any] = (), actor: Actor) -> int:
    return remove(_suppression_list(kind), ids=ids, entries=entries, actor=actor)


def _suppression_list(kind: str) -> ListTarget:
    if kind not in SUPPRESSED:
        raise DomainError(f"There is no suppression list “{kind}”.", status=404)
    return ListTarget(SUPPRESSED[kind])
