"""The mapping of a file's columns to the form's fields: by name, by label, or as given on the command line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from config.core.errors import DomainError

BESIDE_THE_FORM = {
    "externalId": "external_id",
    "publisherSubId": "publisher_sub_id",
    "ip": "ip",
    "host": "host",
    "userAgent": "user_agent",
    "landingPageUrl": "landing_page_url",
}
"""Values besides the form's answers, by their names in the webhook, mapped to columns of the lead."""


class ImportField(Protocol):
    """A field of the form."""

    name: str
    label: str
    required: bool


SHOW_AT_MOST = 30


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A mapping of columns. `taken` maps headers to fields, in the file's order."""

    taken: dict[str, str]
    left_out: list[str]


def match(names: Iterable[str], fields: Iterable[ImportField], said: Iterable[str]) -> ColumnMapping:
    """Map the columns to fields. `said` are explicit mappings such as `First Name=firstName`; `Notes=` leaves a column out."""
    names, fields = list(names), list(fields)
    given = _given(said, names, fields)
    taken = {**_by_themselves(names, fields, given), **{name: field for name, field in given.items() if field}}
    _check(taken, fields)
    in_order = {name: taken[name] for name in names if name in taken}
    return ColumnMapping(in_order, [name or f"column {place}" for place, name in enumerate(names, 1) if name not in taken])


def listed(names: Sequence[str]) -> str:
    """Join the names, with an ellipsis after `SHOW_AT_MOST`."""
    return ", ".join([*names[:SHOW_AT_MOST], *(["…"] if len(names) > SHOW_AT_MOST else [])])


def _given(said: Iterable[str], names: list[str], fields: list[ImportField]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in said:
        column, equals, field = (part.strip() for part in text.rpartition("="))
        if not equals:
            raise DomainError(f'"{text}" maps nothing. Write it like "First Name=firstName".', field="map")
        name = _column(column, names)
        if name in given:
            raise DomainError(f"Column {name} is mapped twice.", field="map")
        given[name] = _field(field, fields)
    return given


def _column(column: str, names: list[str]) -> str:
    found = next((name for name in names if name and name.casefold() == column.casefold()), None)
    if found is None:
        raise DomainError(f"The file has no column {column}. It has: {listed(list(filter(None, names)))}.", field="map")
    return found


def _field(name: str, fields: list[ImportField]) -> str:
    """Check the name of a field; empty for a column that is to be left out."""
    known = [*(field.name for field in fields), *BESIDE_THE_FORM]
    if name and name not in known:
        of_the_form = ", ".join(field.name for field in fields)
        raise DomainError(
            f"The form has no field {name}. It has: {of_the_form}. Beside the form there are: {', '.join(BESIDE_THE_FORM)}.", field="map"
        )
    return name


def _by_themselves(names: list[str], fields: list[ImportField], given: Mapping[str, str]) -> dict[str, str]:
    """Map columns by name or label. A field with an explicit mapping is skipped."""
    labels = Counter(field.label.casefold() for field in fields)
    meant = {name.casefold(): name for name in BESIDE_THE_FORM}
    meant |= {label: field.name for field in fields if labels[label := field.label.casefold()] == 1}
    meant |= {field.name.casefold(): field.name for field in fields}
    found = {name: meant[name.casefold()] for name in names if name not in given and name.casefold() in meant}
    return {name: field for name, field in found.items() if field not in given.values()}


def _check(taken: Mapping[str, str], fields: list[ImportField]) -> None:
    targets = list(taken.values())
    if doubled := [name for name, field in taken.items() if targets.count(field) > 1]:
        columns = ", ".join(f"{name} = {taken[name]}" for name in doubled)
        raise DomainError(f'Several columns go into one field: {columns}. Leave one out with --map "{doubled[0]}=".', field="map")
    if missing := [field.name for field in fields if field.required and field.name not in targets]:
        raise DomainError(f'The form requires {", ".join(missing)}, and no column goes there. Say which with --map "Column={missing[0]}".')
