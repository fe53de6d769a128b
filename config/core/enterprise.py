"""The one enterprise this installation serves, at hand without a query each time."""

import time
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.db import transaction

from config.core.models import Currency, Enterprise

_KEEP_SECONDS = 30.0
_kept: tuple[float, Enterprise] | None = None


def current() -> Enterprise:
    """At most 30 seconds old."""
    global _kept  # noqa: PLW0603  (one small cache per process; `forget` empties it)
    if _kept is None or time.monotonic() - _kept[0] > _KEEP_SECONDS:
        _kept = (time.monotonic(), ensure())
    return _kept[1]


def zone() -> ZoneInfo:
    return ZoneInfo(current().zone)


def forget() -> None:
    """After a change, and between tests."""
    global _kept  # noqa: PLW0603
    _kept = None


@transaction.atomic
def ensure(enterprises: type[Enterprise] = Enterprise, currencies: type[Currency] = Currency) -> Enterprise:
    """The row, and the currency it counts in; two callers at once make one."""
    found = enterprises.objects.select_related("currency").first()
    if found is not None:
        return found
    currency, _ = currencies.objects.get_or_create(code="GBP", defaults={"name": "Pound sterling", "symbol": "£"})
    enterprises.objects.get_or_create(one=True, defaults={"name": "Sluice", "currency": currency})
    return enterprises.objects.select_related("currency").get()


def ensure_after_migrating(*, apps: Apps = global_apps, **_: Any) -> None:
    """So that no request has to make it. With the models of the migration reached, which may be an older one, or none."""
    try:
        ensure(apps.get_model("core", "Enterprise"), apps.get_model("core", "Currency"))
    except LookupError:
        return
