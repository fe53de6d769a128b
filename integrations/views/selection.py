"""The selection of deliveries that need a person: ticked ones, or all that match the list's filters."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.contrib import messages
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from config.core.accounts.requests import UserRequest
from config.core.ids import ids_in
from config.core.lists.listing import OWN_PARAMETERS
from config.core.lists.pagination import count_capped
from integrations.models import Delivery
from integrations.selectors import Count, deliveries_for, needs_person
from integrations.services import AT_MOST, BulkResult
from integrations.views.filters import NeedsPersonFilters

NONE_CHOSEN = "Nothing was done: choose at least one delivery first."
NOT_UNDERSTOOD = "Nothing was done: part of what was asked for was not understood."
ALL, ID, QUERY, SELECTED_AT = "all", "id", "query", "seen"


@dataclass(frozen=True)
class BulkSelection:
    """The selected deliveries, as far as the user sees them.

    `query` is the query string of the list. `selected_at` is the time at which all of its matches were selected.
    """

    rows: QuerySet[Delivery]
    ids: list[int] = field(default_factory=list)
    all: bool = False
    query: str = ""
    selected_at: str = ""
    filters: NeedsPersonFilters | None = None
    problem: str = ""

    @cached_property
    def count(self) -> Count:
        """The number of selected deliveries that still need a person."""
        return Count(*count_capped(self.rows.filter(state=Delivery.State.NEEDS_PERSON).order_by()))

    @property
    def chosen_ids(self) -> list[int]:
        return list(self.rows.order_by("job_id", "pk").values_list("pk", flat=True)[:AT_MOST])

    @property
    def needs_run(self) -> bool:
        """Whether they are more than one request processes."""
        return self.all and (self.count.n > AT_MOST or not self.count.exact)

    @property
    def filter_values(self) -> dict[str, int]:
        """The values of the filters by their names, as a run keeps them."""
        chosen = self.filters.form.cleaned_data.items() if self.filters else ()
        return {name: value.pk if isinstance(value, Model) else value for name, value in chosen if value}

    @property
    def moment(self) -> datetime:
        """The time at which all matches were selected."""
        return datetime.fromisoformat(self.selected_at)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Form fields that make the same selection again."""
        selected = [(ALL, "1"), (SELECTED_AT, self.selected_at)] if self.all else [(ID, str(pk)) for pk in self.ids]
        return [*selected, (QUERY, self.query)]

    @property
    def narrowed_by(self) -> list[str]:
        return [f"{chip.label}: {chip.value}" for chip in self.filters.chips()] if self.filters else []

    def unseen(self, result: BulkResult) -> int:
        """Return how many of the ticked deliveries the user cannot see, or no longer."""
        return max(0, len(self.ids) - len(result.ids) - len(result.refused))


def show_result(request: UserRequest, result: BulkResult, action: str, *, unseen: int) -> None:
    """Add a message such as “12 will be sent again; 2 skipped: no longer Valid.”"""
    parts = [f"{len(result.ids):,} {action}" if result.ids else f"None {action}"]
    reasons = Counter(result.refused.values()) + Counter({"not found": unseen})
    if skipped := sum(reasons.values()):
        has_one_reason = len(reasons) == 1
        by_reason = ", ".join(reason if has_one_reason else f"{n:,} {reason}" for reason, n in reasons.most_common())
        parts.append(f"{skipped:,} skipped: {by_reason}")
    level = messages.SUCCESS if result.ids else messages.WARNING
    messages.add_message(request, level, f"{'; '.join(parts)}.")


def selection_of(request: UserRequest) -> BulkSelection:
    """Return the selection that the request names.

    Ids are taken at most as many as a page can show; texts that are no id are ignored.
    """
    parameters = request.POST if request.method == "POST" else request.GET
    query = parameters.get(QUERY, "")
    if parameters.get(ALL) == "1":
        return _select_all(request, query, parameters.get(SELECTED_AT) or timezone.now().isoformat())
    rows = deliveries_for(request.user)
    ids = sorted(ids_in(parameters.getlist(ID)))[:AT_MOST]
    if not ids:
        return BulkSelection(rows.none(), query=query, problem=NONE_CHOSEN)
    return BulkSelection(rows.filter(pk__in=ids), ids=ids, query=query)


def _select_all(request: UserRequest, query: str, selected_at: str) -> BulkSelection:
    """Select all matches that existed when the user was shown their number. Later ones were not meant."""
    rows = needs_person(request.user)
    filters = NeedsPersonFilters(QueryDict(query), rows, request=request)
    try:
        moment = datetime.fromisoformat(selected_at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or filters.problems(besides=OWN_PARAMETERS):
        return BulkSelection(rows.none(), query="", problem=NOT_UNDERSTOOD)
    matches = filters.qs.filter(Q(answered_at__lte=moment) | Q(answered_at=None))
    return BulkSelection(matches, all=True, query=query, selected_at=selected_at, filters=filters)
