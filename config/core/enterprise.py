"""The one enterprise of this installation, cached in the process."""

import time
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.db import transaction

from config.core.models import Currency, Enterprise

_KEEP_SECONDS = 30.0
_cached: tuple[float, Enterprise] | None = None


def current() -> Enterprise:
    """Return the enterprise, at most 30 seconds old."""
    global _cached  # noqa: PLW0603  (one small cache per process; `forget` empties it)
    cached = _cached  # another thread may empty the cache at any moment
    if cached is None or time.monotonic() - cached[0] > _KEEP_SECONDS:
        _cached = cached = (time.monotonic(), ensure())
    return cached[1]


def zone() -> ZoneInfo:
    return ZoneInfo(current().zone)


def forget() -> None:
    """Empty the cache, after a change and between tests."""
    global _cached  # noqa: PLW0603
    _cached = None


@transaction.atomic
def ensure(enterprises: type[Enterprise] = Enterprise, currencies: type[Currency] = Currency) -> Enterprise:
    """Return the row, and create it with its currency where it is missing. Two concurrent calls create one row."""
    existing = enterprises.objects.select_related("currency").first()
    if existing is not None:
        return existing
    currency, _ = currencies.objects.get_or_create(code="GBP", defaults={"name": "Pound sterling", "symbol": "£"})
    enterprises.objects.get_or_create(one=True, defaults={"name": "Sluice", "currency": currency})
    return enterprises.objects.select_related("currency").get()


def ensure_after_migrating(*, apps: Apps = global_apps, **_: Any) -> None:
    """Create the row after `migrate`, so that no request has to.

    It uses the models of the migration that was reached, which may be an older one, or one without these tables.
    """
    try:
        ensure(apps.get_model("core", "Enterprise"), apps.get_model("core", "Currency"))
    except LookupError:
        return
