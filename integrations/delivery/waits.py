"""The waits of destinations: until when they are left out of their turns, and why."""

from datetime import datetime
from typing import Any

from integrations.models import Destination


def wait(destination: Destination, *, until: datetime, reason: Destination.Wait) -> None:
    """Leave the destination out of its turns until then."""
    Destination.objects.filter(pk=destination.pk).update(waits_until=until, waits_for=reason)


def wake(**which: Any) -> None:
    """End the rests of destinations that somebody asks to be tried now, by what Django finds them. Limits go on."""
    resting = Destination.objects.filter(waits_for=Destination.Wait.UNREACHABLE, **which).order_by().values("pk")
    Destination.objects.filter(pk__in=resting).update(waits_until=None, waits_for="")
