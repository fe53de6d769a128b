from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class CoreConfig(AppConfig):
    name = "config.core"
    label = "core"
    verbose_name = "Users and enterprise"

    def ready(self) -> None:
        from config.core import audit, enterprise
        from config.core.accounts import bearer
        from config.core.extension_points import QueueSource, integrity_checks, openapi_parts, queue_sources
        from config.core.http import address_guard  # noqa: F401  (registers itself)
        from config.core.models import User
        from config.core.monitoring import queues

        integrity_checks["audit chain"] = audit.verify
        queue_sources["oldest_due_run_seconds"] = QueueSource(queues.runs_to_do, "LATE_RUN_SECONDS")
        queue_sources["oldest_due_letter_seconds"] = QueueSource(queues.letters, "LATE_LETTER_SECONDS")
        openapi_parts.append("config.core.api.hydra.schema")
        post_save.connect(bearer.revoke_for_inactive_user, sender=User)
        post_migrate.connect(enterprise.ensure_after_migrating, sender=self)
