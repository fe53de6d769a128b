"""The waits of destinations: until when they are left out of their turns, and why."""

from datetime import datetime
from typing import Any

from integrations.models import Destination
from integrations.models.destination import WaitReason


def wait(destination: Destination, *, until: datetime, reason: WaitReason) -> None:
    """Leave the destination out of its turns until then."""
    Destination.objects.filter(pk=destination.pk).update(waits_until=until, waits_for=reason)


def wake(**which: Any) -> int:
    """End the rests of destinations that somebody asks to be tried now, and return their number. Limits go on."""
    found = Destination.objects.filter(waits_for=WaitReason.UNREACHABLE, **which).values("pk")
    resting = Destination.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=found).order_by("pk")
    return Destination.objects.filter(pk__in=[row.pk for row in resting]).update(waits_until=None, waits_for="")
