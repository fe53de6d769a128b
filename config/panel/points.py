"""Where upper layers join the panel without being named (DESIGN 1)."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from config.panel import roles


@dataclass(frozen=True)
class NavItem:
    """An entry of the left rail; `icon` is a bootstrap-icons name."""

    label: str
    url_name: str
    icon: str
    order: int
    roles: frozenset[str] = roles.ALL


@dataclass(frozen=True)
class DemoStep:
    """Adds to the database through services, and to `world` what `demo --json` tells of it."""

    order: int
    run: Callable[[dict[str, Any], Random], None]


nav_items: list[NavItem] = []
demo_steps: list[DemoStep] = []
integrity_checks: dict[str, Callable[[], list[str]]] = {}
"""Name → what is wrong, in words."""
readiness_checks: dict[str, Callable[[], dict[str, Any]]] = {}
"""Name → what to show; an exception means not ready."""
