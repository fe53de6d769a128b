"""The runner of jobs over a chunk of leads: whatever a job type does, each lead gets an outcome from it.

An exception in a job becomes an error outcome and does not end the chunk.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from config.core.pg_text import is_storable
from processr import texts
from processr.engine.provider_calls import ProviderAnswer, ProviderCalls
from processr.engine.scoring import Step
from processr.engine.withheld import WithheldJobs
from processr.job_types.base import AddsFields, EngineJob, Enrichment, ProviderCheck, QualityCheck
from processr.job_types.exchange import Exchange
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Enriched, Outcome, OutcomeKind, error, skipped
from processr.job_types.registry import engine_type
from processr.plans.groups import Groups
from processr.plans.plan import CompiledPlan, Phase, PlannedJob

log = structlog.get_logger(__name__)

RETRYABLE_ERRORS = (OperationalError, InterfaceError)
"""Database errors: the connection is lost, or two writers collided.

They say nothing about a job, so the turn fails or is tried again.
"""

Steps = dict[int, Step]
"""The steps of one job, by lead id."""
CheckFunction = Callable[[JobLead], Outcome | Enriched]
NO_LEADS: frozenset[int] = frozenset()
_NOT_KNOWN = skipped("")
"""The marker for an outcome that is not known without asking the provider."""


@dataclass
class JobRunner:
    """A run of jobs over one chunk.

    `steps` holds the steps by job id and is filled job by job. Leads in `stopped` are not enriched any further.
    Leads in `not_valid` cannot become Valid, whatever the outcomes are. `not_enriched` collects the leads for which some
    enrichment job did not run because of a hard fail: the jobs after enrichment do not run for them.
    """

    plan: CompiledPlan
    chunk: Sequence[JobLead]
    providers: ProviderCalls = field(default_factory=ProviderCalls)
    stopped: frozenset[int] = NO_LEADS
    not_valid: frozenset[int] = NO_LEADS
    withheld: WithheldJobs = field(default_factory=WithheldJobs)
    began: float = field(default_factory=perf_counter)
    steps: dict[int, Steps] = field(default_factory=dict)
    not_enriched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._order = self.plan.judging_jobs
        self._shared: dict[str, Any] = {}
        self._groups = Groups(self.plan.jobs)

    def run(self, jobs: Iterable[PlannedJob]) -> None:
        for job in jobs:
            self.steps[job.id] = self._run_job(job)

    def steps_of(self, lead: JobLead) -> list[Step]:
        """Return the lead's steps in the order of decision 3."""
        return [self.steps[job.id][lead.id] for job in self._order if job.id in self.steps]

    def hard_failed(self) -> set[int]:
        """Return the ids of the leads that a hard-fail job has failed so far."""
        each_job = (self.steps[job.id].items() for job in self._order if job.hardfail and job.id in self.steps)
        return {pk for steps in each_job for pk, step in steps if step.counts_as is OutcomeKind.FAILED}

    def restricted_to(self, leads: Iterable[JobLead]) -> "JobRunner":
        """Return a runner over some leads of the chunk that continues from the steps so far. This runner stays unchanged."""
        runner = replace(self, chunk=list(leads), steps=dict(self.steps), not_enriched=set(self.not_enriched))
        runner._groups = self._groups
        return runner

    def _run_job(self, job: PlannedJob) -> Steps:
        job_type = engine_type(job.type)
        if job_type is None:
            step = self._step_now(job, skipped(texts.TYPE_GONE))
            return {lead.id: step for lead in self.chunk}
        leads, skip_reasons = self._divide(job, job_type)
        not_valid = NO_LEADS
        if issubclass(job_type, QualityCheck) and job_type.counts_valid:
            kept_from_valid = {pk for steps in self.steps.values() for pk, step in steps.items() if step.keeps_from_valid}
            not_valid = self.not_valid | kept_from_valid
        plan = self.plan
        job_input = JobInput(plan.campaign_id, plan.advertiser_id, leads, self.chunk, plan.transforms, plan.jobs, self._shared, not_valid)
        steps = _JobRun(job_type(job), job_input, run_began=self.began).steps(self.providers)
        for pk, reason in skip_reasons.items():
            steps[pk] = self._step_now(job, skipped(reason))
        return steps

    def _divide(self, job: PlannedJob, job_type: type[EngineJob]) -> tuple[Sequence[JobLead], dict[int, str]]:
        """Return the leads the job runs for, and by lead id the reason why it does not run for the others."""
        stopped, reason_to_stop = self._stopped_before(job.phase)
        if job.phase is Phase.ENRICHMENT:
            self.not_enriched |= stopped
        if not job_type.reads_ip and not self._groups and not stopped and not self.withheld:
            return self.chunk, {}
        leads: list[JobLead] = []
        skip_reasons: dict[int, str] = {}
        for lead in self.chunk:
            if lead.id in stopped:
                skip_reasons[lead.id] = reason_to_stop
            elif job_type.reads_ip and lead.imported:
                skip_reasons[lead.id] = texts.IMPORTED_LEAD
            elif job_type.reads_ip and not lead.ip:
                skip_reasons[lead.id] = texts.NO_IP
            elif reason := self._groups.skip_reason(job, lead) or self.withheld.reason(job, job_type, lead.id):
                skip_reasons[lead.id] = reason
            else:
                leads.append(lead)
        return leads, skip_reasons

    def _stopped_before(self, phase: Phase) -> tuple[Set[int], str]:
        """Return the leads that a hard fail keeps from the jobs of the phase, and the reason."""
        if phase is Phase.AFTER:
            return self.not_enriched, texts.NOT_ENRICHED
        if phase is not Phase.ENRICHMENT:
            return NO_LEADS, ""
        return self.stopped | self.hard_failed(), texts.HARD_FAIL_BEFORE

    def _step_now(self, job: PlannedJob, outcome: Outcome) -> Step:
        return Step(job, outcome, (perf_counter() - self.began) * 1000)


