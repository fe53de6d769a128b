"""`/metrics`: the figures of this installation as Prometheus reads them, for the addresses that settings list alone."""

import os
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from config.core import client_address
from config.core.monitoring.sources import StoredMetrics

FOLDER_OF_ALL_PROCESSES = "PROMETHEUS_MULTIPROC_DIR"


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    address = client_address.peer(request)
    if not is_allowed(address):
        refusal = f"Metrics are shown to the addresses of SLUICE_METRICS_ALLOW, and this request came from {address or 'none'}.\n"
        return HttpResponse(refusal, status=403, content_type="text/plain; charset=utf-8")
    counted = generate_latest(_counters())
    stored = CollectorRegistry()
    stored.register(StoredMetrics())
    return HttpResponse(counted + generate_latest(stored), content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})


def is_allowed(address: str | None) -> bool:
    return address is not None and any(ip_address(address) in network for network in settings.METRICS_ALLOW)


def _counters() -> CollectorRegistry:
    """Return the counters of all web processes; of this one alone where they share no folder (see config/web_server.py)."""
    if FOLDER_OF_ALL_PROCESSES not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
