"""Validation of posted values against the form: one rule per type of field, and the messages for the sender."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from campaigns.models import FormField
from campaigns.submission import Field
from config.core.pg_text import is_storable
from leads.values import emails, telephones, texts

EXTRA_FIELDS = "This form should not contain extra fields."
NOTHING_SENT = "No form field holds a value."
NOT_WRAPPED = 'No field came as form[name]: send form[{name}]=…, or in JSON {{"form": {{"{name}": "…"}}}}.'
BLANK = "This value should not be blank."
ONE_VALUE = "Send exactly one text, number or true/false."
NOT_TEXT = "This value holds characters that are not text (NUL or half a surrogate pair)."

SHOW_AT_MOST = 20
"""Choices that a message names."""
TICKED, UNTICKED = frozenset({"1", "true", "on", "yes", "y", "t"}), frozenset({"0", "false", "off", "no", "n", "f"})
"""In any case. Browsers send `on` for a box that names no value of its own."""
TICKS = frozenset({FormField.Type.CHECKBOX, FormField.Type.OPTIN})
_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A problem. `field` is None when it concerns the form as a whole."""

    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The result of a validation. `values` are stored with the lead; `opt_in` is None when the form asks for no consent."""

    values: dict[str, str]
    opt_in: bool | None
    problems: list[FieldProblem]


class NotOneText(ValueError):
    """Raised for several values, objects and files, and for text that PostgreSQL cannot store."""


def validate(fields: Iterable[Field], posted: Mapping[str, object]) -> ValidationResult:
    fields = tuple(fields)
    problems = [FieldProblem(None, EXTRA_FIELDS)] if posted.keys() - {field.name for field in fields} else []
    values: dict[str, str] = {}
    for field in fields:
        try:
            value = as_text(_one_value(field, posted.get(field.name)))
        except NotOneText as error:
            problems.append(FieldProblem(field.name, str(error)))
            continue
        if message := _message(field, value):
            problems.append(FieldProblem(field.name, message))
        elif field.name in posted:
            values[field.name] = value
    if not problems and not any(values.values()):
        problems.append(FieldProblem(None, NOTHING_SENT))
    return ValidationResult(values, _consent(fields, values), problems)


def not_wrapped(fields: Sequence[Field], beside: Collection[str]) -> FieldProblem:
    """Return the problem of a post that has values `beside` the form and none in it: most probably they are its fields."""
    names = [field.name for field in fields]
    return FieldProblem(None, NOT_WRAPPED.format(name=next((name for name in names if name in beside), names[0] if names else "name")))


def _one_value(field: Field, value: object) -> object:
    """Return the value among those of a name that was sent as a list, `form[x][]`, or more than once.

    Pages send a hidden 0 before a box, under the same name, so that the last one counts where a tick is meant. Elsewhere
    there must be only one: choosing among several would lose what a person wrote.
    """
    if type(value) is list and value and (len(value) == 1 or field.type in TICKS):
        return value[-1]
    return value


def as_text(value: object) -> str:
    """Return a value as text. JSON numbers and booleans keep their JSON spelling, null is blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if not isinstance(value, str):
        raise NotOneText(ONE_VALUE)
    if not is_storable(value):
        raise NotOneText(NOT_TEXT)
    return texts.strip(value)


def _message(field: Field, value: str) -> str | None:
    """Return the problem of one value in words; None for a valid one."""
    if not value:
        return BLANK if field.required else None
    if len(value) > field.max_length:
        return f"This value is too long. It should have {field.max_length} characters or less."
    rule = _RULES.get(field.type)
    return rule(field, value) if rule else None


def _consent(fields: Iterable[Field], values: Mapping[str, str]) -> bool | None:
    """Return whether consent was given to every consent field of the form; None without such fields."""
    names = [field.name for field in fields if field.type == FormField.Type.OPTIN]
    return all(values.get(name, "").lower() in TICKED for name in names) if names else None


def _email(_field: Field, value: str) -> str | None:
    fault = emails.fault_of(value)
    return f"This value is not a valid email address. It {fault}." if fault else None


def _telephone(_field: Field, value: str) -> str | None:
    if telephones.is_shortened(value):
        return telephones.SHORTENED
    return None if any(character.isdecimal() for character in value) else "This value is not a telephone number: it has no digits."


def _number(_field: Field, value: str) -> str | None:
    return None if _NUMBER.fullmatch(value) else "This value is not a number. Write it like 1250 or 12.5."


def _date(_field: Field, value: str) -> str | None:
    if not _DAY.fullmatch(value):
        return "This value is not a date. Write it like 2026-01-31."
    try:
        date.fromisoformat(value)
    except ValueError:
        return "This date does not exist."
    return None


def _choice(field: Field, value: str) -> str | None:
    if value in field.options or texts.fold_keeping_case(value) in map(texts.fold_keeping_case, field.options):
        return None
    choices = ", ".join(field.options[:SHOW_AT_MOST])
    ellipsis = ", …" if len(field.options) > SHOW_AT_MOST else ""
    return f"The selected choice is invalid. Choose one of: {choices}{ellipsis}."


def _tick(_field: Field, value: str) -> str | None:
    return None if value.lower() in TICKED | UNTICKED else "Send 1, true, yes or on when ticked, 0, false, no or off when not."


_RULES: dict[str, Callable[[Field, str], str | None]] = {
    FormField.Type.EMAIL: _email,
    FormField.Type.TELEPHONE: _telephone,
    FormField.Type.NUMBER: _number,
    FormField.Type.DATE: _date,
    FormField.Type.DROPDOWN: _choice,
    FormField.Type.RADIO: _choice,
    FormField.Type.CHECKBOX: _tick,
    FormField.Type.OPTIN: _tick,
}
