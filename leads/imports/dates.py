"""Dates in the columns of an import: in the order that is named, or that all values of a column agree on."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from django.utils import timezone

from campaigns.models import FormField
from config.core.errors import DomainError
from config.core.tabular.dates import ISO, ORDERS, DateReader, order_named
from config.core.tabular.header import fold_name
from config.core.tabular.records import Record
from leads.imports.columns import column_called

_OF_BIRTH = ("birth", "bday", "geburt", "naiss", "nacim", "nascit", "nascim", "geboort", "urodz", "föd", "fød")
_DISTINCT = 50_000
"""Texts of a column that are remembered: a file repeats its dates."""


class DateColumn:
    """A column that goes into a date field. `order` is empty as long as no value needs one."""

    def __init__(self, name: str, place: int, *, is_birth: bool, order: str = "") -> None:
        self.name, self.place, self.order = name, place, order
        self.is_named = bool(order)
        self._reader = DateReader(timezone.localdate(), is_birth)
        self._day = lru_cache(_DISTINCT)(self._reader.day)
        self._known_texts: set[str] = set()
        self._possible: dict[str, str] = dict.fromkeys(ORDERS, "")
        self._examples: dict[tuple[str, ...], str] = {}

    def narrow_orders(self, record: Record) -> None:
        """Narrow the possible orders down by the value of a row. Clear values, and those that are no dates, decide nothing."""
        text = record.cells[self.place] if self.place < len(record.cells) else ""
        if text in self._known_texts or not text or ISO.fullmatch(text):
            return
        if len(self._known_texts) < _DISTINCT:
            self._known_texts.add(text)
        readings = self._reader.readings(text)
        if not readings or (len(readings) == len(ORDERS) and len(set(readings.values())) == 1):
            return
        example = f"“{text.strip()}” in row {record.row:,}"
        for pair in combinations(sorted(readings), 2):
            if readings[pair[0]] != readings[pair[1]]:
                self._examples.setdefault(pair, example)
        for order in self._possible.keys() - readings.keys():
            self._possible[order] = self._possible[order] or example

    def decide(self) -> None:
        """Set the order that all values agree on. Raise DomainError if several remain and matter, or none does."""
        possible = [order for order, against in self._possible.items() if not against]
        if len(possible) == len(ORDERS) and not self._examples:
            return
        if not possible:
            first, second = list(dict.fromkeys(self._possible.values()))[:2]
            raise _unclear(f"Column {self.name} holds dates of more than one order: see {first} and {second}. Rows of another are refused.")
        for pair in combinations(sorted(possible), 2):
            if example := self._examples.get(pair):
                choices = " or ".join(ORDERS[order] for order in pair)
                raise _unclear(f"The dates in column {self.name} may be {choices}: see {example}. No row of the file decides it.")
        self.order = possible[0]

    def convert(self, text: str) -> str:
        """Return the date as the form takes it; any other text as it is."""
        if not text or ISO.fullmatch(text):
            return text
        day = self._day(text, self.order or "ymd")
        return day.isoformat() if day else text


def find_date_columns(
    names: Sequence[str], mapped: Mapping[str, str], fields: Iterable[FormField], named: Iterable[str]
) -> list[DateColumn]:
    """Return the columns that go into date fields. `named` are orders for all of them, or like `Born=DD/MM/YYYY` for one."""
    for_all, for_one = "", {}
    for text in named:
        column, equals, order = text.rpartition("=")
        if equals:
            for_one[_column_named(column, names)] = order_named(order)
        else:
            for_all = order_named(order)
    dates = {field.name: field for field in fields if field.type == FormField.Type.DATE}
    return [
        DateColumn(name, names.index(name), is_birth=_is_of_birth(name, dates[field]), order=for_one.get(name, for_all))
        for name, field in mapped.items()
        if field in dates
    ]


def decide_orders(columns: Iterable[DateColumn], rows: Iterable[Record]) -> None:
    """Find the order of each column for which none is named. That reads the whole file: an early row may be clear by a late one."""
    unnamed = [column for column in columns if not column.is_named]
    if not unnamed:
        return
    for record in rows:
        if not record.fault:
            for column in unnamed:
                column.narrow_orders(record)
    for column in unnamed:
        column.decide()


def _column_named(text: str, names: Sequence[str]) -> str:
    name = column_called(text, names)
    if name is None:
        raise DomainError(f"--date-format names column {text}, which the file does not have.", field="date_format")
    return name


def _is_of_birth(name: str, field: FormField) -> bool:
    folded = [fold_name(text) for text in (name, field.name, field.label)]
    return any(text.startswith("dob") or text.endswith("dob") or any(word in text for word in _OF_BIRTH) for text in folded)


def _unclear(words: str) -> DomainError:
    return DomainError(f"{words} Say the order with --date-format, for example --date-format DD/MM/YYYY.", field="date_format")
