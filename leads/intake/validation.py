"""Validation of posted values against the form: one rule per type of field, and the messages for the sender."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from campaigns.models import FormField
from campaigns.submission import Field
from config.core.pg_text import is_storable
from leads.values import countries, emails, telephones, texts

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
CHOICES = frozenset({FormField.Type.DROPDOWN, FormField.Type.RADIO})
COUNTRY = "country"
"""A part of the names of fields for countries."""
_WHOLE = re.compile(r"^([01])\.0+$")
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
            value, message = read_value(field, posted.get(field.name))
        except NotOneText as error:
            problems.append(FieldProblem(field.name, str(error)))
            continue
        if message:
            problems.append(FieldProblem(field.name, message))
        elif field.name in posted:
            values[field.name] = value
    if not problems and not any(values.values()):
        problems.append(FieldProblem(None, NOTHING_SENT))
    consents = [field.name for field in fields if field.type == FormField.Type.OPTIN]
    return ValidationResult(values, consent_of(consents, values), problems)


def read_value(field: Field, posted: object) -> tuple[str, str | None]:
    """Return a value as it is stored, and what is wrong with it in words. Raises NotOneText."""
    value = _as_option(field, as_text(one_value(posted, last_counts=field.type in TICKS)))
    return value, _message(field, value)


def not_wrapped(fields: Sequence[Field], beside: Collection[str]) -> FieldProblem:
    """Return the problem of a post that has values `beside` the form and none in it: most probably they are its fields."""
    names = [field.name for field in fields]
    return FieldProblem(None, NOT_WRAPPED.format(name=next((name for name in names if name in beside), names[0] if names else "name")))


def one_value(value: object, *, last_counts: bool = False) -> object:
    """Return the value among those of a name that was sent as a list, `form[x][]`, or more than once.

    Pages send a hidden 0 before a box, under the same name, so that the last one counts where a tick is meant. Elsewhere
    all must be the same: choosing among several would lose what a person wrote.
    """
    if type(value) is not list:
        return value
    if last_counts:
        return value[-1] if value else None
    return value if any(member != value[0] for member in value) else next(iter(value), None)


def tick_of(value: str) -> bool | None:
    """Return whether a box is ticked, or None for a text that does not say so. A program may write the number 1 as 1.0."""
    folded = _WHOLE.sub(r"\1", value.lower())
    return True if folded in TICKED else False if folded in UNTICKED else None


def _as_option(field: Field, value: str) -> str:
    """Return the option that the value means, in the option's own spelling. A value that means none, or several, is returned as it is."""
    if field.type not in CHOICES or value in field.options:
        return value
    options = _options(field.name, field.options)
    for fold, by_form in options:
        meant = by_form.get(fold(value) or "", ())
        if len(meant) == 1:
            return meant[0]
    return value


@lru_cache(512)
def _options(name: str, options: tuple[str, ...]) -> list[tuple[Callable[[str], str | None], dict[str, list[str]]]]:
    """Return the options by each of the forms in which a value may mean them. Those of a field for countries are countries too."""
    forms: list[Callable[[str], str | None]] = [texts.fold_keeping_case, texts.fold]
    if COUNTRY in name.casefold() or (len(options) > 1 and all(map(countries.code_of, options))):
        forms.append(countries.code_of)
    by_forms = []
    for form in forms:
        by_form: dict[str, list[str]] = {}
        for option in options:
            by_form.setdefault(form(option) or option, []).append(option)
        by_forms.append((form, by_form))
    return by_forms


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


def consent_of(names: Collection[str], values: Mapping[str, object]) -> bool | None:
    """Return whether consent was given in every consent field of a form, which have these names; None without such fields."""
    return all(tick_of(str(values.get(name, ""))) for name in names) if names else None


def _email(_field: Field, value: str) -> str | None:
    fault = emails.fault_of(value)
    return f"This value is not a valid email address. It {fault}." if fault else None


def _telephone(_field: Field, value: str) -> str | None:
    return telephones.refusal_of(value)


def _number(_field: Field, value: str) -> str | None:
    if not _NUMBER.fullmatch(value):
        return "This value is not a number. Write it like 1250 or 12.5."
    return None if isfinite(float(value)) else "This number is too large."


def _date(_field: Field, value: str) -> str | None:
    if not _DAY.fullmatch(value):
        return "This value is not a date. Write it like 2026-01-31."
    try:
        date.fromisoformat(value)
    except ValueError:
        return "This date does not exist."
    return None


def _choice(field: Field, value: str) -> str | None:
    if value in field.options:
        return None
    choices = ", ".join(field.options[:SHOW_AT_MOST])
    ellipsis = ", …" if len(field.options) > SHOW_AT_MOST else ""
    return f"The selected choice is invalid. Choose one of: {choices}{ellipsis}."


def _tick(_field: Field, value: str) -> str | None:
    return "Send 1, true, yes or on when ticked, 0, false, no or off when not." if tick_of(value) is None else None


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
