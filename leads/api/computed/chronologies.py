"""Numbers of leads by day in API v4: lead-statistics-chronologies."""

from collections.abc import Mapping, Sequence
from datetime import date

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from leads.api.computed.filters import AskedLeads, StatisticsFilterSet, address_of, parse_day
from leads.api.computed.statistics import CountsSerializer, numbers
from leads.figures import statistics
from leads.figures.statistics import LeadNumbers, Range


class ChronologySerializer(CountsSerializer, hydra.HydraSerializer):
    """The numbers of the leads that came in on a day of the enterprise. They are counted as they are now."""

    class Meta:
        type = "LeadStatisticsChronology"
        address = "lead-statistics-chronologies"

    date = serializers.DateField(read_only=True)


class ChronologyViewSet(hydra.HydraViewSet):
    """Numbers of leads by day, of the leads that the caller sees: a member for each day, the first one first, also of no leads.

    Without a first day it is the past 30 days until the last one, which is today if none is named.
    """

    serializer_class = ChronologySerializer
    filterset_class = StatisticsFilterSet
    roles = {"list": roles.SEES_LEADS}
    orders = {}
    noun = ("day of leads", "numbers of leads by day")

    def list(self, request: Request) -> Response:
        filters = self.query.filterset
        assert isinstance(filters, StatisticsFilterSet)
        days, asked = filters.days.of_chronology(), AskedLeads.of(request.user, filters)
        nothing: hydra.CollectionPage[hydra.JsonObject] = hydra.CollectionPage([], 0)
        page = nothing if asked.nothing else self._page(days.first, days.last)
        counted = self._counted(asked, _range_of(days, page.members))
        return self.page(page.map(lambda day: {**self._identity(day["date"]), **day, **numbers(counted.get(day["date"], LeadNumbers()))}))

    def _page(self, first: date | None, last: date | None) -> hydra.CollectionPage[hydra.JsonObject]:
        """Return the days of the page, by their numbers in the calendar: a range may have any number of them."""
        assert first is not None, "a chronology has a first and a last day"
        assert last is not None
        begin = first.toordinal() + (self.query.page - 1) * self.query.size
        if self.query.after:
            after = parse_day(self.query.after)
            if after is None or not first <= after <= last:
                raise hydra.HydraError([("after", "Names no place in this order.")])
            begin = after.toordinal() + 1
        end = min(begin + self.query.size, last.toordinal() + 1)
        members: list[hydra.JsonObject] = [{"date": date.fromordinal(day).isoformat()} for day in range(begin, end)]
        following = members[-1]["date"] if members and end <= last.toordinal() else ""
        return hydra.CollectionPage(members, (last - first).days + 1, following)

    def _identity(self, day: str) -> hydra.JsonObject:
        address = address_of(self, **{"date[after]": day, "date[before]": day})
        return {"@id": address, "@type": ChronologySerializer.Meta.type}

    def _counted(self, asked: AskedLeads, days: Range | None) -> Mapping[str, LeadNumbers]:
        if days is None:
            return {}
        who, ids = self.request.user, {"campaign_id": asked.campaigns, "publisher_id": asked.publishers}
        if asked.links is None:
            counted = statistics.by_key(who, "day", days, **ids)
        else:
            counted = statistics.of_links(who, "day", asked.links, days, **ids)
        return {day.isoformat(): numbers_of_day for day, numbers_of_day in counted.items()}


def _range_of(asked: Range, members: Sequence[hydra.JsonObject]) -> Range | None:
    days = [date.fromisoformat(member["date"]) for member in members]
    return asked.part(days[0], days[-1]) if days else None
