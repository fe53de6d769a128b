from django.apps import AppConfig


class BatchesConfig(AppConfig):
    name = "batches"

    def ready(self) -> None:
        from batches import batch_csv, building, integrity, monitoring, notices, receivers, targets  # noqa: F401  (some register themselves)
        from batches.selectors import SEES_BATCHES
        from config.core.extension_points import (
            NavItem,
            NotificationKind,
            QueueSource,
            integrity_checks,
            nav_items,
            notification_kinds,
            queue_sources,
        )

        receivers.connect()
        integrity_checks["batches"] = integrity.batches
        queue_sources["oldest_due_batch_seconds"] = QueueSource(monitoring.queues, "LATE_DELIVERY_SECONDS")
        notification_kinds.register(NotificationKind(notices.KIND, notices.LABEL, SEES_BATCHES))
        nav_items.append(NavItem("Batches", "pending_batches", "file-earmark-arrow-up", 40, SEES_BATCHES))
