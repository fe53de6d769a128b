"""The choice of which jobs of a plan run for a lead: in a group, the first whose conditions hold (decision 4)."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from processr import texts
from processr.plans.plan import Phase, PlannedGroup, PlannedJob

GroupedJob = tuple[PlannedJob, PlannedGroup]


class GroupedLead(Protocol):
    """A lead, as far as the conditions of a group read it."""

    @property
    def id(self) -> int: ...
    @property
    def values(self) -> Mapping[str, str]: ...
    @property
    def enriched(self) -> Mapping[str, str]: ...


class Groups:
    """The jobs that belong to groups, chosen per lead.

    The choice is made phase by phase, and by stage within a phase. A job after enrichment is chosen by the
    enriched values too.
    """

    def __init__(self, jobs: Iterable[PlannedJob]) -> None:
        self._jobs: list[GroupedJob] = [(job, job.group) for job in jobs if job.group is not None]
        self._choices: dict[int, _Choice] = {}

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def skip_reason(self, job: PlannedJob, lead: GroupedLead) -> str | None:
        """Return the reason why the job does not run for the lead, or None if it runs."""
        choice = self._choices.get(lead.id)
        if choice is None:
            choice = self._choices[lead.id] = _Choice()
        while choice.decided <= job.phase:
            phase = choice.decided
            values = {**lead.enriched, **lead.values} if phase == Phase.AFTER else lead.values
            choice.decide([(job, group) for job, group in self._jobs if job.phase == phase], values)
        return choice.reasons.get(job.id)


class _Choice:
    """The choice for one lead, made for the phases before `decided`."""

    def __init__(self) -> None:
        self.decided = 0
        self.reasons: dict[int, str] = {}
        self._served: set[int] = set()

    def decide(self, jobs: Iterable[GroupedJob], values: Mapping[str, str]) -> None:
        self.decided += 1
        for job, group in jobs:
            if not job.applies_to(values):
                self.reasons[job.id] = texts.NO_CONDITION_HOLDS
            elif group.id in self._served:
                self.reasons[job.id] = texts.OTHER_JOB_OF_GROUP
            else:
                self._served.add(group.id)
