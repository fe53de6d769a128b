"""The lock after wrong passwords: of a user name for one client address, and of a user name for all of them."""

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from typing_extensions import override


class LockoutHandler(AxesDatabaseHandler):
    """Locks a name too when its wrong passwords come from many addresses, of which none reaches the limit of one address."""

    @override
    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the wrong passwords from this address, or the number that locks when those from all addresses have reached their limit."""
        failures: int = super().get_failures(request, credentials)
        if failures < settings.AXES_FAILURE_LIMIT and _failures_of_name(request, credentials) >= settings.FAILURES_OF_NAME:
            return int(settings.AXES_FAILURE_LIMIT)
        return failures


def _failures_of_name(request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    attempts = AccessAttempt.objects.filter(
        username=get_client_username(request, credentials), attempt_time__gte=get_cool_off_threshold(request)
    )
    return attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
