"""Says at start that OUTBOUND_ALLOW is not understood, rather than at the first call."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from config.panel.outbound.guard import read_allowed


@register()
def allow_list(**_: Any) -> list[CheckMessage]:
    try:
        read_allowed(settings.OUTBOUND_ALLOW)
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Set SLUICE_OUTBOUND_ALLOW to hosts, host:port or networks with commas between.", id="panel.E001")]
    return []
