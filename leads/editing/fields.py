"""The fields of a lead that can be edited: those of its form, and whatever else was captured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campaigns.models import FormField
from campaigns.submission import Field
from config.core.errors import DomainError
from leads import privacy
from leads.intake import validation
from leads.intake.validation import NotOneText
from leads.models import Lead
from leads.values import field_names

NAME, VALUE = "name", "value"
"""The inputs that refusals are about."""


@dataclass(frozen=True, slots=True)
class EditableField:
    """A field of a lead. `value` is None where nothing was captured under its name. `options` have the value and its label."""

    name: str
    label: str
    type: str = FormField.Type.TEXT
    required: bool = False
    max_length: int = field_names.LONGEST_VALUE
    options: tuple[tuple[str, str], ...] = ()
    value: str | None = None
    is_known: bool = True
    """Whether the form or the lead has the field already."""

    @property
    def is_choice(self) -> bool:
        return self.type in validation.CHOICES

    @property
    def is_tick(self) -> bool:
        return self.type in validation.TICKS

    def checked(self, posted: object) -> str:
        """Return a posted value as it is stored, or raise DomainError with the rule it breaks."""
        field = Field(self.name, self.type, self.required, self.max_length, tuple(value for value, _ in self.options))
        try:
            value, problem = validation.read_value(field, posted)
        except NotOneText as error:
            raise DomainError(str(error), field=VALUE) from error
        if problem:
            raise DomainError(problem, field=VALUE)
        return value


def fields_of(lead: Lead) -> list[EditableField]:
    """Return the fields of the lead's form in their order, and then what else was captured, in one query.

    A field that the form has no longer is there while it has a value.
    """
    captured = {name: privacy.text_of(value) for name, value in lead.captured.items()}
    of_form = FormField.objects.filter(form=lead.form_id)
    described = [_of_form(field, captured) for field in of_form if field.enabled or field.name in captured]
    names = {field.name for field in described}
    return [*described, *(EditableField(name, name, value=value) for name, value in captured.items() if name not in names)]


def _of_form(field: FormField, captured: Mapping[str, str]) -> EditableField:
    options = tuple((str(value), str(label)) for value, label in field.options)
    return EditableField(field.name, field.label, field.type, field.required, field.max_length, options, captured.get(field.name))


def field_named(fields: Iterable[EditableField], name: str) -> EditableField:
    """Return the field of this name, in any case, or a new one. Raises DomainError for a name that no field can have."""
    cleaned = field_names.clean(name)
    by_name = {field.name: field for field in fields}
    known = by_name.get(name) or by_name.get(field_names.spelled_as(cleaned, by_name))
    if known:
        return known
    if fault := field_names.fault_of(cleaned):
        raise DomainError(fault, field=NAME)
    return EditableField(cleaned, cleaned, is_known=False)
