"""The execution of a plan's transforms over the leads of a chunk. No settings and no lead make it raise an exception."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog

from leads.values import texts
from processr.models import ValueTransform
from processr.plans.plan import PlannedTransform
from processr.transforms import steps
from processr.transforms.limits import LONGEST_RESULT, CannotApply, ChunkBudget, TimeBudget
from processr.transforms.steps import CompiledStep, Read

log = structlog.get_logger(__name__)

Change = Callable[[str, Read], str | None]
"""A function from the value that is read to the value of the new field, or None if there is none."""


class TransformResult(NamedTuple):
    """The result for one lead.

    `values` are the new fields. `problems` gives by transform id what went wrong, in words that follow the
    transform's label. `matched` are the fields that some transform made a value of, or could not because of a
    problem: their values cannot be called unknown.
    """

    values: dict[str, str]
    problems: dict[int, str]
    matched: frozenset[str]


NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Compiled:
    id: int
    source: str
    new: str
    change: Change


class Transforms:
    """The transforms of a plan, made once per chunk: the time that their steps take is added up from lead to lead."""

    def __init__(self, planned: Iterable[PlannedTransform]) -> None:
        budget = ChunkBudget()
        self._compiled = [
            _Compiled(transform.id, transform.source_field, transform.new_field, _compile(transform, budget)) for transform in planned
        ]

    def apply(self, captured: Mapping[str, Any], *, meta: Mapping[str, str]) -> TransformResult:
        """Apply the transforms in the order of the plan: a later one may read the result of an earlier one.

        They always start from the captured values, so that a lead that is processed again gets the same result.
        """
        values: dict[str, str] = {}
        problems: dict[int, str] = {}
        matched: set[str] = set()
        read = _reader(values, captured, meta)
        for transform in self._compiled:
            try:
                value = transform.change(read(transform.source), read)
            except CannotApply as problem:
                problems[transform.id] = str(problem)
                matched.add(transform.source)
                continue
            if value is not None:
                values[transform.new] = value
                matched.add(transform.source)
        return TransformResult(values, problems, frozenset(matched) if matched else NOTHING)


def _reader(values: Mapping[str, str], captured: Mapping[str, Any], meta: Mapping[str, str]) -> Read:
    """Return the function that reads a field. `values` may be filled while it is in use."""

    def read(field: str) -> str:
        value = values.get(field)
        if value is None:
            value = captured.get(field)
        if value is None:
            value = meta.get(field)
        return "" if value is None else str(value)

    return read


def apply_transforms(transforms: Iterable[PlannedTransform], captured: Mapping[str, Any], *, meta: Mapping[str, str]) -> TransformResult:
    """Return the result for a single lead."""
    return Transforms(transforms).apply(captured, meta=meta)


def _compile(transform: PlannedTransform, budget: ChunkBudget) -> Change:
    """Return the change that a transform makes.

    Settings that no longer work are a problem of each lead, not an exception. A transform of an unknown type
    changes nothing.
    """
    try:
        if transform.type == ValueTransform.Type.TRANSFORM:
            return _known_values(transform)
        if transform.type == ValueTransform.Type.MANIPULATE:
            return _manipulation(transform, budget)
    except Exception:
        log.exception("transform cannot be used", transform=transform.id)
        return _broken
    return lambda _value, _read: None


def _known_values(transform: PlannedTransform) -> Change:
    """Return the change by `config["values"]`: original → new.

    The whole value is compared, and its case too unless `any_case` is set. Of several spellings of one value the one
    that the lead has decides, or else the first.
    """
    fold = fold_for(transform.config)
    values = {str(original): str(new) for original, new in transform.config.get("values", {}).items()}
    folded = {fold(original): new for original, new in reversed(values.items())}
    return lambda value, _read: values[value] if value in values else folded.get(fold(value))


def fold_for(config: Mapping[str, Any]) -> Callable[[str], str]:
    """Return how a Transform with these settings compares values."""
    return texts.fold if config.get("any_case") else texts.fold_keeping_case


def _manipulation(transform: PlannedTransform, budget: ChunkBudget) -> Change:
    compiled = steps.compile_steps(transform.config["steps"], source=transform.source_field, budget=TimeBudget(budget))

    def change(original: str, read: Read) -> str | None:
        value = original
        for step in compiled:
            result = apply_step(step, value, read)
            if result is None:
                return None
            value = result
        return value if value or original else None

    return change


def apply_step(step: CompiledStep, value: str, read: Read) -> str | None:
    """Apply one step and enforce the limit on its result."""
    result = step(value, read)
    if result is not None and len(result) > LONGEST_RESULT:
        raise CannotApply.too_long()
    return result


def _broken(_value: str, _read: Read) -> str | None:
    raise CannotApply.broken()
