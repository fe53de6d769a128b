from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class PanelConfig(AppConfig):
    name = "config.panel"
    label = "panel"
    verbose_name = "People and house"

    def ready(self) -> None:
        from config.panel import audit, bearer, enterprise
        from config.panel.models import User
        from config.panel.points import integrity_checks

        integrity_checks["audit chain"] = audit.verify
        post_save.connect(bearer.end_of_the_inactive, sender=User)
        post_migrate.connect(enterprise.ensure_after_migrating, sender=self)
