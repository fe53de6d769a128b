"""Routing: the integrations of its campaign that a lead is sent to, by score and by value, and of a group one (decision 4)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leads.models import Lead
from processr.models import GroupCondition, Job
from processr.plans.plan import PlannedCondition, condition_on


@dataclass(frozen=True, slots=True)
class RoutingData:
    """The data of a lead that routing looks at: the score of the last run, and the values as integrations read them."""

    score: int
    values: Mapping[str, Any]


NO_DATA = RoutingData(0, {})


@dataclass(frozen=True, slots=True)
class Route:
    """The route to one integration.

    A route that is not open accepts no new leads: its integration is disabled or removed. `conditions` are those of the
    job in its group and those of its routing by value. `lowest` and `highest` are scores, both included. `wait_minutes` are those
    after a lead's arrival before which it is not sent there. `holds_over_delivery` is the switch of the campaign.
    """

    job_id: int
    campaign_id: int
    type: str
    is_open: bool
    accepts_tests: bool
    group_id: int | None
    lowest: int | None
    highest: int | None
    conditions: tuple[PlannedCondition, ...]
    wait_minutes: int = 0
    holds_over_delivery: bool = False

    @property
    def is_conditional(self) -> bool:
        """Whether the route accepts only some leads."""
        return bool(self.conditions) or self.lowest is not None or self.highest is not None

    def accepts(self, lead: RoutingData) -> bool:
        low_enough = self.highest is None or lead.score <= self.highest
        high_enough = self.lowest is None or lead.score >= self.lowest
        return low_enough and high_enough and all(condition.holds(lead.values) for condition in self.conditions)


_COLUMNS = (
    "pk", "campaign_id", "type", "enabled", "removed_at", "deliver_test_leads", "group_id",
    "route_by_score_minimum", "route_by_score_maximum", "routing_values", "always_deliver", "campaign__process_delay",
    "campaign__hold_over_delivery",
)  # fmt: skip


def routes_of(campaign_ids: Collection[int]) -> list[Route]:
    """Return the routes of campaigns by stage and id, closed ones too. One query, and one for the conditions if there are groups."""
    jobs = Job.objects.filter(campaign__in=campaign_ids, category=Job.Category.INTEGRATION).order_by("stage", "pk")
    rows = list(jobs.values(*_COLUMNS))
    conditions: dict[int, list[PlannedCondition]] = defaultdict(list)
    if grouped := [row["pk"] for row in rows if row["group_id"] is not None]:
        for condition in GroupCondition.objects.filter(job__in=grouped).order_by("pk").values("job_id", "field", "values"):
            conditions[condition["job_id"]].append(_planned(condition))
    return [
        Route(
            job_id=row["pk"],
            campaign_id=row["campaign_id"],
            type=row["type"],
            is_open=row["enabled"] and row["removed_at"] is None,
            accepts_tests=row["deliver_test_leads"],
            group_id=row["group_id"],
            lowest=row["route_by_score_minimum"],
            highest=row["route_by_score_maximum"],
            conditions=(*conditions[row["pk"]], *map(_planned, row["routing_values"])),
            wait_minutes=0 if row["always_deliver"] else row["campaign__process_delay"],
            holds_over_delivery=row["campaign__hold_over_delivery"],
        )
        for row in rows
    ]


def _planned(condition: Mapping[str, Any]) -> PlannedCondition:
    return condition_on(condition["field"], condition["values"])


def routing_data(lead_ids: Collection[int]) -> dict[int, RoutingData]:
    """Return the leads as the last run left them. Enriched values yield to captured and transformed ones, as everywhere."""
    rows = Lead.objects.filter(pk__in=lead_ids).values_list("pk", "score", "captured", "transformed", "enriched")
    return {pk: RoutingData(score, {**enriched, **captured, **transformed}) for pk, score, captured, transformed, enriched in rows}


def select_routes(routes: Sequence[Route], lead: RoutingData) -> list[Route]:
    """Return the routes that the lead takes, of one campaign's open routes, in their order; of each group only the first."""
    served_groups: set[int] = set()
    selected = []
    for route in routes:
        if route.group_id in served_groups or not route.accepts(lead):
            continue
        selected.append(route)
        if route.group_id is not None:
            served_groups.add(route.group_id)
    return selected
