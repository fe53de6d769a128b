"""Trials: what somebody tries while a job is configured, as short runs. Web requests queue them and show what came of them."""

import json
from abc import abstractmethod
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cached_property
from time import monotonic
from typing import Any, ClassVar, Self, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core import http
from config.core.actor import Actor
from config.core.background import runs
from config.core.background.call_pool import CallPool
from config.core.background.runs import Progress, RunType
from config.core.credentials import encryption
from config.core.errors import DomainError
from config.core.models import User
from leads import privacy
from leads.models import Lead
from leads.search import named_lead
from leads.selectors import leads_for
from processr import permissions
from processr.job_types.registry import job_types
from processr.models import Trial
from processr.plans.plan import PlannedJob

QUEUE = "trials"
"""A queue of workers of its own: a trial waits for no leads and no deliveries, and they wait for no trial."""
SECONDS = 10.0
"""The time within which a trial begins, and within which it then ends."""
SETTLE_SECONDS = 0.5
"""The part of it that is left to record a call that was cut off."""
LOOK_EVERY = 0.2
AT_A_TIME = 2
"""The trials that one user may have under way, so that nobody takes all workers."""
KEPT = timedelta(minutes=10)
LOST = timedelta(seconds=60)
"""A trial that is older does not count as under way, even if no worker has ended it."""

NO_SUCH_LEAD = "This campaign has no such lead, or you may not see it."
TOO_MANY = f"You have {AT_A_TIME} trials or tests under way, which is the most at a time. Wait until one of them has ended, or stop it."
NOT_BEGUN = (
    f"Timed out: no worker was free within {SECONDS:.0f} seconds, so nothing was sent. Try again; if it happens again, ask whoever "
    "runs the servers whether the workers of the queue “trials” are running."
)
TIMED_OUT = f"Timed out after {SECONDS:.0f} seconds without a result. What was sent may have arrived."
WORKER_LOST = "The worker broke off. What was sent may have arrived."
NOT_ALLOWED = "You may not try this any more: your rights, or the campaign, have changed."

CallResultT = TypeVar("CallResultT")
TrialT = TypeVar("TrialT", bound="TrialType")


class TrialCutOff(DomainError):
    """The trial ended before its call did."""


class StopAsked(TrialCutOff):
    """The trial ended because the user stopped it."""


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """The job as it is being configured, and the lead: a stored one by its id, or the values of one that was pasted."""

    job: PlannedJob
    lead_id: int | None = None
    pasted: Mapping[str, str] | None = None

    def sealed(self) -> bytes:
        return encryption.seal(json.dumps(asdict(replace(self, job=replace(self.job, group=None, conditions=())))))

    @classmethod
    def unsealed(cls, sealed: bytes | memoryview) -> Self:
        values = json.loads(encryption.unseal(sealed))
        return cls(PlannedJob(**values.pop("job") | {"conditions": ()}), **values)


