"""The mapping of a file's columns to the form's fields: by name, by label, or as given on the command line."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from config.core.errors import DomainError
from config.core.tabular.header import fold_name

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
    """A mapping of columns. `fields` maps headers to fields, in the file's order. A header that occurs repeatedly is not among them."""

    fields: dict[str, str]
    left_out: list[str]


def match(names: Iterable[str], fields: Iterable[ImportField], mappings: Iterable[str]) -> ColumnMapping:
    """Map the columns to fields. `mappings` are texts such as `First Name=firstName`; `Notes=` leaves a column out."""
    names, fields = list(names), list(fields)
    explicit = _explicit(mappings, names, fields)
    targets = {**_by_name_or_label(names, fields, explicit), **{name: field for name, field in explicit.items() if field}}
    _check(targets, names, fields)
    in_order = {name: targets[name] for name in names if name in targets}
    return ColumnMapping(in_order, [name or f"column {place}" for place, name in enumerate(names, 1) if name not in targets])


def join_names(names: Sequence[str]) -> str:
    """Join the names, with an ellipsis after `SHOW_AT_MOST`."""
    return ", ".join([*names[:SHOW_AT_MOST], *(["…"] if len(names) > SHOW_AT_MOST else [])])


def _explicit(mappings: Iterable[str], names: list[str], fields: list[ImportField]) -> dict[str, str]:
    """Parse the mappings into fields by column; the field is empty for a column that is to be left out."""
    form_fields = [field.name for field in fields]
    explicit: dict[str, str] = {}
    for text in mappings:
        column, equals, field = (part.strip() for part in text.rpartition("="))
        if not equals:
            raise DomainError(f'"{text}" maps nothing. Write it like "First Name=firstName".', field="map")
        name = column_called(column, names)
        if name is None:
            raise DomainError(f"The file has no column {column}. It has: {join_names(list(filter(None, names)))}.", field="map")
        if name in explicit:
            raise DomainError(f"Column {name} is mapped twice.", field="map")
        if field and field not in (*form_fields, *BESIDE_THE_FORM):
            raise DomainError(
                f"The form has no field {field}. It has: {', '.join(form_fields)}. "
                f"Beside the form there are: {', '.join(BESIDE_THE_FORM)}.",
                field="map",
            )
        explicit[name] = field
    return explicit


def column_called(text: str, names: Sequence[str]) -> str | None:
    """Return the column with this name; else with the same one in another case, or with other spaces and signs in it."""
    folds: tuple[Callable[[str], str], ...] = (str, str.casefold, fold_name)
    return next((name for fold in folds for name in names if name and fold(name) == fold(text)), None)


def _by_name_or_label(names: list[str], fields: list[ImportField], explicit: Mapping[str, str]) -> dict[str, str]:
    """Map columns by name or label, first those that differ only in case. A field with an explicit mapping is skipped."""
    mapped: dict[str, str] = {}
    taken = set(explicit.values())
    for fold in (str.casefold, fold_name):
        targets = {folded: field for folded, field in _targets(fields, fold).items() if field not in taken}
        found = {name: targets[fold(name)] for name in names if name and name not in explicit and fold(name) in targets}
        mapped = {**found, **mapped}
        taken |= set(mapped.values())
    return mapped


def _targets(fields: list[ImportField], fold: Callable[[str], str]) -> dict[str, str]:
    """Map folded names, and labels, to fields. What two fields share maps to none."""
    labels, names = Counter(fold(field.label) for field in fields), Counter(fold(field.name) for field in fields)
    targets = {fold(name): name for name in BESIDE_THE_FORM}
    targets |= {label: field.name for field in fields if labels[label := fold(field.label)] == 1}
    return targets | {name: field.name for field in fields if names[name := fold(field.name)] == 1}


def _check(mapped: Mapping[str, str], names: Sequence[str], fields: list[ImportField]) -> None:
    for name, field in mapped.items():
        if names.count(name) > 1:
            places = " and ".join(f"{place:,}" for place, other in enumerate(names, 1) if other == name)
            raise DomainError(
                f"Columns {places} are both called {name}, and {field} can take only one of them. "
                f'Rename the other in the file, or leave out both with --map "{name}=".',
                field="map",
            )
    targets = list(mapped.values())
    if doubled := [name for name, field in mapped.items() if targets.count(field) > 1]:
        columns = ", ".join(f"{name} = {mapped[name]}" for name in doubled)
        raise DomainError(f'Several columns go into one field: {columns}. Leave one out with --map "{doubled[0]}=".', field="map")
    if missing := [field.name for field in fields if field.required and field.name not in targets]:
        raise DomainError(f'The form requires {", ".join(missing)}, and no column goes there. Say which with --map "Column={missing[0]}".')
