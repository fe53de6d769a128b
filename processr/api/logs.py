"""Logs in API v4: one address with three channels. They are views of the events of leads and of the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import F, Func, IntegerField
from django.http import HttpRequest, HttpResponse

from config.core.accounts import roles
from config.core.api import hydra
from config.core.api.hydra.filters import ID, read_id
from config.core.errors import DomainError
from config.core.models import AuditEntry, User
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.api.records import Record
from processr.job_types.outcomes import OutcomeKind
from processr.models import Event
from processr.permissions import SEES_RUNS, may_see_provider_logs

PROCESSR, PROVIDER, SYSTEM = "processr", "provider", "system"
NAME, TYPE = "logs", "Log"
_CHANNEL = hydra.one_of({channel: channel for channel in (SYSTEM, PROCESSR, PROVIDER)}, description="Which of the logs; always needed.")
_LEAD = hydra.Filter(read_id, schema=ID, description="Needed for the processr's and the providers'.")
LOGS = hydra.Collection(
    NAME,
    TYPE,
    filters={
        "channel": _CHANNEL,
        "lead.id": _LEAD,
        "campaign.id": hydra.by_id("campaign_id", "Of the system's."),
        "createdTs": hydra.moments("at", "Of the system's."),
    },
    required=("channel",),
)
_OF_A_LEAD = {"channel": _CHANNEL, "lead.id": _LEAD}
OF_A_LEAD = hydra.Collection(NAME, TYPE, filters=_OF_A_LEAD, required=("channel", "lead.id"))
STEPS = hydra.Collection(NAME, TYPE, filters=_OF_A_LEAD, required=("channel", "lead.id"), orders={})
OF_THE_SYSTEM = hydra.Collection(
    NAME, TYPE, filters={name: LOGS.filters[name] for name in ("channel", "campaign.id", "createdTs")}, required=("channel",)
)
WORDS = {
    OutcomeKind.PASSED: "passed",
    OutcomeKind.FAILED: "failed",
    OutcomeKind.ERROR: "could not be checked",
    OutcomeKind.SKIPPED: "not run",
}
LEVELS = {OutcomeKind.PASSED: "info", OutcomeKind.FAILED: "warning", OutcomeKind.ERROR: "error", OutcomeKind.SKIPPED: "info"}


@dataclass(frozen=True)
class RunStep:
    event: Event
    position: int

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = self.event.steps[self.position]
        return content

    @property
    def id(self) -> str:
        return f"{self.event.pk}-{self.position}"

    @property
    def at(self) -> datetime:
        return self.event.started_at + timedelta(milliseconds=self.content["at"])

    @property
    def message(self) -> str:
        reason = self.content["reason"]
        return f"{self.content['label']}: {WORDS[self.content['outcome']]}{f' ({reason})' if reason else ''}"


@dataclass(frozen=True)
class StepPage:
    """A page of steps. `after` is the id of the last step if others follow."""

    steps: Sequence[RunStep]
    total: int
    after: str = ""


@hydra.allowed(SEES_RUNS)
def logs_list(request: HttpRequest) -> HttpResponse:
    who = hydra.caller(request)
    channel = LOGS.read_query(request).values["channel"]
    if channel == SYSTEM:
        return _system_log(request, who)
    return _processr_log(request, who) if channel == PROCESSR else _provider_log(request, who)


def _processr_log(request: HttpRequest, who: User) -> HttpResponse:
    """Return the steps of all runs over a lead in chronological order."""
    query = STEPS.read_query(request)
    lead = _lead(who, query)
    page = read_step_page(lead, query) if lead else StepPage([], 0)
    open_to_read = lead is not None and privacy.sees_values_of(who, lead)
    records = [_step_record(step, open_to_read=open_to_read) for step in page.steps]
    return STEPS.page(request, query, records, after=page.after, total=page.total)


def _provider_log(request: HttpRequest, who: User) -> HttpResponse:
    """Return the providers' log of a lead. The exact exchange cannot be masked, so few users may read it (decision 20)."""
    if not may_see_provider_logs(who):
        raise DomainError("You may not see the provider logs.", status=403)
    query = OF_A_LEAD.read_query(request)
    lead = _lead(who, query)
    events = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.PROVIDER) if lead else Event.objects.none()
    return OF_A_LEAD.answer(request, events, lambda page: [_provider_record(event) for event in page], query=query)