class TrialType(RunType[Trial, Mapping[str, Any] | None]):
    """A kind of trial. Its only part is its answer, which is made outside of transactions and at most once."""

    queue_name = QUEUE
    fault = "It broke off because of a fault of ours. What was sent may have arrived."
    template: ClassVar[str]
    """The template of what came of it."""
    doing: ClassVar[str]
    """The sentence that is shown while a worker has it."""
    noun: ClassVar[str] = "Trial"
    limit: ClassVar[float] = SECONDS

    @classmethod
    def rows(cls) -> QuerySet[Trial]:
        return Trial.objects.filter(kind=cls.key).select_related("campaign__advertiser", "started_by")

    @classmethod
    def tidy(cls) -> None:
        Trial.objects.filter(kind=cls.key, created_at__lt=Now() - KEPT).delete()

    @abstractmethod
    def answer(self) -> Mapping[str, Any]:
        """Do what is tried, and return what came of it, as JSON holds it. All calls go through `call`."""

    @abstractmethod
    def context(self, user: User) -> dict[str, Any]:
        """Return the context of the template, as the user may see what came of it."""

    @abstractmethod
    def record_request(self, actor: Actor) -> None:
        """Record that the trial is about to be made."""

    @cached_property
    def request(self) -> TrialRequest:
        return TrialRequest.unsealed(self.run.request)

    @property
    def result(self) -> dict[str, Any]:
        """The result, which is empty as long as there is none."""
        result: dict[str, Any] = json.loads(encryption.unseal(self.run.result))
        return result

    @property
    def timed_out(self) -> bool:
        """Whether the call was cut off, so that what came of it says less than that of a real one."""
        return bool(self.result.get("timed_out"))

    @property
    def is_under_way(self) -> bool:
        return not self.run.is_over and not self.lateness

    @property
    def lateness(self) -> str:
        """Return why a trial that no worker has ended is over all the same; empty for any other."""
        run, patience = self.run, timedelta(seconds=SECONDS + 2)
        if run.state == run.State.QUEUED and timezone.now() > run.created_at + patience:
            return NOT_BEGUN
        if run.state == run.State.RUNNING and run.started_at and timezone.now() > run.started_at + patience:
            return WORKER_LOST
        return ""

    def parts(self) -> Generator[Mapping[str, Any] | None, None, None]:
        """Yield the answer. A trial that was asked to stop yields nothing that is written: its chunk sees the request first."""
        run = self.run
        if run.position:
            return
        if timezone.now() > run.created_at + timedelta(seconds=SECONDS):
            is_first = run.started_at is not None and run.started_at > run.created_at + timedelta(seconds=SECONDS)
            raise TrialCutOff(NOT_BEGUN if is_first else WORKER_LOST)
        if not may_try(run.started_by, run.campaign, self.request.job):
            raise TrialCutOff(NOT_ALLOWED)
        self._ends = monotonic() + SECONDS
        try:
            answer = self.answer()
        except StopAsked:
            yield None
        else:
            yield {**answer, "timed_out": monotonic() >= self._ends - SETTLE_SECONDS}

    def write(self, part: Mapping[str, Any] | None) -> Progress:
        return Progress(1, done=1, columns={"result": encryption.seal(json.dumps(part))})

    def call(self, ask: Callable[[], CallResultT]) -> CallResultT:
        """Return what `ask` returns, which runs in a thread of its own, may neither raise nor use the database, and is left to itself
        when the trial is stopped or its time is over: its calls end within that time by themselves.
        """
        seconds = self._ends - monotonic()
        pool: CallPool[None, CallResultT] = CallPool(
            lambda _: ask(), width=1, name=self.key, is_silent=lambda _: False, silences=1, is_over=lambda: False
        )
        with http.calls_end_within(seconds - SETTLE_SECONDS), closing(pool):
            pool.put([None])
            while monotonic() < self._ends:
                for finished in pool.wait_for_finished(seconds=LOOK_EVERY):
                    return finished.answer
                if Trial.objects.filter(pk=self.run.pk, stop_asked=True).exists():
                    raise StopAsked("It was asked to stop.")
        raise TrialCutOff(TIMED_OUT)

    def find_lead(self) -> Lead | None:
        """Return the stored lead, if it is one, as long as the user may have its values used."""
        if self.request.lead_id is None:
            return None
        return find_lead(self.user, self.run.campaign, str(self.request.lead_id))

    @property
    def user(self) -> User:
        if self.run.started_by is None:
            raise LookupError(f"{self.run} belongs to nobody")
        return self.run.started_by


@transaction.atomic
def begin(work_type: type[TrialT], campaign: Campaign, request: TrialRequest, *, user: User, actor: Actor) -> TrialT:
    """Queue a trial of the user's. Raises DomainError if too many of theirs are under way."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two requests at once must not both find room
    under_way = Trial.objects.filter(started_by=user, state__in=Trial.UNDER_WAY, created_at__gt=Now() - LOST)
    if under_way.count() >= AT_A_TIME:
        raise DomainError(TOO_MANY, status=429)
    nothing = encryption.seal("{}")
    run = Trial.objects.create(kind=work_type.key, campaign=campaign, request=request.sealed(), result=nothing, started_by=user)
    work = work_type(run, actor)
    work.record_request(actor)
    runs.queue(work)
    return work


def trial_seen_by(user: User, campaign: Campaign, pk: int) -> TrialType | None:
    """Return the user's own trial, as long as it is kept and the user may try such a thing."""
    run = Trial.objects.filter(pk=pk, campaign=campaign, started_by=user, created_at__gt=Now() - KEPT).select_related("campaign").first()
    work_type = runs.run_types.get(run.kind) if run else None
    if run is None or work_type is None or not issubclass(work_type, TrialType):
        return None
    work = work_type(run)
    try:
        is_open = may_try(user, campaign, work.request.job)
        work.find_lead()
    except DomainError:
        return None
    return work if is_open else None


def find_lead(user: User, campaign: Campaign, name: str) -> Lead:
    """Return the named lead, whose values are to be used. Raises DomainError if the user does not see it, or sees it masked."""
    lead = named_lead(leads_for(user).filter(campaign=campaign), user, name)
    if lead is None:
        raise DomainError(NO_SUCH_LEAD)
    if refusal := privacy.refusal_to_use(user, lead):
        raise DomainError(refusal)
    return lead


def may_try(user: User | None, campaign: Campaign, job: PlannedJob) -> bool:
    """Return whether the user may, at this moment, try jobs of this type on the campaign."""
    return (
        user is not None
        and user.is_active
        and permissions.may_use(user)
        and permissions.may_configure(user, campaign)
        and permissions.may_configure_type(user, job_types.get(job.type))
        and campaigns_for(user).filter(pk=campaign.pk).exists()
    )
