"""Value transforms: what is known under one value gets another one, in a field of its own, before any job looks."""

from collections.abc import Iterable, Mapping

from processr.compiled import PlannedTransform
from processr.models import ValueTransform


def transformed(transforms: Iterable[PlannedTransform], captured: Mapping[str, str]) -> dict[str, str]:
    """The new fields, in the order of the plan: a later transform may read what an earlier one wrote."""
    new: dict[str, str] = {}
    for transform in transforms:
        source = new.get(transform.source_field, captured.get(transform.source_field))
        value = _known(transform).get(str(source)) if source is not None else None
        if value is not None:
            new[transform.new_field] = value
    return new


def _known(transform: PlannedTransform) -> Mapping[str, str]:
    """`config["values"]`: original → new. A kind of transform that nobody has taught us changes nothing."""
    return transform.config.get("values", {}) if transform.type == ValueTransform.Type.TRANSFORM else {}
