"""The log of the calls about a lead, in chronological order, searched and read on by key: to providers, and to receivers.

What a call holds may be large. A page reads how long the messages are, and their beginnings.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from config.core.lists.pagination import BadPosition
from leads.models import Lead
from processr.models import Event, Job

KINDS = (Event.Kind.PROVIDER, Event.Kind.DELIVERY)
"""The kinds of events that hold an exchange with somebody outside."""
PAGE_SIZE = 25
CALLS_LOOKED_AT = 300
"""The number of calls that are searched for a page."""
BEGINNING = 8_000
"""The number of characters that a page reads of each message."""
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class CallQuery:
    """The calls to read: those whose message, reason or job contains the text in any case, with one outcome, behind a call."""

    text: str = ""
    outcome: str = ""
    after: UUID = FIRST


@dataclass(frozen=True, slots=True)
class CallPage:
    """A page of calls. `after` is where the next one begins, or None; where it `is_cut`, further calls were not searched."""

    calls: list[Event]
    after: UUID | None
    is_cut: bool = False


def parse_event_id(text: str) -> UUID:
    """Read the id of an event. Raises BadPosition for text that is none."""
    try:
        event_id = UUID(text)
    except ValueError as error:
        raise BadPosition(text) from error
    if str(event_id) != text.lower():  # UUID reads many spellings, with hyphens anywhere
        raise BadPosition(text)
    return event_id


def calls_about(lead: Lead) -> QuerySet[Event]:
    return Event.objects.filter(lead_id=lead.pk, kind__in=KINDS)


def page_of(lead: Lead, query: CallQuery) -> CallPage:
    """Return a page in two queries, whose cost does not grow with the number of calls.

    Each call has `beginning` and `size` (in bytes) of its message, and the `label` of its job, empty for one that is gone.
    """
    behind = calls_about(lead).filter(pk__gt=query.after).order_by("pk")
    ends = list(behind.values_list("pk", flat=True)[CALLS_LOOKED_AT - 1 : CALLS_LOOKED_AT + 1])
    last_looked_at = ends[0] if len(ends) == 2 else None
    found = behind.filter(pk__lte=last_looked_at) if last_looked_at else behind
    if query.outcome:
        found = found.filter(outcome=query.outcome)
    if query.text:
        jobs = Job.objects.filter(campaign=lead.campaign_id, label__icontains=query.text).order_by()
        found = found.filter(Q(message__icontains=query.text) | Q(reason__icontains=query.text) | Q(job_id__in=jobs.values("pk")))
    calls = list(_with_beginnings(found)[: PAGE_SIZE + 1])
    if len(calls) > PAGE_SIZE:
        return CallPage(calls[:PAGE_SIZE], calls[PAGE_SIZE - 1].pk)
    return CallPage(calls, last_looked_at, is_cut=last_looked_at is not None)


def call_of(lead: Lead, pk: UUID) -> Event | None:
    """Return one call with its whole message, and the `label` of its job."""
    return calls_about(lead).filter(pk=pk).annotate(label=_LABEL).first()


_LABEL = Subquery(Job.objects.filter(pk=OuterRef("job_id")).order_by().values("label"))


def _with_beginnings(calls: QuerySet[Event]) -> QuerySet[Event]:
    size = Func(F("message"), function="octet_length", output_field=IntegerField())
    return calls.defer("message", "steps").annotate(beginning=Left("message", BEGINNING), size=size, label=_LABEL)
