"""Suppressing e-mail addresses, names and telephone numbers on all campaigns, and removing them again."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from config.core.actor import Actor
from config.core.errors import DomainError
from processr.lists import services
from processr.lists.kinds import SUPPRESSED
from processr.lists.services import Added
from processr.lists.storing import ListTarget


@transaction.atomic
def suppress(kind: str, entries: Iterable[Any], *, actor: Actor) -> Added:
    """Add texts, or for names pairs of first and last name: all of them, or none and a DomainError.

    Leads processed from now on are checked against them.
    """
    return services.add(_place(kind), entries, actor=actor)


@transaction.atomic
def unsuppress(kind: str, *, ids: Iterable[int] = (), entries: Iterable[Any] = (), actor: Actor) -> int:
    return services.remove(_place(kind), ids=ids, entries=entries, actor=actor)


def _place(kind: str) -> ListTarget:
    if kind not in SUPPRESSED:
        raise DomainError(f"There is no suppression list {kind!r}.", status=404)
    return ListTarget(SUPPRESSED[kind])
