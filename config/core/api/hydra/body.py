"""JSON bodies of API v4: objects nested as they are sent, with limits, and with references to other objects."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.hydra.responses import BASE, HydraError
from config.core.api.json_body import AS_VALUES, MOST_VALUES, check_document, read_json
from config.core.errors import DomainError
from config.core.ids import parse_id

KINDS = ("application/json", "application/ld+json", "application/merge-patch+json")


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
    document = read_json(content, AS_VALUES, bodies.charset_of(request, what="the body"))
    if not isinstance(document, dict):
        raise DomainError('The body must be a JSON object: {"name": "…"}.')
    check_document(document, most=values)
    return Body({name: value for name, value in document.items() if not name.startswith("@")})


def refuse_to_move(body: Mapping[str, Any], name: str, to: str, *, present: int | None, refusal: str) -> None:
    """Refuse a body that names another object than the present one. A client may send back the one that it received."""
    if name in body and (None if body[name] is None else reference(body[name], to, field=name)) != present:
        raise DomainError(refusal, field=name)


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
