"""The selection of deliveries or messages that need a person: ticked ones, or all that match the list's filters."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from config.core.accounts.requests import UserRequest
from config.core.ids import ids_in
from config.core.lists.filters import ListFilterSet
from config.core.lists.listing import OWN_PARAMETERS
from config.core.lists.pagination import count_capped
from integrations import actions
from integrations.actions import RowsInNeed
from integrations.models.outbox_row import OutboxRow
from integrations.outbound_events.selectors import events_for
from integrations.selectors import Count
from integrations.services import AT_MOST, BulkResult
from integrations.views.filters import MessagesInNeedFilters, NeedsPersonFilters

NONE_CHOSEN = "Nothing was done: choose at least one {} first."
NOT_UNDERSTOOD = "Nothing was done: part of what was asked for was not understood."
ALL, ID, QUERY, SELECTED_AT, EVENT = "all", "id", "query", "seen", "event"


@dataclass(frozen=True)
class NeedList:
    """A list of *Needs a person*: its rows and filters, the names of its URLs, and its words.

    The notes say what sending again and giving up mean, on the pages that ask before.
    """

    rows: RowsInNeed
    filters: type[ListFilterSet]
    list_name: str
    retry_name: str
    give_up_name: str
    retry_label: str
    retry_phrase: str
    retry_notes: Sequence[str]
    give_up_notes: Sequence[str]

    @property
    def list_url(self) -> str:
        return reverse(self.list_name)

    @property
    def retry_url(self) -> str:
        return reverse(self.retry_name)

    @property
    def give_up_url(self) -> str:
        return reverse(self.give_up_name)


DELIVERIES = NeedList(
    rows=actions.DELIVERIES,
    filters=NeedsPersonFilters,
    list_name="needs_person",
    retry_name="needs_person_retry",
    give_up_name="needs_person_give_up",
    retry_label="Retry",
    retry_phrase="Retry {}",
    retry_notes=(
        "Each keeps its event id, so that the receiver can tell a repetition.",
        "A delivery that may have arrived already can arrive twice; its reason says so.",
        "Leads that are no longer Valid are skipped and named.",
    ),
    give_up_notes=("Their leads stay as they are; to reprocess one sends it anew.",),
)
MESSAGES = NeedList(
    rows=actions.MESSAGES,
    filters=MessagesInNeedFilters,
    list_name="messages_in_need",
    retry_name="messages_retry",
    give_up_name="messages_give_up",
    retry_label="Send again",
    retry_phrase="Send {} again",
    retry_notes=(
        "Each keeps its id, so that the receiver can tell a repetition.",
        "A message that may have arrived already can arrive twice; its reason says so.",
        "Those about one lead are sent in their order.",
    ),
    give_up_notes=("Their leads stay as they are.", "What was queued after them in their order goes on."),
)


def need_list_of(rows: RowsInNeed) -> NeedList:
    return MESSAGES if rows is actions.MESSAGES else DELIVERIES


@dataclass(frozen=True)
class BulkSelection:
    """The selected rows, as far as the user sees them.

    `query` is the query string of the list. `selected_at` is the time at which all of its matches were selected.
    `event` is the outbound event in whose log they were ticked, as (its campaign, its id).
    """

    need: NeedList
    rows: QuerySet[Any]
    ids: list[int] = field(default_factory=list)
    all: bool = False
    query: str = ""
    selected_at: str = ""
    filters: ListFilterSet | None = None
    event: tuple[int, int] | None = None
    problem: str = ""

    @cached_property
    def count(self) -> Count:
        """The number of selected rows that still need a person."""
        return Count(*count_capped(self.rows.filter(state=OutboxRow.State.NEEDS_PERSON).order_by()))

    @property
    def noun(self) -> str:
        return self.need.rows.named(self.count.n)

    @property
    def retry_phrase(self) -> str:
        return self.need.retry_phrase.format(f"{self.count} {self.noun}")

    @property
    def chosen_ids(self) -> list[int]:
        return list(self.rows.order_by(self.need.rows.group + "_id", "pk").values_list("pk", flat=True)[:AT_MOST])

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
        return [*selected, (QUERY, self.query), *([(EVENT, str(self.event[1]))] if self.event else [])]

    @property
    def narrowed_by(self) -> list[str]:
        return [f"{chip.label}: {chip.value}" for chip in self.filters.chips()] if self.filters else []

    @property
    def list_url(self) -> str:
        """The address of the list, or of the log, that they were selected in."""
        if self.event:
            return reverse("outbound_event_messages", args=self.event)
        query = QueryDict(self.query[:2_000]).urlencode()
        return f"{self.need.list_url}?{query}" if query else self.need.list_url

    def unseen(self, result: BulkResult) -> int:
        """Return how many of the ticked rows the user cannot see, or no longer."""
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


def selection_of(request: UserRequest, need: NeedList) -> BulkSelection:
    """Return the selection that the request names.

    Ids are taken at most as many as a page can show; texts that are no id are ignored.
    """
    parameters = request.POST if request.method == "POST" else request.GET
    query = parameters.get(QUERY, "")
    if parameters.get(ALL) == "1":
        return _select_all(request, need, query, parameters.get(SELECTED_AT) or timezone.now().isoformat())
    event = _event_of(request, parameters.get(EVENT, "")) if need is MESSAGES else None
    rows = need.rows.seen_by(request.user)
    ids = sorted(ids_in(parameters.getlist(ID)))[:AT_MOST]
    if not ids:
        return BulkSelection(need, rows.none(), query=query, event=event, problem=NONE_CHOSEN.format(need.rows.noun[0]))
    return BulkSelection(need, rows.filter(pk__in=ids), ids=ids, query=query, event=event)


def _event_of(request: UserRequest, text: str) -> tuple[int, int] | None:
    """Return the campaign and the id of the event that the text names, if it is there for the user."""
    ids = ids_in([text])
    return events_for(request.user).filter(pk__in=ids).values_list("campaign_id", "pk").first() if ids else None


def _select_all(request: UserRequest, need: NeedList, query: str, selected_at: str) -> BulkSelection:
    """Select all matches that existed when the user was shown their number. Later ones were not meant."""
    rows = need.rows.in_need(request.user)
    filters = need.filters(QueryDict(query), rows, request=request)
    try:
        moment = datetime.fromisoformat(selected_at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or filters.problems(besides=OWN_PARAMETERS):
        return BulkSelection(need, rows.none(), query="", problem=NOT_UNDERSTOOD)
    matches = filters.qs.filter(Q(answered_at__lte=moment) | Q(answered_at=None))
    return BulkSelection(need, matches, all=True, query=query, selected_at=selected_at, filters=filters)
