"""Writing and removing list entries. Each entry exists once and the count is exact, also with concurrent writers.

Writers of one list take turns: they lock the row of a validation list, or an advisory lock for a suppression list.
Readers wait for neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from config.core.errors import DomainError
from processr.lists.kinds import KINDS, ListKind, Row
from processr.lists.selectors import standing
from processr.models import ValidationList

CHUNK = 10_000
_LOCK = 7_310_041
"""The first of three lock keys, one for each suppression list."""


@dataclass(frozen=True, slots=True)
class ListTarget:
    """The list to write into: a validation list, or one of the three suppression lists."""

    kind: ListKind
    list_id: int | None = None

    @classmethod
    def of(cls, target: str, list_id: int | None = None) -> "ListTarget":
        return cls(KINDS[target], list_id)


@transaction.atomic
def store(place: ListTarget, rows: Sequence[Row]) -> int:
    """Add rows and return how many are new. The rows are sorted, so that neighbours in the index are written together."""
    lock(place)
    if not rows:
        return 0
    once = {row[-1]: row for row in reversed(rows)}  # reversed, so that the first spelling is kept
    columns = list(zip(*(once[key] for key in sorted(once)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_insert(place.kind), [*_before(place), *map(list, columns)])
        added = int(cursor.rowcount)
    _counted(place, added)
    return added


@transaction.atomic
def take_out(place: ListTarget, *, ids: Iterable[int] = (), keys: Iterable[str] = ()) -> list[str]:
    """Remove entries by id or by key. Return the keys of those that existed."""
    lock(place)
    gone = _delete(place, "id = ANY(%s)", list(ids)) + _delete(place, f"{place.kind.key} = ANY(%s)", list(keys))
    _counted(place, -len(gone))
    return gone


def lock(place: ListTarget) -> None:
    """Lock the list until the transaction ends. Raise DomainError if it is deleted or in deletion."""
    if place.list_id is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK + list(KINDS).index(place.kind.target)])
    else:
        _lock_list(place.list_id)


def _lock_list(list_id: int) -> None:
    """Lock the row, then check in a second statement that the list stands: the first one sees the state before it had to wait."""
    locked = list(ValidationList.objects.select_for_update(no_key=True).filter(pk=list_id).values_list("pk"))
    if not locked or not standing().filter(pk=list_id).exists():
        raise DomainError("The list has been deleted.", status=404)


def _counted(place: ListTarget, change: int) -> None:
    """Update the count and version of a validation list. Without a change the version stays, so that cached copies remain valid."""
    if place.list_id is not None and change:
        ValidationList.objects.filter(pk=place.list_id).update(
            value_count=F("value_count") + change, version=F("version") + 1, updated_at=timezone.now()
        )


def _before(place: ListTarget) -> list[int]:
    return [] if place.list_id is None else [place.list_id]


def _insert(kind: ListKind) -> str:
    """Return the statement that inserts a chunk of any size."""
    own, first = ("added_at", "now()") if kind.target != "list" else ("list_id", "%s")
    columns = ", ".join(kind.columns)
    arrays = ", ".join(["%s::text[]"] * len(kind.columns))
    return (
        f"INSERT INTO {kind.model._meta.db_table} ({own}, {columns}) SELECT {first}, {columns} "
        f"FROM unnest({arrays}) AS given ({columns}) ON CONFLICT DO NOTHING"
    )


def _delete(place: ListTarget, condition: str, wanted: list[int] | list[str]) -> list[str]:
    if not wanted:
        return []
    mine = "list_id = %s AND " if place.list_id is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {place.kind.model._meta.db_table} WHERE {mine}{condition} RETURNING {place.kind.key}",
            [*_before(place), wanted],
        )
        return [key for (key,) in cursor]
