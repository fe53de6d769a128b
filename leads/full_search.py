"""Searching a whole list of leads by filters that no index serves: in the background, in chunks, once.

What is found is frozen, so that it can be paged through, counted and acted on. It is its starter's, and kept for a week.
"""

from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import QueryDict
from django.urls import reverse
from typing_extensions import override

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.background.runs import EndNotification, Progress, RunType
from config.core.errors import DomainError
from config.core.lists.bounded import looked_at
from config.core.lists.pagination import Order, PagePosition
from config.core.models import User
from leads.filters import OWN_PARAMETERS, LeadFilters, filters_of
from leads.lifecycle import tallies
from leads.models import FullSearch, Lead

CHUNK = 20_000
"""Leads that one transaction looks at."""
FOUND_AT_MOST = 1_000_000
UNDER_WAY_AT_MOST = 3
"""Searches of one person at the same time."""
KEPT = timedelta(days=7)
DELETED_AT_ONCE = 50_000
NOTIFICATION_KIND = "full_search"
NEWEST_FIRST = Order.by(Lead, "id", descending=True)
EVERYTHING = Q(pk__isnull=False)

_FREEZE = """
WITH looked (id, key, matches) AS MATERIALIZED ({looked}), kept AS (
    INSERT INTO leads_foundlead (search_id, lead_id) SELECT %s, id FROM looked WHERE matches ORDER BY id DESC LIMIT %s RETURNING lead_id
)
SELECT (SELECT count(*) FROM looked), (SELECT min(id) FROM looked), (SELECT count(*) FROM kept)
"""
_FORGET = """
DELETE FROM leads_foundlead WHERE id IN (
    SELECT found.id FROM leads_foundlead AS found JOIN leads_fullsearch AS search ON search.id = found.search_id
    WHERE search.created_at < now() - %s::interval LIMIT %s
)
"""


@transaction.atomic
def begin(user: User, parameters: QueryDict, *, campaign: Campaign | None, actor: Actor) -> FullSearch:
    """Start a search by the filters of a list. Raises DomainError for filters that are not understood, and while too many are under way."""
    filters = filters_of(user, _without_own(parameters), campaign=campaign)
    if problems := filters.problems():
        raise DomainError(" ".join(problems), field="query")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # so that two requests take turns
    under_way = FullSearch.objects.filter(started_by=user, state__in=FullSearch.UNDER_WAY).count()
    if under_way >= UNDER_WAY_AT_MOST:
        raise DomainError(f"You have {under_way} searches under way. Wait for one of them, or stop it.", status=409)
    fixed = filters.with_fixed_days()
    chips = filters_of(user, fixed, campaign=campaign).chips()
    search = FullSearch.objects.create(
        parameters=fixed.urlencode(),
        description="; ".join(f"{chip.label}: {chip.value}" for chip in chips) or "all leads",
        campaign=campaign,
        total=_number_of_leads(user, campaign),
        started_by=user,
    )
    work = FullSearchRun(search)
    work.record(
        "search of all leads started", actor=actor, after={"filters": [chip.label for chip in chips]}
    )  # no values: they may be personal
    runs.queue(work)
    return search


def _without_own(parameters: QueryDict) -> QueryDict:
    query = parameters.copy()
    for name in OWN_PARAMETERS:
        query.pop(name, None)
    return query


def _number_of_leads(user: User, campaign: Campaign | None) -> int:
    return tallies.count_for(user, campaign_id=campaign.pk) if campaign else tallies.count_for(user)


@runs.run_types.register
class FullSearchRun(RunType[FullSearch, int | None]):
    """The run of a search. Its parts are the leads before an id, which `last_lead` says for the next one."""

    key = "full_search"
    page = "Leads"

    @classmethod
    def rows(cls) -> QuerySet[FullSearch]:
        return FullSearch.objects.select_related("started_by", "campaign")

    @classmethod
    @override
    def tidy(cls) -> None:
        """Delete old searches, a portion of what they found with each sweep."""
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [f"{KEPT.days} days", DELETED_AT_ONCE])
            if cursor.rowcount < DELETED_AT_ONCE:
                FullSearch.objects.filter(created_at__lt=Now() - KEPT).delete()

    def parts(self) -> Generator[int | None, None, None]:
        self.is_at_end = False
        while not self.is_at_end and self.run.done < FOUND_AT_MOST:
            yield self.run.last_lead

    def write(self, part: int | None) -> Progress:
        """Look at one chunk. What the starter may see is found out anew for each."""
        user = self.starter()
        assert user is not None, "nobody else starts searches"
        filters = filters_of(user, QueryDict(self.run.parameters), campaign=self.run.campaign)
        if problems := filters.problems():
            raise DomainError(" ".join(problems))
        n, last, found = self._look_at(filters, part)
        self.is_at_end = n < CHUNK
        return Progress(self.run.position + n, done=found, columns={"last_lead": last if n else part})

    def _look_at(self, filters: LeadFilters, before: int | None) -> tuple[int, int, int]:
        """Freeze the matches of one chunk. Return how many leads were looked at, the last of them, and how many match."""
        rows = filters.unbounded_rows
        if before is not None:
            rows = rows.filter(NEWEST_FIRST.beyond(PagePosition(before)))
        try:
            looked, parameters = looked_at(rows, filters.bounded or EVERYTHING, NEWEST_FIRST, CHUNK).query.sql_with_params()
        except EmptyResultSet:  # Django knows that the query selects nothing
            return 0, 0, 0
        with connection.cursor() as cursor:
            cursor.execute(_FREEZE.format(looked=looked), [*parameters, self.run.pk, FOUND_AT_MOST - self.run.done])
            n, last, found = cursor.fetchone()
        return n, last, found

    @override
    def is_open_to(self, user: User) -> bool:
        if user.role not in roles.SEES_LEADS:
            return False
        campaign = self.run.campaign_id
        return campaign is None or campaigns_for(user).filter(pk=campaign).exists()

    def conclude(self) -> Mapping[str, Any]:
        return {"total": self.run.position}

    def record_end(self) -> None:
        self.record(f"search of all leads: {self.run.state}", after={"looked at": self.run.position, "found": self.run.done})

    def notification(self) -> EndNotification:
        found = f"{self.run.done:,} lead{'' if self.run.done == 1 else 's'} found"
        return EndNotification(NOTIFICATION_KIND, "Search", found, reverse("full_search", args=[self.run.pk]))
