"""Where upper layers join the core without being named (DESIGN 1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from config.core.accounts import roles


@dataclass(frozen=True)
class NavItem:
    """An entry of the left rail; `icon` is a bootstrap-icons name.

    `count`: what waits there for this person, as short text; empty: nothing. Asked for every page, so it is one cheap query.
    """

    label: str
    url_name: str
    icon: str
    order: int
    roles: frozenset[str] = roles.ALL
    count: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class DemoStep:
    """Adds to the database through services, and to `world` what `demo --json` tells of it."""

    order: int
    run: Callable[[dict[str, Any], Random], None]


@dataclass(frozen=True)
class OpenApiPart:
    """What a face made of functions says of itself: path items by path, and what they refer to, by name, in OpenAPI 3.1."""

    paths: Mapping[str, Mapping[str, Any]]
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    security_schemes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


nav_items: list[NavItem] = []
demo_steps: list[DemoStep] = []
integrity_checks: dict[str, Callable[[], list[str]]] = {}
"""Name → what is wrong, in words."""
openapi_parts: list[OpenApiPart] = []
readiness_checks: dict[str, Callable[[], dict[str, Any]]] = {}
"""Name → what to show; an exception means not ready."""
