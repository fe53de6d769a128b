"""The definition of a transform, apart from its campaign or advertiser, and the check that pages, files and programs share."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django import forms

from config.core.errors import DomainError
from processr.models import ValueTransform
from processr.patterns import LARGEST as LARGEST_EXPRESSIONS
from processr.plans.plan import PlannedTransform
from processr.transforms import expressions
from processr.transforms.forms import STEPS, STEPS_AT_MOST, VALUES_AT_MOST, GroupedHeadForm, KnownValueForm, ReplaceForm, TransformGroupForm

LARGEST = 500_000
"""The most characters of a transform as it is stored, and as every plan of its campaign holds it."""
TRANSFORM, MANIPULATE = ValueTransform.Type.TRANSFORM.value, ValueTransform.Type.MANIPULATE.value


@dataclass(frozen=True, slots=True)
class Definition:
    label: str
    type: str
    source_field: str
    new_field: str
    config: Mapping[str, Any] = field(default_factory=dict)
    group_name: str = ""

    @property
    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def digest(self) -> str:
        """Return the digest by which a page later says which state of the transform it showed."""
        return hashlib.sha256(json.dumps(self.as_dict, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def work(self) -> tuple[Any, ...]:
        """Return what the transform does, apart from its label and group."""
        return self.type, self.source_field, self.new_field, self.config

    @property
    def reads(self) -> set[str]:
        """Return every field that the transform reads."""
        parts = (part for step in self.config.get("steps", ()) for part in step.get("parts", ()))
        return {self.source_field, *(part["field"] for part in parts if "field" in part)}

    @property
    def always_has_a_result(self) -> bool:
        """Return whether the transform has a result for any value: no value and no date can be unknown to it."""
        return self.type == MANIPULATE and all(step["kind"] != "date" for step in self.config.get("steps", ()))

    @property
    def summary(self) -> str:
        """Return what the transform does, in one line."""
        if self.type == TRANSFORM:
            n = len(self.config.get("values", {}))
            return f"{n:,} known value{'' if n == 1 else 's'}"
        titles = [STEPS[step["kind"]].title for step in self.config.get("steps", ()) if step.get("kind") in STEPS]
        return ", then ".join([*titles[:1], *(title.lower() for title in titles[1:])])

    def planned(self, pk: int = 0) -> PlannedTransform:
        return PlannedTransform(pk, self.label, self.type, self.source_field, self.new_field, self.config)


def definition_of(transform: ValueTransform) -> Definition:
    return Definition(transform.label, transform.type, transform.source_field, transform.new_field, transform.config, transform.group_name)


def clean_definition(definition: Definition) -> Definition:
    """Return the definition as it is saved; raise DomainError with the field of the first fault."""
    head = _clean_form(GroupedHeadForm, {name: getattr(definition, name) for name in GroupedHeadForm.base_fields})
    if definition.type == TRANSFORM:
        config = _clean_known_values(definition.config)
    elif definition.type == MANIPULATE:
        config = _clean_steps(definition.config)
    else:
        raise DomainError("A transform is either a Transform or a Manipulate.", field="type")
    if len(json.dumps(config)) > LARGEST:
        raise DomainError(
            f"A transform has at most {LARGEST:,} characters in all.", field="values" if definition.type == TRANSFORM else "steps"
        )
    return replace(definition, **head, config=config)


def _clean_known_values(config: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unknown(config, {"values", "any_case"})
    values = config.get("values")
    if not isinstance(values, Mapping) or not values:
        raise DomainError("Say at least one value and what it becomes.", field="values")
    if len(values) > VALUES_AT_MOST:
        raise DomainError(f"A transform knows at most {VALUES_AT_MOST:,} values.", field="values")
    any_case = bool(config.get("any_case"))
    rows = [clean_known_value(original, new) for original, new in values.items()]
    seen: set[str] = set()
    for original, _ in rows:
        key = original.casefold() if any_case else original
        if key in seen:
            raise DomainError(f"“{original}” is in it more than once.", field="values")
        seen.add(key)
    return {"values": dict(rows), **({"any_case": True} if any_case else {})}


def clean_known_value(original: Any, new: Any) -> tuple[str, str]:
    """Return the cleaned pair. It is checked without a form instance, since a file holds thousands of pairs."""
    fields = KnownValueForm.base_fields
    try:
        return str(fields["original"].clean(original)), str(fields["new"].clean(new))
    except forms.ValidationError as error:
        raise DomainError(f"{str(original)[:80] or 'A value'}: {error.messages[0]}", field="values") from error


def clean_group_name(name: str) -> str:
    return str(_clean_form(TransformGroupForm, {"name": name})["name"])


def _clean_steps(config: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unknown(config, {"steps"})
    steps = config.get("steps")
    if not isinstance(steps, list) or not steps:
        raise DomainError("Add at least one step.", field="steps")
    if len(steps) > STEPS_AT_MOST:
        raise DomainError(f"A Manipulate has at most {STEPS_AT_MOST} steps.", field="steps")
    cleaned = []
    for number, step in enumerate(steps):
        form = STEPS.get(str(step.get("kind"))) if isinstance(step, Mapping) else None
        if form is None:
            raise DomainError(f"A step is one of: {', '.join(STEPS)}.", field=f"steps-{number}-kind")
        settings = {name: value for name, value in step.items() if name != "kind"}
        cleaned.append({"kind": form.kind, **_clean_form(form, settings, prefix=f"steps-{number}")})
    if sum(expressions.size_of(step["find"]) for step in cleaned if step["kind"] == ReplaceForm.kind) > LARGEST_EXPRESSIONS:
        raise DomainError(f"The expressions of a transform have at most {LARGEST_EXPRESSIONS:,} parts together.", field="steps")
    return {"steps": cleaned}


def _refuse_unknown(config: Mapping[str, Any], known: set[str], *, prefix: str = "") -> None:
    if unknown := {str(name) for name in config} - known:
        name = min(unknown)
        raise DomainError(f"There is no setting “{name}”.", field=f"{prefix}-{name}" if prefix else name)


def _clean_form(form_class: type[forms.Form], settings: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    fields = form_class.base_fields
    _refuse_unknown(settings, set(fields), prefix=prefix)
    form = form_class({name: settings.get(name, field.initial) for name, field in fields.items()})
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise DomainError(f"{errors[0]}", field=f"{prefix}-{name}" if prefix else name)
    return form.cleaned_data
