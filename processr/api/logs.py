"""Logs in API v4: one address with three channels. They are views of the events of leads and of the audit trail."""

from functools import cached_property
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.actor import actor_of
from config.core.api import hydra
from config.core.api.hydra.query import QueryReader
from config.core.errors import PROVIDER_LOGS, ROLE, DomainError
from config.core.models import AuditEntry
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.api import steps
from processr.engine import call_log
from processr.engine.step_log import RunStep
from processr.models import Event
from processr.permissions import SEES_RUNS
from processr.services.log_reading import record_reading

PROCESSR, PROVIDER, SYSTEM = "processr", "provider", "system"
CHANNELS = {channel: channel for channel in (SYSTEM, PROCESSR, PROVIDER)}
LogPage = hydra.CollectionPage[hydra.JsonObject]


class ChannelFilterSet(hydra.HydraFilterSet):
    channel = hydra.ChoiceFilter(choices=CHANNELS, needed=True, repeatable=False, description="The log to read.")


class LeadLogFilterSet(ChannelFilterSet):
    lead = hydra.IdFilter(name="lead.id", needed=True, repeatable=False)


class SystemLogFilterSet(ChannelFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id")
    created = hydra.MomentFilter("at", name="createdTs")


class LogFilterSet(ChannelFilterSet):
    """All filters, for the description and for queries that name no channel."""

    lead = hydra.IdFilter(name="lead.id", repeatable=False, description="Needed for the channels processr and provider.")
    campaign = hydra.IdFilter("campaign_id", name="campaign.id", description="For the channel system.")
    created = hydra.MomentFilter("at", name="createdTs", description="For the channel system.")


FILTERS = {PROCESSR: LeadLogFilterSet, PROVIDER: LeadLogFilterSet, SYSTEM: SystemLogFilterSet}


class LogSerializer(hydra.HydraSerializer):
    """A step of a run over a lead, an exchange with a provider or a receiver, or an entry of the audit trail."""

    class Meta:
        type = "Log"
        address = "logs"

    id = hydra.JsonField(schema={"type": ["string", "integer"]}, read_only=True)
    channel = serializers.ChoiceField(list(CHANNELS), read_only=True)
    createdTs = serializers.CharField(read_only=True)
    lead = serializers.CharField(read_only=True, allow_null=True)
    campaign = hydra.JsonField(schema={"type": ["object", "null"]}, read_only=True)
    level = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True)

    def record(self, row: hydra.JsonObject) -> hydra.JsonObject:
        """Return a record whose further properties depend on its channel."""
        return {**self.identity(row), **row}


class LogViewSet(hydra.HydraViewSet):
    """The steps of the runs over a lead, the exchanges with providers and receivers, and the actions of users."""

    serializer_class = LogSerializer
    filterset_class = LogFilterSet
    roles = {"list": SEES_RUNS}
    noun = ("entry of a log", "entries of a log")

    @cached_property
    def query(self) -> hydra.CollectionQuery:
        """The query. The channel decides which other filters there are."""
        given = self.request.query_params
        channel = next(iter([*given.getlist("channel")[-1:], *given.getlist("channel[]")[-1:]]), "")
        orders = {} if channel == PROCESSR else self.orders
        return QueryReader(self.request).read(FILTERS.get(channel, LogFilterSet), orders)

    def list(self, request: Request) -> Response:
        pages = {PROCESSR: self._steps, PROVIDER: self._provider_log, SYSTEM: self._system_log}
        return self.page(pages[self.query.value("channel")]().map(self.get_serializer().record))

    def _steps(self) -> LogPage:
        """Return the steps of all runs over a lead in chronological order."""
        lead = self._lead()
        if lead is None:
            return hydra.CollectionPage([], 0)
        return steps.page_of(lead, self.query).map(lambda step: _step_record(step, lead, who=self.request.user))

    def _provider_log(self) -> LogPage:
        """Return the calls about a lead: of jobs that ask providers, and of attempts to deliver it.

        The exact exchange cannot be masked, so few users may read it (decision 20).
        """
        if not privacy.sees_provider_logs(self.request.user):
            raise DomainError(PROVIDER_LOGS.lifts("You may not see the provider logs."), status=403)
        lead = self._lead()
        events = call_log.calls_about(lead) if lead else Event.objects.none()
        if lead:
            record_reading(actor_of(self.request), lead)
        return hydra.page_of_rows(self.filter_queryset(events), self).map(_provider_record)

    def _system_log(self) -> LogPage:
        if self.request.user.role != roles.ADMIN:
            raise DomainError(ROLE.lifts("Your role may not see the system's log."), status=403)
        return hydra.page_of_rows(self.filter_queryset(AuditEntry.objects.all()), self).map(_system_record)

    def _lead(self) -> Lead | None:
        return leads_for(self.request.user).filter(pk=self.query.value("lead.id")).first()


def _step_record(step: RunStep, lead: Lead, *, who: Who) -> hydra.JsonObject:
    row = step.row
    return {
        **_record(step.id, PROCESSR, step.at, lead=step.event.lead_id, campaign=step.event.campaign_id),
        "level": steps.LEVELS[step.outcome],
        "message": step.message,
        "campaignProcessrJob": {"id": row["job"], "label": row["label"]} if row["job"] else None,
        "outcome": step.outcome.word,
        "reason": row["reason"],
        "field": row["field"],
        "value": privacy.shown_value(who, lead, row["field"], row["value"]),
        "run": step.event.run_number,
        "durationMs": row["took"],
    }


def _provider_record(event: Event) -> hydra.JsonObject:
    return {
        **_record(str(event.pk), PROVIDER, event.started_at, lead=event.lead_id, campaign=event.campaign_id),
        "level": "info" if event.outcome in (Event.Conclusion.SUCCESS, Event.Conclusion.SKIP) else "error",
        "message": event.message,
        "kind": event.kind,
        "campaignProcessrJob": {"id": event.job_id} if event.job_id else None,
        "outcome": event.outcome,
        "reason": event.reason,
        "run": event.run_number,
        "durationMs": event.duration_ms,
    }


def _system_record(entry: AuditEntry) -> hydra.JsonObject:
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


def _record(pk: Any, channel: str, at: Any, *, lead: int | None, campaign: int | None) -> hydra.JsonObject:
    """Return the properties that all three channels have."""
    lead_address = f"/api/v4/leads/{lead}" if lead else None
    return {
        "id": pk,
        "channel": channel,
        "createdTs": at.isoformat(),
        "lead": lead_address,
        "campaign": {"id": campaign} if campaign else None,
    }
