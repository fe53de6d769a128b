"""Routing: the integrations of its campaign that a lead is sent to, by score and by value, and of a group one (decision 4)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leads.models import Lead
from processr.models import GroupCondition, Job
from processr.plans.plan import PlannedCondition, fold


@dataclass(frozen=True, slots=True)
class Scored:
    """The data that routing looks at: the score of the last run, and the values as integrations read them."""

    score: int
    values: Mapping[str, Any]


UNREAD = Scored(0, {})


@dataclass(frozen=True, slots=True)
class Route:
    """The route to one integration.

    A route that is not open takes no new leads: its integration is disabled or removed. `conditions` are those of the
    job in its group and those of its routing by value. `lowest` and `highest` are scores, both included.
    """

    job_id: int
    campaign_id: int
    type: str
    is_open: bool
    takes_tests: bool
    group_id: int | None
    lowest: int | None
    highest: int | None
    conditions: tuple[PlannedCondition, ...]

    @property
    def asks(self) -> bool:
        """Whether the route takes only some leads."""
        return bool(self.conditions) or self.lowest is not None or self.highest is not None

    def takes(self, lead: Scored) -> bool:
        low_enough = self.highest is None or lead.score <= self.highest
        high_enough = self.lowest is None or lead.score >= self.lowest
        return low_enough and high_enough and all(condition.holds(lead.values) for condition in self.conditions)


def routes_of(campaign_ids: Collection[int]) -> list[Route]:
    """Return the routes of campaigns by stage and id, closed ones too. One query, and one for the conditions if there are groups."""
    jobs = Job.objects.filter(campaign__in=campaign_ids, category=Job.Category.INTEGRATION).order_by("stage", "pk")
    rows = list(jobs.values(*_COLUMNS))
    conditions = _conditions([row["pk"] for row in rows if row["group_id"] is not None])
    return [_route(row, conditions[row["pk"]]) for row in rows]


_COLUMNS = (
    "pk", "campaign_id", "type", "enabled", "removed_at", "deliver_test_leads", "group_id",
    "route_by_score_minimum", "route_by_score_maximum", "routing_values",
)  # fmt: skip


def scored(lead_ids: Collection[int]) -> dict[int, Scored]:
    """Return the leads as the last run left them. Enriched values yield to captured and transformed ones, as everywhere."""
    rows = Lead.objects.filter(pk__in=lead_ids).values_list("pk", "score", "captured", "transformed", "enriched")
    return {pk: Scored(score, {**enriched, **captured, **transformed}) for pk, score, captured, transformed, enriched in rows}


def chosen(routes: Sequence[Route], lead: Scored) -> list[Route]:
    """Return the routes that the lead takes, of one campaign's open routes, in their order."""
    served: set[int] = set()
    found = []
    for route in routes:
        if route.group_id in served or not route.takes(lead):
            continue
        found.append(route)
        if route.group_id is not None:
            served.add(route.group_id)
    return found


def _conditions(job_ids: Collection[int]) -> Mapping[int, list[PlannedCondition]]:
    found: dict[int, list[PlannedCondition]] = defaultdict(list)
    if job_ids:
        rows = GroupCondition.objects.filter(job__in=job_ids).order_by("pk").values("job_id", "field", "values")
        for row in rows:
            found[row["job_id"]].append(_condition(row))
    return found


def _route(row: Mapping[str, Any], conditions: Iterable[PlannedCondition]) -> Route:
    return Route(
        job_id=row["pk"],
        campaign_id=row["campaign_id"],
        type=row["type"],
        is_open=row["enabled"] and row["removed_at"] is None,
        takes_tests=row["deliver_test_leads"],
        group_id=row["group_id"],
        lowest=row["route_by_score_minimum"],
        highest=row["route_by_score_maximum"],
        conditions=(*conditions, *map(_condition, row["routing_values"])),
    )


def _condition(said: Mapping[str, Any]) -> PlannedCondition:
    return PlannedCondition(said["field"], frozenset(map(fold, said["values"])))