def _system_log(request: HttpRequest, who: User) -> HttpResponse:
    if who.role != roles.ADMIN:
        raise DomainError("Your role may not see the system's log.", status=403)
    return OF_THE_SYSTEM.answer(request, AuditEntry.objects.all(), lambda page: [_system_record(entry) for entry in page])


def _lead(who: User, query: hydra.CollectionQuery) -> Lead | None:
    return leads_for(who).filter(pk=query.values["lead.id"]).first()


def _step_record(step: RunStep, *, open_to_read: bool) -> Record:
    content = step.content
    return {
        **_record(step.id, PROCESSR, step.at, lead=step.event.lead_id, campaign=step.event.campaign_id),
        "level": LEVELS[content["outcome"]],
        "message": step.message,
        "campaignProcessrJob": {"id": content["job"], "label": content["label"]} if content["job"] else None,
        "outcome": content["outcome"],
        "reason": content["reason"],
        "field": content["field"],
        "value": content["value"] if open_to_read else privacy.mask_value(content["value"]),
        "run": step.event.run_number,
        "durationMs": content["took"],
    }


def _provider_record(event: Event) -> Record:
    return {
        **_record(str(event.pk), PROVIDER, event.started_at, lead=event.lead_id, campaign=event.campaign_id),
        "level": "info" if event.outcome == Event.Outcome.SUCCESS else "error",
        "message": event.message,
        "campaignProcessrJob": {"id": event.job_id} if event.job_id else None,
        "outcome": event.outcome,
        "reason": event.reason,
        "run": event.run_number,
        "durationMs": event.duration_ms,
    }


def _system_record(entry: AuditEntry) -> Record:
    return {
        **_record(entry.pk, SYSTEM, entry.at, lead=None, campaign=entry.campaign_id),
        "level": entry.severity,
        "message": f"{entry.page}: {entry.action}",
        "user": {"id": entry.actor_id, "name": entry.actor_name},
        "object": {"type": entry.object_type, "id": entry.object_id},
        "before": entry.before,
        "after": entry.after,
        "notes": entry.notes,
        "ip": entry.ip,
    }


def _record(pk: Any, channel: str, at: Any, *, lead: int | None, campaign: int | None) -> Record:
    """Return the properties that all three channels have."""
    lead_address = f"/api/v4/leads/{lead}" if lead else None
    return {
        "id": pk,
        "channel": channel,
        "createdTs": at.isoformat(),
        "lead": lead_address,
        "campaign": {"id": campaign} if campaign else None,
    }


def read_step_page(lead: Lead, query: hydra.CollectionQuery) -> StepPage:
    """Return a page in two queries: the number of steps of each run, and the runs on the page."""
    runs = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW).order_by("pk")
    sizes = list(runs.annotate(size=Func(F("steps"), function="jsonb_array_length", output_field=IntegerField())).values_list("pk", "size"))
    first_positions = dict(zip([pk for pk, _ in sizes], [0, *accumulate(size for _, size in sizes)], strict=False))
    total = sum(size for _, size in sizes)
    start = _start_position(query, {str(pk): (first_positions[pk], size) for pk, size in sizes})
    end = min(start + query.size, total)
    run_ids = [pk for pk, size in sizes if first_positions[pk] < end and first_positions[pk] + size > start]
    steps = []
    for run in runs.filter(pk__in=run_ids):
        first = first_positions[run.pk]
        steps += [RunStep(run, position) for position in range(len(run.steps)) if start <= first + position < end]
    return StepPage(steps, total, steps[-1].id if steps and end < total else "")


def _start_position(query: hydra.CollectionQuery, runs: dict[str, tuple[int, int]]) -> int:
    """Return the number, among all steps of the lead, of the first step on the page. `runs` are first number and size by run id."""
    if not query.after:
        return (query.page - 1) * query.size
    run, _, position = query.after.rpartition("-")
    begin, size = runs.get(run, (0, 0))
    if not position.isascii() or not position.isdecimal() or len(position) > 5 or int(position) >= size:
        raise hydra.HydraError([("after", "Names no place in this order.")])
    return begin + int(position) + 1
