"""Writing and removing list entries. Each entry exists once and the count is exact, also with concurrent writers.

Writers of one list take turns: they lock the row of a validation list, or an advisory lock for a suppression list.
Readers wait for neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from config.core.background import locks
from config.core.errors import DomainError
from processr.lists.kinds import KINDS, EntryRow, ListKind
from processr.lists.selectors import usable_lists
from processr.models import ValidationList

CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class ListTarget:
    """The list to write into: a validation list, or one of the three suppression lists."""

    kind: ListKind
    list_id: int | None = None

    @classmethod
    def of(cls, target: str, list_id: int | None = None) -> "ListTarget":
        return cls(KINDS[target], list_id)


@transaction.atomic
def store(target: ListTarget, rows: Sequence[EntryRow]) -> int:
    """Add rows and return how many are new. The rows are sorted, so that neighbours in the index are written together."""
    lock(target)
    if not rows:
        return 0
    by_key = {row[-1]: row for row in reversed(rows)}  # reversed, so that the first spelling is kept
    columns = list(zip(*(by_key[key] for key in sorted(by_key)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_insert_statement(target.kind), [*_list_parameter(target), *map(list, columns)])
        added = int(cursor.rowcount)
    _update_count(target, added)
    return added


@transaction.atomic
def remove(target: ListTarget, *, ids: Iterable[int] = (), keys: Iterable[str] = ()) -> list[str]:
    """Remove entries by id or by key. Return the keys of those that existed."""
    lock(target)
    removed = _delete(target, "id = ANY(%s)", list(ids)) + _delete(target, f"{target.kind.key} = ANY(%s)", list(keys))
    _update_count(target, -len(removed))
    return removed


def lock(target: ListTarget) -> None:
    """Lock the list until the transaction ends. Raise DomainError if it is deleted or in deletion."""
    if target.list_id is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.SUPPRESSION_LISTS[target.kind.target]])
        return
    locked = list(ValidationList.objects.select_for_update(no_key=True).filter(pk=target.list_id).values_list("pk"))
    # A second statement, because the first one sees the state before it had to wait.
    if not locked or not usable_lists().filter(pk=target.list_id).exists():
        raise DomainError("The list has been deleted.", status=404)


def _update_count(target: ListTarget, change: int) -> None:
    """Update the count and version of a validation list. Without a change the version stays, so that cached copies remain valid."""
    if target.list_id is not None and change:
        ValidationList.objects.filter(pk=target.list_id).update(
            value_count=F("value_count") + change, version=F("version") + 1, updated_at=timezone.now()
        )


def _list_parameter(target: ListTarget) -> list[int]:
    return [] if target.list_id is None else [target.list_id]


def _insert_statement(kind: ListKind) -> str:
    """Return the statement that inserts a chunk of any size."""
    first_column, first_value = ("list_id", "%s") if kind.target == "list" else ("added_at", "now()")
    columns = ", ".join(kind.columns)
    arrays = ", ".join(["%s::text[]"] * len(kind.columns))
    return (
        f"INSERT INTO {kind.model._meta.db_table} ({first_column}, {columns}) SELECT {first_value}, {columns} "
        f"FROM unnest({arrays}) AS given ({columns}) ON CONFLICT DO NOTHING"
    )


def _delete(target: ListTarget, condition: str, values: list[int] | list[str]) -> list[str]:
    if not values:
        return []
    own_list = "list_id = %s AND " if target.list_id is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {target.kind.model._meta.db_table} WHERE {own_list}{condition} RETURNING {target.kind.key}",
            [*_list_parameter(target), values],
        )
        return [key for (key,) in cursor]
