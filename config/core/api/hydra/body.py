"""The parser of JSON bodies of API v4: nested as they are sent, with limits, and with references to other objects.

Malformed bodies are refused with a message.
"""

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.hydra.responses import BASE, HydraError
from config.core.errors import DomainError
from config.core.ids import parse_id
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
    content = bodies.body(request, at_most=at_most)
    if content and request.content_type not in KINDS:
        raise DomainError(f"Send the body as one of: {', '.join(KINDS)}.", status=415)
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise DomainError("Send the body in UTF-8.", status=415)
    document = _parse(content)
    if not isinstance(document, dict):
        raise DomainError('The body must be a JSON object: {"name": "…"}.')
    _check(document, most=values)
    return Body({name: value for name, value in document.items() if not name.startswith("@")})


def _parse(content: bytes) -> Any:
    try:
        text = content.decode().removeprefix("\ufeff")
        return json.loads(
            text, object_pairs_hook=_read_object, parse_float=_read_float, parse_int=_read_int, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise DomainError("The body is not valid UTF-8.") from error
    except RecursionError as error:
        raise DomainError("The body is not valid JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise DomainError(f"The body is not valid JSON: {error}") from error


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    properties = dict(pairs)
    if len(properties) < len(pairs):
        raise ValueError("an object names something twice")
    return properties


def _read_int(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_NUMBER:
        raise ValueError("a number is too large")
    return int(text)


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(text: str) -> NoReturn:
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
        level = [inner for value in level for inner in _checked_members(value)]


def _checked_members(value: Any) -> list[Any]:
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


def reference(value: Any, to: str, *, field: str) -> int:
    """Return the id from 5, "5", "/api/v4/campaigns/5", {"id": 5} or {"@id": "/api/v4/campaigns/5"}.

    Any other value is refused under `field`.
    """
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    text = str(value) if type(value) is int else ""
    if isinstance(value, str):
        text = value.removeprefix(f"{BASE}/{to}/")
    try:
        return parse_id(text)
    except ValueError as error:
        raise DomainError(f"Must be an id, or an address as {BASE}/{to}/1.", field=field) from error
