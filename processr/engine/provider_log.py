"""The Provider Logs: each call about a lead is an event, committed as it ends, and what a run that is taken up again goes on with."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic, perf_counter
from typing import Any
from uuid import UUID

from leads.lifecycle import claims
from leads.models import Lead
from processr.engine import provider_calls
from processr.engine.provider_calls import Asked, Providers
from processr.job_types.base import JobType, job_types
from processr.job_types.exchange import BETWEEN, Exchange
from processr.job_types.lead import BatchLead
from processr.models import Event
from processr.plans.plan import CompiledPlan, PlannedJob


class RecordedProviders(Providers):
    """Of one run over claimed leads, which stay claimed while providers are waited for.

    An event is used again where lead, job and run are the same, and so is everything the call was made of: a lead that was edited
    meanwhile is on the same run still, but the answer was about somebody else. An answer that never came is used again as well: the
    provider may have counted the call.
    """

    def __init__(self, plan: CompiledPlan, leads: Mapping[int, Lead], *, token: UUID) -> None:
        self._jobs = [job.id for job in plan.judging_jobs if (job_type := job_types.get(job.type)) and job_type.asks_provider]
        super().__init__(jobs=len(self._jobs))
        self._plan, self._leads, self._token = plan, leads, token
        self._kept_at = monotonic()
        self._about: dict[tuple[int, int], str] = {}
        self._earlier: dict[tuple[int, int], list[Event]] | None = None

    def recorded(self, job_type: JobType, leads: Sequence[BatchLead]) -> Iterable[Asked]:
        if self._earlier is None:
            self._earlier = self._load()
        for lead in leads:
            about = self._about[job_type.job.id, lead.id] = _what_it_is_about(job_type.job, lead)
            for event in self._earlier.get((job_type.job.id, lead.id), ()):
                if event.source.get("about") == about:
                    yield Asked(lead.id, _exchange(event), event.started_at, perf_counter())
                    break

    def still_ours(self, leads: Sequence[BatchLead]) -> Sequence[BatchLead]:
        ours = claims.held(self._token, [lead.id for lead in leads])
        return [lead for lead in leads if lead.id in ours]

    def record(self, job_type: JobType, asked: Sequence[Asked]) -> None:
        Event.objects.bulk_create([self._event(job_type.job.id, one) for one in asked])
        if monotonic() - self._kept_at >= provider_calls.HEARTBEAT_SECONDS:
            claims.keep(self._token, list(self._leads))
            self._kept_at = monotonic()

    def _load(self) -> dict[tuple[int, int], list[Event]]:
        """In one query for all jobs of the run."""
        found: dict[tuple[int, int], list[Event]] = {}
        events = Event.objects.filter(lead_id__in=list(self._leads), kind=Event.Kind.PROVIDER, job_id__in=self._jobs)
        for event in events.order_by("-pk"):
            if event.run_number == self._run_number(event.lead_id):
                found.setdefault((event.job_id or 0, event.lead_id), []).append(event)
        return found

    def _run_number(self, lead_id: int) -> int:
        return self._leads[lead_id].processing_counter + 1

    def _event(self, job_id: int, asked: Asked) -> Event:
        lead, exchange = self._leads[asked.lead_id], asked.exchange
        return Event(
            lead_id=lead.pk,
            campaign_id=lead.campaign_id,
            kind=Event.Kind.PROVIDER,
            outcome=_outcome(exchange),
            reason=exchange.problem,
            job_id=job_id,
            run_number=self._run_number(lead.pk),
            submitted_at=lead.created_at,
            started_at=asked.started_at,
            duration_ms=exchange.took_ms,
            source={
                "publisher": lead.publisher_id,
                "link": lead.link_id,
                "entry_point": lead.entry_point,
                "status": exchange.status,
                "answer_at": len(exchange.sent) + len(BETWEEN),
                "about": self._about[job_id, lead.pk],
            },
            plan_number=self._plan.number,
            message=f"{exchange.sent}{BETWEEN}{exchange.received}" if exchange.received else exchange.sent,
        )


def _exchange(event: Event) -> Exchange:
    answer_at = event.source["answer_at"]
    return Exchange(
        sent=event.message[: answer_at - len(BETWEEN)],
        received=event.message[answer_at:],
        status=event.source["status"],
        took_ms=event.duration_ms,
        problem=event.reason,
    )


def _outcome(exchange: Exchange) -> Event.Outcome:
    if not exchange.is_answered:
        return Event.Outcome.ERROR
    return Event.Outcome.SUCCESS if (exchange.status or 0) < 400 else Event.Outcome.FAILURE


def _what_it_is_about(job: PlannedJob, lead: BatchLead) -> str:
    """Two calls of the same are the same call."""
    told: list[Any] = [job.type, job.config, job.credential_id, lead.values, lead.enriched, lead.ip]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
