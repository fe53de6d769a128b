"""The digest by which an imported row is known again: made of its destination and of its values in the forms in which they are compared."""

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

from campaigns.models import FormField
from leads.imports.columns import BESIDE_THE_FORM
from leads.intake.normalize import COUNTRY
from leads.intake.service import Origin
from leads.intake.validation import TICKS, tick_of
from leads.values import emails, telephones, texts

Type = FormField.Type
_NAMES_BY_COLUMN = {column: name for name, column in BESIDE_THE_FORM.items()}


class TypedField(Protocol):
    """A field of a form with its type."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str: ...


class RowIdentity:
    """The identity of rows on their way to one destination.

    Order and spelling of columns, the format of the file and the way in which a value is written are no part of it.
    """

    def __init__(self, campaign_id: int, publisher_id: int | None, link_id: int | None, fields: Iterable[TypedField]) -> None:
        self._destination = [campaign_id, publisher_id, link_id]
        self._types = {field.name: field.type for field in fields}

    def digest(self, values: Mapping[str, str]) -> UUID:
        """Return the digest of a row. Blank values are no part of it, so that a column without values changes nothing."""
        region = telephones.region_of(values.get(COUNTRY, ""))
        compared = sorted((name, self._compared(name, value, region)) for name, value in values.items() if value)
        return UUID(bytes=blake2b(json.dumps([self._destination, compared]).encode(), digest_size=16).digest())

    def _compared(self, name: str, value: str, region: str | None) -> str:
        """Return the compared form of a value. A value that has none of its type, such as a telephone without digits, is a text."""
        kind = self._types.get(name)
        if kind == Type.TELEPHONE:
            return telephones.key(value, region) or texts.fold(value)
        form = _FORMS.get(kind or "")
        return (form(value) if form else "") or texts.fold(value)


def row_values(captured: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """Return the mapped values of a row, by the names to which columns are mapped."""
    beside = {_NAMES_BY_COLUMN[column]: value for column, value in origin._asdict().items() if value}
    return {**captured, **beside}


def _number(value: str) -> str:
    """Return a number without needless zeros, whatever its length: arithmetic would round it."""
    sign, digits, exponent = Decimal(value).as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    return f"{'-' * sign}{significant}e{int(exponent) + len(written) - len(significant)}" if significant else "0"


def _tick(value: str) -> str:
    return "1" if tick_of(value) else "0"


_FORMS: dict[str, Callable[[str], str]] = {Type.EMAIL: emails.canonical, Type.NUMBER: _number, **dict.fromkeys(TICKS, _tick)}
