"""The one reader of JSON that requests bring. `JsonRules` are what differs between the APIs: how objects and numbers are taken.

For each of them a body is in the charset that the request names, UTF-8 unless it does, with or without a byte order mark; NaN
and Infinity are no numbers, and what is malformed is a DomainError.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from config.core.api.content_type import UTF_8, Charset
from config.core.errors import DomainError
from config.core.pg_text import is_storable

DEEPEST = 12
MOST_VALUES = 20_000
LARGEST_NUMBER = 2**63 - 1


class JsonMembers(list):
    """The name and value pairs of a JSON object, repeated names included."""


@dataclass(frozen=True, slots=True)
class JsonRules:
    """A reader of the JSON of requests. `read_object` gets the members in their order, `read_int` and `read_float` the text of a number."""

    read_object: Callable[[list[tuple[str, Any]]], Any]
    read_int: Callable[[str], Any]
    read_float: Callable[[str], Any]


def read_json(content: bytes, rules: JsonRules, charset: Charset = UTF_8) -> Any:
    """Return the document, as deep as Python can parse it."""
    try:
        return json.loads(
            charset.decode(content).removeprefix("\ufeff"),
            object_pairs_hook=rules.read_object,
            parse_int=rules.read_int,
            parse_float=rules.read_float,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise DomainError(f"The body is not valid {charset.name}.") from error
    except RecursionError as error:
        raise DomainError("The body is not valid JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise DomainError(f"The body is not valid JSON: {error}") from error


def check_document(top: dict[str, Any], *, most: int = MOST_VALUES) -> None:
    """Check depth, number of values and texts level by level, without recursion."""
    level: list[Any] = [top]
    depth = values = 0
    while level:
        depth, values = depth + 1, values + len(level)
        if depth > DEEPEST:
            raise DomainError(f"The body is nested too deeply: at most {DEEPEST} levels.")
        if values > most:
            raise DomainError(f"The body holds more than {most} values.")
        level = [inner for value in level for inner in _checked_members(value)]


def _checked_members(value: Any) -> list[Any]:
    """Return the members of an object or array. Refuse NUL and lone surrogates, which PostgreSQL does not store."""
    texts = [value] if isinstance(value, str) else value if isinstance(value, dict) else ()
    if not all(map(is_storable, texts)):
        raise DomainError("This text holds characters that cannot be stored.")
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object names something twice")
    return members


def _storable_int(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_NUMBER:
        raise ValueError("a number is too large")
    return int(text)


class WrittenFloat(float):
    """A number that as a text is what was sent: 12345.50 and 1e3."""

    def __new__(cls, text: str) -> "WrittenFloat":
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __str__(self) -> str:
        return self.text


def _finite_float(text: str) -> float:
    number = WrittenFloat(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


AS_WRITTEN = JsonRules(JsonMembers, str, str)
"""Nothing is lost: repeated names stay, and a number is the text that was sent. The values of leads are texts."""
AS_VALUES = JsonRules(_unique_members, _storable_int, _finite_float)
"""Names are unique, and numbers are those that a column can hold."""
