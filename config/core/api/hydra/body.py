"""The parser of JSON bodies of API v4: nested as they are sent, with limits. Malformed bodies are refused with a message."""

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.hydra.responses import HydraError
from config.core.errors import DomainError
from config.core.pg_text import is_storable

KINDS = ("application/json", "application/ld+json", "application/merge-patch+json")
DEEPEST = 12
MOST_VALUES = 20_000
LARGEST_NUMBER = 2**63 - 1
NOT_TEXT = "This text holds characters that cannot be stored."


class Body(dict[str, Any]):
    """The properties of the body by name. `@context`, `@id` and `@type`, which clients send back as received, are left out."""

    def only(self, *names: str) -> None:
        """Refuse any other property."""
        if unknown := sorted(set(self) - set(names)):
            raise HydraError((name, "There is no such property.") for name in unknown)

    def required(self, *names: str) -> None:
        if missing := [name for name in names if self.get(name) in (None, "")]:
            raise HydraError((name, "This value should not be blank.") for name in missing)


def read_body(request: HttpRequest, *, at_most: int = bodies.MAX_BODY, values: int = MOST_VALUES) -> Body:
    """Return the checked body, of `at_most` bytes. Raises DomainError: 400, 411, 413 or 415."""
    sent = bodies.body(request, at_most=at_most)
    if sent and request.content_type not in KINDS:
        raise DomainError(f"Send the body as one of: {', '.join(KINDS)}.", status=415)
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise DomainError("Send the body in UTF-8.", status=415)
    found = _parsed(sent)
    if not isinstance(found, dict):
        raise DomainError('The body must be a JSON object: {"name": "…"}.')
    _check(found, most=values)
    return Body({name: value for name, value in found.items() if not name.startswith("@")})


def _parsed(sent: bytes) -> Any:
    try:
        text = sent.decode().removeprefix("\ufeff")
        return json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_int=_whole, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise DomainError("The body is not valid UTF-8.") from error
    except RecursionError as error:
        raise DomainError("The body is not valid JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise DomainError(f"The body is not valid JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object names something twice")
    return found


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_NUMBER:
        raise ValueError("a number is too large")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _check(top: dict[str, Any], *, most: int) -> None:
    """Check depth, number of values and texts level by level, without recursion: the body may be as deep as Python can parse."""
    level: list[Any] = [top]
    depth = values = 0
    while level:
        depth, values = depth + 1, values + len(level)
        if depth > DEEPEST:
            raise DomainError(f"The body is nested too deeply: at most {DEEPEST} levels.")
        if values > most:
            raise DomainError(f"The body holds more than {most} values.")
        level = [inner for value in level for inner in _inside(value)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, str):
        _check_text(value)
    if isinstance(value, dict):
        for name in value:
            _check_text(name)
        return list(value.values())
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    """Refuse NUL and lone surrogates, which PostgreSQL does not store."""
    if not is_storable(text):
        raise DomainError(NOT_TEXT)
