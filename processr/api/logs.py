"""Logs in API v4: one address with three channels. They are views of the events of leads and of the audit trail."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from config.core.accounts import roles
from config.core.api import hydra
from config.core.api.hydra.filters import ID, read_id
from config.core.errors import DomainError
from config.core.models import AuditEntry, User
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.api import steps
from processr.api.records import Record
from processr.models import Event
from processr.permissions import SEES_RUNS, may_see_provider_logs

PROCESSR, PROVIDER, SYSTEM = "processr", "provider", "system"
NAME, TYPE = "logs", "Log"
_CHANNEL = hydra.one_of({channel: channel for channel in (SYSTEM, PROCESSR, PROVIDER)}, description="The log to read; always required.")
_LEAD = hydra.Filter(read_id, schema=ID, description="The id of the lead; required for the logs of the Processr and of the providers.")
LOGS = hydra.Collection(
    NAME,
    TYPE,
    filters={
        "channel": _CHANNEL,
        "lead.id": _LEAD,
        "campaign.id": hydra.by_id("campaign_id", "The id of the campaign; for the system's log only."),
        "createdTs": hydra.moments("at", "The time of the entry; for the system's log only."),
    },
    required=("channel",),
)
_OF_A_LEAD = {"channel": _CHANNEL, "lead.id": _LEAD}
OF_A_LEAD = hydra.Collection(NAME, TYPE, filters=_OF_A_LEAD, required=("channel", "lead.id"))
STEPS = hydra.Collection(NAME, TYPE, filters=_OF_A_LEAD, required=("channel", "lead.id"), orders={})
OF_THE_SYSTEM = hydra.Collection(
    NAME, TYPE, filters={name: LOGS.filters[name] for name in ("channel", "campaign.id", "createdTs")}, required=("channel",)
)


@hydra.allowed(SEES_RUNS)
def logs_list(request: HttpRequest) -> HttpResponse:
    who = hydra.caller(request)
    channel = _channel(request)
    if channel == SYSTEM:
        return _system(request, who)
    return _processr(request, who) if channel == PROCESSR else _provider(request, who)


def _channel(request: HttpRequest) -> str:
    """Return the requested channel, which decides the other filters."""
    return str(LOGS.read_query(request).values["channel"])


def _processr(request: HttpRequest, who: User) -> HttpResponse:
    """Return the steps of all runs over a lead in chronological order."""
    asked = STEPS.read_query(request)
    lead = _lead(who, asked)
    found = steps.page_of(lead, asked) if lead else steps.StepPage([], 0)
    open_to_read = lead is not None and privacy.sees_values_of(who, lead)
    records = [_step_record(step, open_to_read=open_to_read) for step in found.steps]
    return STEPS.page(request, asked, records, after=found.after, total=found.total)


def _provider(request: HttpRequest, who: User) -> HttpResponse:
    """Return the providers' log of a lead. The exact exchange cannot be masked, so few users may read it (decision 20)."""
    if not may_see_provider_logs(who):
        raise DomainError("You may not see the provider logs.", status=403)
    asked = OF_A_LEAD.read_query(request)
    lead = _lead(who, asked)
    events = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.PROVIDER) if lead else Event.objects.none()
    return OF_A_LEAD.answer(request, events, lambda found: [_provider_record(event) for event in found], query=asked)


def _system(request: HttpRequest, who: User) -> HttpResponse:
    if who.role != roles.ADMIN:
        raise DomainError("Your role may not see the system's log.", status=403)
    return OF_THE_SYSTEM.answer(request, AuditEntry.objects.all(), lambda found: [_system_record(entry) for entry in found])


def _lead(who: User, asked: hydra.CollectionQuery) -> Lead | None:
    return leads_for(who).filter(pk=asked.values["lead.id"]).first()


def _step_record(step: steps.RunStep, *, open_to_read: bool) -> Record:
    said = step.said
    return {
        **_record(step.id, PROCESSR, step.at, lead=step.event.lead_id, campaign=step.event.campaign_id),
        "level": steps.LEVELS[said["outcome"]],
        "message": step.message,
        "campaignProcessrJob": {"id": said["job"], "label": said["label"]} if said["job"] else None,
        "outcome": said["outcome"],
        "reason": said["reason"],
        "field": said["field"],
        "value": said["value"] if open_to_read else privacy.mask_value(said["value"]),
        "run": step.event.run_number,
        "durationMs": said["took"],
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
