"""The plan as the engine follows it: immutable, and unchanged by a round trip through the JSON body of its row."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from leads.values import texts
from processr.models import Job


class Phase(IntEnum):
    """The phases of a run (decision 3). Within a phase, jobs run by stage, then id.

    Integrations come after the judgement.
    """

    BEFORE = 0
    ENRICHMENT = 1
    AFTER = 2
    INTEGRATION = 3


_ENRICHMENT = Job.Category.ENRICHMENT.value  # plain text: compared for every step, and enum members compare slowly
TRANSFORM = "transform"
"""The category of a step that belongs to no job: a value transform that could not be applied."""


@dataclass(frozen=True, slots=True)
class PlannedCondition:
    """A condition that holds when the lead's field has one of the values, as texts are compared."""

    field: str
    values: frozenset[str]
    written: tuple[str, ...] = ()
    """The values as they were set."""

    def holds(self, values: Mapping[str, str]) -> bool:
        return fold(values.get(self.field, "")) in self.values


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    id: int
    name: str
    score: int


@dataclass(frozen=True, slots=True)
class PlannedJob:
    id: int
    type: str
    category: str
    label: str
    stage: int
    score: int
    hardfail: bool
    on_error: str
    after_enrichment: bool
    config: Mapping[str, Any]
    group: PlannedGroup | None = None
    conditions: tuple[PlannedCondition, ...] = ()
    credential_id: int | None = None

    @property
    def points(self) -> int:
        """Return the group's points for a job of a group, else the job's own. Enrichment earns none."""
        if self.category == _ENRICHMENT:
            return 0
        return self.score if self.group is None else self.group.score

    @property
    def phase(self) -> Phase:
        if self.category == Job.Category.QUALITY:
            return Phase.AFTER if self.after_enrichment else Phase.BEFORE
        return Phase.ENRICHMENT if self.category == Job.Category.ENRICHMENT else Phase.INTEGRATION

    def applies_to(self, values: Mapping[str, str]) -> bool:
        return all(condition.holds(values) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class PlannedTransform:
    id: int
    label: str
    type: str
    source_field: str
    new_field: str
    config: Mapping[str, Any]

    def as_job(self) -> PlannedJob:
        """Return the job that stands for the transform in the steps of a run.

        It carries no points, so a problem with it can only be an error.
        """
        return transform_as_job(self.id, self.label)


def transform_as_job(transform_id: int, label: str) -> PlannedJob:
    return PlannedJob(
        id=transform_id, type="", category=TRANSFORM, label=label, stage=0, score=0, hardfail=False, on_error=Job.OnError.ERROR,
        after_enrichment=False, config={},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """The compiled plan of a campaign.

    `jobs` are the enabled jobs of every category, by stage, then id. A campaign without any has nothing to judge
    its leads by.
    """

    campaign_id: int
    advertiser_id: int
    number: int
    threshold: int
    test_mode: bool
    jobs: tuple[PlannedJob, ...]
    transforms: tuple[PlannedTransform, ...]

    def jobs_in_phase(self, phase: Phase) -> tuple[PlannedJob, ...]:
        return tuple(job for job in self.jobs if job.phase is phase)

    @property
    def judging_jobs(self) -> tuple[PlannedJob, ...]:
        """Return the jobs in the order in which a run executes and records them."""
        return (*self.jobs_in_phase(Phase.BEFORE), *self.jobs_in_phase(Phase.ENRICHMENT), *self.jobs_in_phase(Phase.AFTER))

    def body(self) -> dict[str, Any]:
        body = asdict(self)
        for job in body["jobs"]:
            for condition in job["conditions"]:
                folded, written = sorted(condition["values"]), condition.pop("written")
                condition["values"] = list(written) or folded
        return body


def fold(value: object) -> str:
    """Return the compared form of a value, which may be a number."""
    return texts.fold(value if isinstance(value, str) else str(value))


def condition_on(field: str, values: Iterable[object]) -> PlannedCondition:
    written = tuple(map(str, values))
    return PlannedCondition(field, frozenset(map(fold, written)), written)


def from_body(body: Mapping[str, Any]) -> CompiledPlan:
    jobs: list[PlannedJob] = []
    for row in body["jobs"]:
        group = PlannedGroup(**row["group"]) if row["group"] else None
        conditions = tuple(condition_on(condition["field"], condition["values"]) for condition in row["conditions"])
        jobs.append(PlannedJob(**{**row, "group": group, "conditions": conditions}))
    transforms = tuple(PlannedTransform(**{"label": "", **row}) for row in body["transforms"])
    return CompiledPlan(**{**body, "jobs": tuple(jobs), "transforms": transforms})
