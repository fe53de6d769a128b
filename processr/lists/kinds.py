"""The four kinds of lists (values, e-mail addresses, names, telephone numbers), and how input becomes a row of each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from config.core.pg_text import is_storable
from config.core.tabular import header
from leads.values import emails, telephones, texts
from processr.lists import headings
from processr.models import SuppressedEmail, SuppressedName, SuppressedPhone, ValidationListValue, ValueImport

ValueTarget = ValueImport.ValueTarget
EntryRow = tuple[str, ...]

LONGEST = 500
"""The most characters of a value on a list, and of its key."""
LONGEST_NAME, LONGEST_NAME_KEY, LONGEST_PHONE = 100, 200, 40
FEWEST_DIGITS = 3
_NO_PART = re.compile(r"[\s<>(),;:\\]")
"""Signs that no address has outside of quotation marks. With them it would be stored and match nobody."""


class InvalidEntry(ValueError):
    """A text that cannot be on the list. The message completes a sentence such as "Line 3 …"."""


@dataclass(frozen=True, slots=True)
class ListKind:
    """A kind of list.

    `headings` are, for each cell, the words that mark a heading. `columns` are those of the row, the key last.
    """

    target: ValueTarget
    model: type[Model]
    label: str
    noun: tuple[str, str]
    cells: tuple[str, ...]
    headings: tuple[frozenset[str], ...]
    columns: tuple[str, ...]
    row: Callable[[Sequence[str]], EntryRow]
    example: tuple[tuple[str, ...], ...]

    @property
    def key(self) -> str:
        """The column that is unique on a list."""
        return self.columns[-1]

    def counted(self, n: int) -> str:
        return f"{n:,} {self.noun[0] if n == 1 else self.noun[1]}"

    def matching_columns(self, heading: Sequence[str]) -> list[list[int]]:
        """Return, for each required cell, the columns whose heading fits. Columns with exactly the cell's name take precedence."""
        folded = [header.fold_name(text) for text in heading]
        columns = []
        for name, words in zip(self.cells, self.headings, strict=True):
            exact = [index for index, text in enumerate(folded) if text == header.fold_name(name)]
            columns.append(exact or [index for index, text in enumerate(folded) if text in map(header.fold_name, words)])
        return columns

    def is_heading(self, cells: Sequence[str]) -> bool:
        return all(self.matching_columns(cells))


def _text(cell: str, longest: int) -> str:
    text = texts.strip(" ".join(cell.splitlines()))
    if not text:
        raise InvalidEntry("is empty")
    if len(text) > longest:
        raise InvalidEntry(f"is longer than {longest} characters")
    if not is_storable(text):
        raise InvalidEntry("holds characters that are not text")
    return text


def _value_row(cells: Sequence[str]) -> EntryRow:
    value = _text(cells[0], LONGEST)
    key = fold_value(value)
    if not key or len(key) > LONGEST:
        raise InvalidEntry(f"is longer than {LONGEST} characters")
    return value, telephone_of(value), key


def fold_value(value: str) -> str:
    """Return the form in which a value of a list is compared."""
    return emails.fold_address(texts.fold(value))


def telephone_of(value: str) -> str:
    """Return the form in which a value of a list is compared with telephone numbers, empty if it is none."""
    if "@" in value or not any(map(str.isdecimal, value)):
        return ""
    number = telephones.read_number(value)
    return number.key if number.alone and FEWEST_DIGITS <= len(number.digits) < LONGEST_PHONE else ""


def _email_row(cells: Sequence[str]) -> EntryRow:
    email = emails.canonical(_text(cells[0], emails.LONGEST))
    name, at, domain = email.rpartition("@")
    if not (name and at and domain):
        raise InvalidEntry("is not an e-mail address")
    if (_NO_PART.search(name) and not name.startswith('"')) or (_NO_PART.search(domain) and not domain.startswith("[")):
        raise InvalidEntry("has more than an e-mail address in it: leave out names, brackets and other signs around it")
    return (email,)


def _name_row(cells: Sequence[str]) -> EntryRow:
    first, last = map(texts.strip, cells)
    key = texts.fold_accents(_text(f"{first} {last}", 2 * LONGEST_NAME + 1))
    if not first or not last:
        raise InvalidEntry("needs a first and a last name")
    if max(len(first), len(last)) > LONGEST_NAME or len(key) > LONGEST_NAME_KEY:
        raise InvalidEntry(f"has a name longer than {LONGEST_NAME} characters")
    if not key:
        raise InvalidEntry("has no letters")
    return first, last, key


def _phone_row(cells: Sequence[str]) -> EntryRow:
    text = _text(cells[0], 4 * LONGEST_PHONE)
    if unclear := telephones.unclear_in(text):
        raise InvalidEntry(unclear)
    phone = telephones.key(text)
    if len(phone.lstrip("+")) < FEWEST_DIGITS:
        raise InvalidEntry(f"has fewer than {FEWEST_DIGITS} digits")
    if len(phone) > LONGEST_PHONE:
        raise InvalidEntry(f"has more than {LONGEST_PHONE} digits")
    return (phone,)


VALUE = ListKind(
    target=ValueTarget.LIST, model=ValidationListValue, label="Values", noun=("value", "values"), cells=("value",),
    headings=(headings.VALUES,),
    columns=("value", "telephone", "key"), row=_value_row, example=(("Acme Limited",), ("Example GmbH",)),
)  # fmt: skip
EMAIL = ListKind(
    target=ValueTarget.EMAIL, model=SuppressedEmail, label="E-mail", noun=("e-mail address", "e-mail addresses"), cells=("email",),
    headings=(headings.EMAILS,), columns=("email",), row=_email_row, example=(("somebody@example.com",), ("nobody@example.net",)),
)  # fmt: skip
NAME = ListKind(
    target=ValueTarget.NAME, model=SuppressedName, label="Name", noun=("name", "names"), cells=("firstName", "lastName"),
    headings=(headings.FIRST_NAMES, headings.LAST_NAMES),
    columns=("first_name", "last_name", "name_key"), row=_name_row, example=(("Mickey", "Mouse"), ("Test", "Tester")),
)  # fmt: skip
PHONE = ListKind(
    target=ValueTarget.PHONE, model=SuppressedPhone, label="Telephone", noun=("telephone number", "telephone numbers"),
    cells=("telephone",), headings=(headings.TELEPHONES,),
    columns=("phone",), row=_phone_row, example=(("+44 20 7946 0000",), ("02079460001",)),
)  # fmt: skip

KINDS: dict[str, ListKind] = {kind.target: kind for kind in (VALUE, EMAIL, NAME, PHONE)}
SUPPRESSED: dict[str, ListKind] = {kind.target: kind for kind in (EMAIL, NAME, PHONE)}


def as_cells(kind: ListKind, entry: Any) -> Sequence[str]:
    """Return the cells of an entry: a text, or for names a pair of texts. Raise InvalidEntry for anything else."""
    cells = (entry,) if len(kind.cells) == 1 else tuple(entry) if isinstance(entry, list | tuple) else ()
    if len(cells) != len(kind.cells) or not all(isinstance(cell, str) for cell in cells):
        raise InvalidEntry(f"needs {' and '.join(kind.cells)}, as text")
    return cells
