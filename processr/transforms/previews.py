"""The preview of a transform before it is saved: the values it reads from a lead, each step, and the result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from leads.models import Lead
from processr.job_types.lead import meta_of
from processr.plans.plan import PlannedTransform
from processr.transforms.applying import Transforms, apply_step
from processr.transforms.definitions import Definition
from processr.transforms.forms import STEPS
from processr.transforms.limits import CannotApply, TimeBudget
from processr.transforms.steps import compile_steps

NOT_SAVED_YET = 0


@dataclass(frozen=True, slots=True)
class StepResult:
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
    stages: list[StepResult]
    result: str | None
    problem: str

    @property
    def covers(self) -> bool:
        """Return whether a captured field has the name of the new field."""
        return self.definition.new_field in self.read


class TransformPreview(NamedTuple):
    original: str
    value: str | None
    problem: str


def preview_of_lead(definition: Definition, lead: Lead, *, before: Sequence[PlannedTransform] = ()) -> Preview:
    """Return the preview for a lead, from its captured values.

    `before` are the transforms that run before it, whose results it may read.
    """
    values = _readable_values(lead.captured, meta_of(lead), Transforms(before))
    (result,) = _apply(definition, [values])
    read = {name: str(values[name]) for name in sorted(definition.reads | {definition.new_field}) if name in values}
    return Preview(definition, read, _step_results(definition, values), result.value, result.problem)


def preview_results(
    definition: Definition, leads: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]], *, before: Sequence[PlannedTransform] = ()
) -> list[TransformPreview]:
    """Return the result for each lead, given its captured values and its facts, as in a run over a chunk."""
    earlier = Transforms(before)
    return _apply(definition, [_readable_values(captured, meta, earlier) for captured, meta in leads])


def _readable_values(captured: Mapping[str, Any], meta: Mapping[str, str], before: Transforms) -> dict[str, Any]:
    """Return all values that can be read once the transforms before have run."""
    transformed = before.apply(captured, meta=meta).values
    return {**meta, **{name: value for name, value in captured.items() if value is not None}, **transformed}


def _apply(definition: Definition, leads: Iterable[Mapping[str, Any]]) -> list[TransformPreview]:
    transforms = Transforms([definition.planned(NOT_SAVED_YET)])
    previews = []
    for values in leads:
        result = transforms.apply(values, meta={})
        original = str(values.get(definition.source_field, ""))
        problem = result.problems.get(NOT_SAVED_YET, "")
        previews.append(TransformPreview(original, result.values.get(definition.new_field), problem))
    return previews


def _step_results(definition: Definition, values: Mapping[str, Any]) -> list[StepResult]:
    """Return the result of each step, up to the first that has none."""
    planned = definition.config.get("steps", [])
    steps = compile_steps(planned, source=definition.source_field, budget=TimeBudget())
    results: list[StepResult] = []
    value: str | None = str(values.get(definition.source_field, ""))
    for settings, step in zip(planned, steps, strict=True):
        if value is None:
            break
        try:
            value = apply_step(step, value, lambda name: str(values.get(name, "")))
        except CannotApply:
            value = None
        results.append(StepResult(STEPS[settings["kind"]].title, value))
    return results
