"""The filters of the statistics: campaigns, publishers, links and days of the enterprise, for each other."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from campaigns.scope import Who
from campaigns.selectors import each_campaign_for, each_publisher_for, links_for
from config.core.api import hydra
from config.core.api.hydra.responses import BASE
from leads.figures.statistics import Range, just_after

_FIRST, _LAST, _STRICTLY_FIRST, _STRICTLY_LAST = "[after]", "[before]", "[strictly_after]", "[strictly_before]"


class DayBoundFilter(hydra.ParameterFilter):
    """The first and the last day of the enterprise, both included."""

    schema = {"type": "string", "format": "date", "examples": ["2026-01-31"]}
    lookups = {_FIRST: "gte", _LAST: "lte"}
    repeatable = False

    def parse(self, text: str) -> date:
        day = parse_day(text)
        if day is None:
            raise ValueError("Must be a day, as 2026-01-31. For a moment there is createdTs.")
        return day


def parse_day(text: str) -> date | None:
    """Return the day of 2026-01-31, and None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


class StatisticsFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter(name="campaign.id", description="The campaign of the leads.")
    publisher = hydra.IdFilter(name="publisher.id", description="The publisher of the leads.")
    link = hydra.IdFilter(name="link.id", to="campaign-links", description="The link of the leads.")
    campaign_link = hydra.IdFilter(name="campaignLink.id", description="The same as `link.id`.")
    createdTs = hydra.MomentFilter(description="As for leads: a day is its beginning, in UTC. Whole days of the enterprise are `date`.")
    date = DayBoundFilter(description="The first and the last day, both included, in the enterprise's time zone.")

    def problems(self) -> list[tuple[str, str]]:
        problems, days = super().problems(), self.days
        if days.first and days.last and days.first > days.last:
            problems += [(name, "The first day is after the last one.") for name in self.values if name.endswith((_LAST, _STRICTLY_LAST))]
        return problems

    @property
    def days(self) -> Range:
        """The days and moments that every bound allows."""
        since = [*self._bounds("createdTs", _FIRST), *map(just_after, self._bounds("createdTs", _STRICTLY_FIRST))]
        until = [*map(just_after, self._bounds("createdTs", _LAST)), *self._bounds("createdTs", _STRICTLY_LAST)]
        return Range.between(self._bounds("date", _FIRST), self._bounds("date", _LAST), since, until)

    def _bounds(self, name: str, suffix: str) -> list[Any]:
        return [*self.values.get(name + suffix, ())]

    def asked(self, *names: str) -> list[int] | None:
        """Return the ids under any of these names; None where none is given."""
        found = [self.values[name] for name in names if name in self.values]
        return [pk for ids in found for pk in ids] if found else None


@dataclass(frozen=True)
class AskedLeads:
    """The campaigns, publishers and links that are asked for and that the user sees; None for all."""

    campaigns: Collection[int] | None
    publishers: Collection[int] | None
    links: Collection[int] | None

    @classmethod
    def of(cls, who: Who, filters: StatisticsFilterSet) -> "AskedLeads":
        campaigns, publishers = filters.asked("campaign.id"), filters.asked("publisher.id")
        links = filters.asked("link.id", "campaignLink.id")
        return cls(
            None if campaigns is None else _ids(each_campaign_for(who).filter(pk__in=campaigns)),
            None if publishers is None else _ids(each_publisher_for(who).filter(pk__in=publishers)),
            None if links is None else _ids(links_for(who).filter(pk__in=links)),
        )

    @property
    def nothing(self) -> bool:
        """Whether something is asked for of which the user sees nothing."""
        return any(ids is not None and not ids for ids in (self.campaigns, self.publishers, self.links))


def address_of(viewset: Any, *, besides: Collection[str] = (), **own: Any) -> str:
    """Return the address of a member: the query that selects it alone, with the other filters of the caller's query.

    `besides` are names of filters that the member's own stand for.
    """
    replaced = {"page", "itemsPerPage", "after", "order", *besides, *(name.partition("[")[0] for name in own)}
    others = [(name, value) for name, value in viewset.query.pairs if name.partition("[")[0] not in replaced]
    return f"{BASE}/{viewset.serializer_class.Meta.address}?{urlencode([*others, *own.items()], errors='replace')}"


def _ids(rows: Any) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True))
