from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PanelConfig(AppConfig):
    name = "config.panel"
    label = "panel"

    def ready(self) -> None:
        from config.panel import audit, enterprise
        from config.panel.points import integrity_checks

        integrity_checks["audit chain"] = audit.verify
        post_migrate.connect(enterprise.ensure_after_migrating, sender=self)
