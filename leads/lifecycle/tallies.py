"""Counts of leads as sums of tallies and their deltas: exact at every moment, without reading the leads."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from django.db import connection, transaction

from campaigns.scope import scope_of
from config.core import enterprise
from config.core.background import locks
from leads.lifecycle.state import LeadState
from leads.models import TallyDelta
from leads.models.tally import EVERYWHERE, KEYS

FOLD_AT_MOST = 50_000

_OTHER_KEYS = tuple(key for key in KEYS if key != "day")
_other_keys = attrgetter(*_OTHER_KEYS)
_LEVELS = [set(), {"day"}, {"campaign_id", "publisher_id"}, {"campaign_id", "publisher_id", "day"}]
_GROUPED = ", ".join(f"({', '.join(key for key in KEYS if key not in summed)})" for summed in _LEVELS)
_NAMED = ", ".join(f"coalesce(campaign_id, {EVERYWHERE}) AS campaign_id" if key == "campaign_id" else key for key in KEYS)
_FOLD = f"""
WITH gone AS (
    DELETE FROM leads_tallydelta WHERE id IN (SELECT id FROM leads_tallydelta ORDER BY id LIMIT %s) RETURNING *
), sums AS (
    SELECT {_NAMED}, sum(n) AS n FROM gone GROUP BY GROUPING SETS ({_GROUPED}) HAVING sum(n) <> 0
), kept AS (
    INSERT INTO leads_dailytally ({", ".join(KEYS)}, n) SELECT {", ".join(KEYS)}, n FROM sums ORDER BY {", ".join(KEYS)}
    ON CONFLICT ({", ".join(KEYS)}) DO UPDATE SET n = leads_dailytally.n + EXCLUDED.n
)
SELECT count(*) FROM gone
"""  # noqa: S608


def record(pairs: Iterable[tuple[LeadState | None, LeadState]]) -> None:
    TallyDelta.objects.bulk_create(deltas(pairs))


def deltas(pairs: Iterable[tuple[LeadState | None, LeadState]]) -> list[TallyDelta]:
    """Return one delta per distinct key of all created (before is None), changed or deleted leads. Changes that cancel out leave none."""
    zone = enterprise.zone()
    net: Counter[tuple[Any, ...]] = Counter()
    for before, after in pairs:
        old, new = _counted_as(before), _counted_as(after)
        if old != new:
            day = after.created_at.astimezone(zone).date()
            if old:
                net[day, old] -= 1
            if new:
                net[day, new] += 1
    return [TallyDelta(day=day, **dict(zip(_OTHER_KEYS, key, strict=True)), n=n) for (day, key), n in net.items() if n]


def _counted_as(state: LeadState | None) -> tuple[Any, ...] | None:
    """Return the keys of the lead without the day; None for one that is not counted."""
    return _other_keys(state) if state is not None and state.deleted_at is None else None


def fold() -> int:
    """Add deltas to the tallies and return their number. Only one process folds at a time, others return 0."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [locks.FOLD_LEAD_TALLIES])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD, [FOLD_AT_MOST])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class TallySelection:
    """A selection of tallies and deltas in SQL. `level` selects the tallies of one level of sums, and `where` the keys of both."""

    level: str
    level_parameters: Sequence[Any]
    where: str
    where_parameters: Sequence[Any]

    def rows(self, *columns: str) -> tuple[str, list[Any]]:
        """Return the statement of these columns of the selected tallies and deltas, with its parameters."""
        tables = (f"leads_dailytally WHERE {self.level} AND {self.where}", f"leads_tallydelta WHERE {self.where}")
        statement = " UNION ALL ".join(f"SELECT {', '.join(columns)} FROM {table}" for table in tables)  # noqa: S608
        return statement, [*self.level_parameters, *self.where_parameters, *self.where_parameters]


_ITS_CAMPAIGNS = " AND campaign_id IN (SELECT campaign_id FROM leads_dailytally WHERE day IS NULL AND publisher_id = ANY(%s))"
"""For the days of publishers: their campaigns are read from the totals, or the days of all campaigns would be."""


def select(
    who: Any, *, day_from: date | None = None, day_to: date | None = None, without: Mapping[str, Collection[Any]] | None = None, **keys: Any
) -> TallySelection:
    """Return the selection of the leads that `who` may see, by any of the tally's keys (a value or a list of values).

    `without` are values of keys of which the leads have none.
    """
    without = without or {}
    if unknown := {*keys, *without} - set(KEYS):
        raise ValueError(f"not a key of the tally: {', '.join(sorted(unknown))}")
    scope = scope_of(who)
    conditions, parameters = scope.sql()
    named = {key: list(value) if isinstance(value, list | tuple | set | frozenset) else [value] for key, value in keys.items()}
    for key, values in named.items():
        conditions.append(f"{key} = ANY(%s)")
        parameters.append(values)
    for key, missing in without.items():
        conditions.append(f"({key} = ANY(%s)) IS NOT TRUE")
        parameters.append(list(missing))
    by_day = day_from is not None or day_to is not None
    if day_from is not None:
        conditions.append("day >= %s")
        parameters.append(day_from)
    if day_to is not None:
        conditions.append("day <= %s")
        parameters.append(day_to)
    everywhere = scope.everything and not {"campaign_id", "publisher_id"} & {*keys, *without}
    level_parameters: list[Any] = []
    level = f"day IS {'NOT' if by_day else ''} NULL AND campaign_id {'=' if everywhere else '<>'} {EVERYWHERE}"
    publishers = named.get("publisher_id") or scope.publishers
    if by_day and publishers and "campaign_id" not in keys:
        level, level_parameters = level + _ITS_CAMPAIGNS, [publishers]
    return TallySelection(level, level_parameters, " AND ".join(conditions) or "true", parameters)


def count_for(who: Any, **keys: Any) -> int:
    """Return the number of leads of a selection, as `select` takes it."""
    rows, parameters = select(who, **keys).rows("n")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(n), 0) FROM ({rows}) AS counted", parameters)  # noqa: S608
        return int(cursor.fetchone()[0])