class _JobRun:
    """One job over the leads it runs for."""

    def __init__(self, job_type: EngineJob, job_input: JobInput, *, run_began: float) -> None:
        self._job_type, self._job_input, self._run_began = job_type, job_input, run_began
        self._job, self._enriches = job_type.job, isinstance(job_type, AddsFields)
        self._exceptions = 0

    def steps(self, providers: ProviderCalls) -> Steps:
        start = perf_counter()
        if not self._job_input.leads:
            return {}
        job_type = self._job_type
        if not self._prepare():
            step = Step(self._job, error(texts.COULD_NOT_BE_CHECKED), (perf_counter() - self._run_began) * 1000)
            return {lead.id: step for lead in self._job_input.leads}
        if isinstance(job_type, ProviderCheck):
            steps = self._ask_provider(job_type, providers, start)
        else:
            steps = self._check(check_of(job_type), start)
        if self._exceptions:
            log.warning("job could not check leads", job=self._job.id, type=self._job_type.key, leads=self._exceptions)
        return steps

    def _prepare(self) -> bool:
        """Call the type's `prepare` and return whether it succeeded.

        It runs in a savepoint, because a failed query must not break the writing transaction. Types that look nothing
        up are skipped.
        """
        if type(self._job_type).prepare is EngineJob.prepare:
            return True
        try:
            with transaction.atomic():
                self._job_type.prepare(self._job_input)
        except RETRYABLE_ERRORS:
            raise
        except Exception:
            log.exception("job could not look up", job=self._job.id, type=self._job_type.key)
            return False
        return True

    def _check(self, check: CheckFunction, start: float) -> Steps:
        """Return the steps of a job that asks no provider. Each has an equal share of the time that `prepare` took."""
        outcome_of, steps = self._outcome, Steps()
        last = perf_counter()
        share = (last - start) / len(self._job_input.leads)
        for lead in self._job_input.leads:
            outcome, start = outcome_of(check, lead), last
            last = perf_counter()
            steps[lead.id] = Step(self._job, outcome, (start - self._run_began) * 1000, (last - start + share) * 1000)
        return steps

    def _ask_provider(self, job_type: ProviderCheck, providers: ProviderCalls, start: float) -> Steps:
        """Return the steps of a job that asks a provider. A step takes as long as its call, whenever that was made."""
        known_outcomes: dict[int, Outcome] = {}
        for lead in self._job_input.leads:
            outcome = self._outcome(lambda lead: job_type.known_outcome(lead) or _NOT_KNOWN, lead)
            if outcome is not _NOT_KNOWN:
                known_outcomes[lead.id] = outcome
        answers = providers.ask(job_type, [lead for lead in self._job_input.leads if lead.id not in known_outcomes])
        steps = Steps()
        for lead in self._job_input.leads:
            answer = answers.get(lead.id)
            outcome = known_outcomes.get(lead.id) or self._outcome(partial(_judge_answer, job_type, answer), lead)
            began, took = (answer.began, answer.exchange.took_ms) if answer else (start, 0)
            steps[lead.id] = Step(self._job, outcome, (began - self._run_began) * 1000, took)
        return steps

    def _outcome(self, check: CheckFunction, lead: JobLead) -> Outcome:
        """Return the outcome that `check` gives, or an error outcome if it raises.

        Only the first exception of a chunk is logged with its traceback: a type that fails on all leads fails in the
        same way.
        """
        try:
            result = check(lead)
            return result if isinstance(result, Outcome) else self._store_enriched(result, lead)
        except RETRYABLE_ERRORS:
            raise
        except Exception:
            if not self._exceptions:
                log.exception("job could not check a lead", job=self._job.id, type=self._job_type.key, lead=lead.id)
            self._exceptions += 1
            return error(texts.COULD_NOT_BE_CHECKED)

    def _store_enriched(self, result: object, lead: JobLead) -> Outcome:
        """Store the enriched values on the lead and return the outcome."""
        if not isinstance(result, Enriched) or not self._enriches:
            raise TypeError(f"{self._job_type.key} answered {result!r}, which is no outcome")
        if not all(isinstance(text, str) and is_storable(text) for pair in result.values.items() for text in pair):
            raise TypeError(f"{self._job_type.key} found what is no text")
        lead.enriched.update(result.values)
        return result.outcome


def check_of(job_type: EngineJob) -> CheckFunction:
    """Return the method that gives the outcome for a lead, of a type that asks no provider."""
    match job_type:
        case Enrichment():
            return job_type.enrich
        case QualityCheck():
            return job_type.check
        case _:
            return _refuse_type


def _refuse_type(_lead: JobLead) -> Outcome:
    raise NotImplementedError("a type that the engine runs is a QualityCheck, a ProviderCheck or an Enrichment")


def _judge_answer(job_type: ProviderCheck, answer: ProviderAnswer | None, lead: JobLead) -> Outcome | Enriched:
    return error(texts.NOT_ASKED) if answer is None else judge_exchange(job_type, answer.exchange, lead)


def judge_exchange(job_type: ProviderCheck, exchange: Exchange, lead: JobLead) -> Outcome | Enriched:
    """Return the outcome of an exchange about the lead. The type judges only answers."""
    if exchange.is_answered:
        return job_type.judge_answer(lead, exchange)
    return error(texts.COULD_NOT_BE_CHECKED if exchange.problem == texts.COULD_NOT_BE_CHECKED else texts.NO_ANSWER)
