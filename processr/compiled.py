"""A plan as the engine follows it: frozen, and the same after a trip through the JSON body of its row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from processr.models import Job


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when the lead's field has one of the values, whatever their case and surrounding spaces."""

    field: str
    values: frozenset[str]

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
    conditions: tuple[Condition, ...] = ()

    @property
    def points(self) -> int:
        """A job of a group earns the group's points, not its own."""
        return self.score if self.group is None else self.group.score

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


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """Jobs by stage, then id: every enabled one of every category, for a campaign without any has nothing to judge its leads by."""

    campaign_id: int
    advertiser_id: int
    number: int
    threshold: int
    test_mode: bool
    jobs: tuple[PlannedJob, ...]
    transforms: tuple[PlannedTransform, ...]

    @property
    def quality_jobs(self) -> tuple[PlannedJob, ...]:
        return tuple(job for job in self.jobs if job.category == Job.Category.QUALITY)

    def body(self) -> dict[str, Any]:
        body = asdict(self)
        for job in body["jobs"]:
            for condition in job["conditions"]:
                condition["values"] = sorted(condition["values"])
        return body


def fold(value: object) -> str:
    return str(value).strip().casefold()


def from_body(body: Mapping[str, Any]) -> CompiledPlan:
    return CompiledPlan(
        **{
            **body,
            "jobs": tuple(_job(job) for job in body["jobs"]),
            "transforms": tuple(PlannedTransform(**{"label": "", **transform}) for transform in body["transforms"]),
        }
    )


def _job(job: Mapping[str, Any]) -> PlannedJob:
    group, conditions = job["group"], job["conditions"]
    return PlannedJob(
        **{
            **job,
            "group": PlannedGroup(**group) if group else None,
            "conditions": tuple(Condition(c["field"], frozenset(c["values"])) for c in conditions),
        }
    )
