"""The preview of a transform before it is saved: the values it reads from a lead, each step, and the result."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from leads.models import Lead
from processr.job_types.lead import meta_of
from processr.plans.plan import PlannedTransform
from processr.transforms.applying import Transforms, taken
from processr.transforms.definitions import Definition
from processr.transforms.forms import STEPS
from processr.transforms.limits import CannotApply, Patience
from processr.transforms.steps import Read, Step, compiled

NOT_SAVED_YET = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """The result of one step. `value` is None if there is none from here on."""

    title: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview for one lead.

    `result` is the value of the new field, or None if the field is not written. `problem` is the reason why the
    lead would be in error.
    """

    definition: Definition
    read: dict[str, str]
    stages: list[Stage]
    result: str | None
    problem: str

    def shown_as(self, *, read: Callable[[str], str], made: Callable[[str], str]) -> "Preview":
        """Return the preview with its values masked by `read` and `made`."""
        stages = [Stage(stage.title, None if stage.value is None else made(stage.value)) for stage in self.stages]
        shown = {name: read(value) for name, value in self.read.items()}
        return replace(self, read=shown, stages=stages, result=None if self.result is None else made(self.result))

    @property
    def covers(self) -> bool:
        """Return whether a captured field has the name of the new field."""
        return self.definition.new_field in self.read


class TransformPreview(NamedTuple):
    original: str
    value: str | None
    problem: str


def of_lead(definition: Definition, lead: Lead, *, before: Sequence[PlannedTransform] = ()) -> Preview:
    """Return the preview for a lead, from its captured values.

    `before` are the transforms that run before it, whose results it may read.
    """
    there = _there(lead.captured, meta_of(lead), Transforms(before))
    (result,) = _results(definition, [there])
    read = {name: str(there[name]) for name in sorted(definition.reads | {definition.new_field}) if name in there}
    return Preview(definition, read, _stages(definition, there), result.value, result.problem)


def results(
    definition: Definition, leads: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]], *, before: Sequence[PlannedTransform] = ()
) -> list[TransformPreview]:
    """Return the result for each lead, given its captured values and its facts, as in a run over a chunk."""
    earlier = Transforms(before)
    return _results(definition, [_there(captured, known, earlier) for captured, known in leads])


def _there(captured: Mapping[str, Any], known: Mapping[str, str], before: Transforms) -> dict[str, Any]:
    """Return all values that can be read once the transforms before have run."""
    values = before.over(captured, meta=known).values
    return {**known, **{name: value for name, value in captured.items() if value is not None}, **values}


def _results(definition: Definition, leads: Iterable[Mapping[str, Any]]) -> list[TransformPreview]:
    transforms = Transforms([definition.planned(NOT_SAVED_YET)])
    told = []
    for there in leads:
        done = transforms.over(there, meta={})
        original = str(there.get(definition.source_field, ""))
        told.append(TransformPreview(original, done.values.get(definition.new_field), done.problems.get(NOT_SAVED_YET, "")))
    return told


def _stages(definition: Definition, there: Mapping[str, Any]) -> list[Stage]:
    """Return the result of each step, up to the first that has none."""
    planned = definition.config.get("steps", [])
    steps = compiled(planned, source=definition.source_field, patience=Patience())
    stages: list[Stage] = []
    value: str | None = str(there.get(definition.source_field, ""))
    for said, step in zip(planned, steps, strict=True):
        value = None if value is None else _taken(step, value, lambda name: str(there.get(name, "")))
        stages.append(Stage(STEPS[said["kind"]].title, value))
        if value is None:
            break
    return stages


def _taken(step: Step, value: str, read: Read) -> str | None:
    try:
        return taken(step, value, read)
    except CannotApply:
        return None
