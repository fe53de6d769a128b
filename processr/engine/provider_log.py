"""The provider log: an event for each call about a lead, committed when the call ends.

A run that is resumed continues with the recorded answers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic, perf_counter
from typing import Any
from uuid import UUID

from leads.lifecycle import claims
from leads.models import Lead
from processr.engine import provider_calls
from processr.engine.provider_calls import ProviderAnswer, ProviderCalls
from processr.job_types.base import ProviderCheck
from processr.job_types.exchange import BETWEEN, Exchange
from processr.job_types.lead import JobLead
from processr.job_types.registry import engine_type
from processr.models import Event
from processr.plans.plan import CompiledPlan, PlannedJob


class RecordedProviders(ProviderCalls):
    """The recorded provider calls of one run over claimed leads.

    The claims are renewed while the provider is waited for.

    A recorded answer is used again if lead, job, run and everything the call was made from are the same. A lead
    that was edited meanwhile is still in the same run, but the answer was about other values. A call that got no
    answer is not repeated either, since the provider may have counted it.
    """

    def __init__(self, plan: CompiledPlan, leads: Mapping[int, Lead], *, token: UUID) -> None:
        self._jobs = [job.id for job in plan.judging_jobs if (job_type := engine_type(job.type)) and issubclass(job_type, ProviderCheck)]
        super().__init__(jobs=len(self._jobs))
        self._plan, self._leads, self._token = plan, leads, token
        self._claims_renewed_at = monotonic()
        self._digests: dict[tuple[int, int], str] = {}
        self._earlier_events: dict[tuple[int, int], list[Event]] | None = None

    def ask(self, job_type: ProviderCheck, leads: Sequence[JobLead]) -> Mapping[int, ProviderAnswer]:
        """Ask only about leads about which no earlier worker has recorded an answer for the same run."""
        recorded = {answer.lead_id: answer for answer in self._recorded_answers(job_type, leads)}
        return {**recorded, **super().ask(job_type, [lead for lead in leads if lead.id not in recorded])}

    def _recorded_answers(self, job_type: ProviderCheck, leads: Sequence[JobLead]) -> Iterable[ProviderAnswer]:
        if self._earlier_events is None:
            self._earlier_events = self._load_events()
        for lead in leads:
            key = (job_type.job.id, lead.id)
            digest = self._digests[key] = _question_digest(job_type.job, lead)
            for event in self._earlier_events.get(key, ()):
                if event.source.get("about") == digest:
                    yield ProviderAnswer(lead.id, _exchange_of(event), event.started_at, perf_counter())
                    break

    def still_claimed(self, leads: Sequence[JobLead]) -> Sequence[JobLead]:
        claimed = claims.still_claimed(self._token, [lead.id for lead in leads])
        return [lead for lead in leads if lead.id in claimed]

    def record(self, job_type: ProviderCheck, answers: Sequence[ProviderAnswer]) -> None:
        events = []
        for answer in answers:
            if answer.whole:
                events.append(self._event(job_type.job.id, answer, answer.whole))
            about = self._digests[job_type.job.id, answer.lead_id]
            events.append(self._event(job_type.job.id, answer, answer.exchange, about=about))
        Event.objects.bulk_create(events)
        if monotonic() - self._claims_renewed_at >= provider_calls.HEARTBEAT_SECONDS:
            claims.renew(self._token, list(self._leads))
            self._claims_renewed_at = monotonic()

    def _load_events(self) -> dict[tuple[int, int], list[Event]]:
        """Return the events of all jobs of the run by job and lead id, newest first, from one query."""
        events: dict[tuple[int, int], list[Event]] = {}
        rows = Event.objects.filter(lead_id__in=list(self._leads), kind=Event.Kind.PROVIDER, job_id__in=self._jobs)
        for event in rows.order_by("-pk"):
            if event.run_number == self._run_number(event.lead_id):
                events.setdefault((event.job_id or 0, event.lead_id), []).append(event)
        return events

    def _run_number(self, lead_id: int) -> int:
        return self._leads[lead_id].processing_counter + 1

    def _event(self, job_id: int, answer: ProviderAnswer, exchange: Exchange, *, about: str = "") -> Event:
        """Return the event of an exchange. Only one with `about`, the digest of the question, can be used again."""
        lead = self._leads[answer.lead_id]
        outcome = Event.Conclusion.ERROR
        if exchange.is_answered:
            outcome = Event.Conclusion.SUCCESS if (exchange.status or 0) < 400 else Event.Conclusion.FAILURE
        return Event(
            lead_id=lead.pk,
            campaign_id=lead.campaign_id,
            kind=Event.Kind.PROVIDER,
            outcome=outcome,
            reason=exchange.problem,
            job_id=job_id,
            run_number=self._run_number(lead.pk),
            submitted_at=lead.created_at,
            started_at=answer.started_at,
            duration_ms=exchange.took_ms,
            source={
                "publisher": lead.publisher_id,
                "link": lead.link_id,
                "entry_point": lead.entry_point,
                "status": exchange.status,
                "answer_at": len(exchange.sent) + len(BETWEEN),
                "about": about,
            },
            plan_number=self._plan.number,
            message=f"{exchange.sent}{BETWEEN}{exchange.received}" if exchange.received else exchange.sent,
        )


def _exchange_of(event: Event) -> Exchange:
    answer_at = event.source["answer_at"]
    return Exchange(
        sent=event.message[: answer_at - len(BETWEEN)],
        received=event.message[answer_at:],
        status=event.source["status"],
        took_ms=event.duration_ms,
        problem=event.reason,
    )


def _question_digest(job: PlannedJob, lead: JobLead) -> str:
    """Return a digest of everything the call is made from: calls with the same digest are the same call."""
    parts: list[Any] = [job.type, job.config, job.credential_id, lead.values, lead.enriched, lead.ip]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
