"""The figures that each scrape reads: the database's queues and sums, and the broker's messages.

Every query is bounded: it reads an index of waiting rows, counts up to `COUNT_AT_MOST`, and ends after `LIMIT`.
"""

from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from config.core import extension_points
from config.core.background import broker
from config.core.monitoring.queues import COUNT_AT_MOST

log = structlog.get_logger(__name__)

LIMIT = "2s"


class StoredMetrics(Collector):
    """Collects the figures that the whole installation shares: a scrape of any process shows them alike."""

    def collect(self) -> Iterator[Metric]:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{LIMIT}'")
                families = [*_queues(), *(family for source in extension_points.metric_sources for family in source())]
        except (OperationalError, InterfaceError) as error:
            log.warning("metrics without the database", error=type(error).__name__)
            families = []
        yield GaugeMetricFamily("sluice_database_up", "Whether the database answered within the limit of a scrape", value=bool(families))
        yield from families
        yield from _messages()


def _queues() -> Iterator[Metric]:
    """Yield size and age of each queue. Rows are the queues; a message that is lost delays them, and shows here."""
    size = GaugeMetricFamily("sluice_queue_size", f"Rows that are due; at most {COUNT_AT_MOST:,} are counted", labels=["queue"])
    age = GaugeMetricFamily("sluice_queue_age_seconds", "Time since the oldest row became due; 0 for none", labels=["queue"])
    for source in extension_points.queue_sources.values():
        for queue in source.states():
            size.add_metric([queue.name], queue.size)
            age.add_metric([queue.name], queue.age_seconds)
    yield from (size, age)


def _messages() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("sluice_messages_waiting", "Messages of the broker that no worker has taken", labels=["queue"])
    names = [name for setting in dir(settings) if setting.endswith("_QUEUES") for name in getattr(settings, setting)]
    try:
        with broker.server().pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.llen(name)
            lengths = pipeline.execute()
    except (RedisError, OSError):
        lengths = []
    for name, length in zip(names, lengths, strict=False):
        waiting.add_metric([name], length)
    yield GaugeMetricFamily("sluice_broker_up", "Whether the broker answered within the limit of a scrape", value=bool(lengths))
    yield waiting
