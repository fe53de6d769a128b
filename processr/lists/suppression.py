"""Suppressing e-mail addresses, names and telephone numbers on all campaigns, and letting them in again."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from config.core.actor import Actor
from config.core.errors import DomainError
from processr.lists import services
from processr.lists.kinds import SUPPRESSED
from processr.lists.services import Added
from processr.lists.storing import Place


@transaction.atomic
def suppress(kind: str, entries: Iterable[Any], *, actor: Actor) -> Added:
    """Texts; of names pairs of first and last name. All of them, or none and the reason. Leads that are judged from now on are checked."""
    return services.add(_place(kind), entries, actor=actor)


@transaction.atomic
def unsuppress(kind: str, *, ids: Iterable[int] = (), entries: Iterable[Any] = (), actor: Actor) -> int:
    return services.remove(_place(kind), ids=ids, entries=entries, actor=actor)


def _place(kind: str) -> Place:
    if kind not in SUPPRESSED:
        raise DomainError(f"There is no suppression list {kind!r}.", status=404)
    return Place(SUPPRESSED[kind])
