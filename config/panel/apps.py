from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class PanelConfig(AppConfig):
    name = "config.panel"
    label = "panel"
    verbose_name = "People and house"

    def ready(self) -> None:
        from config.panel import audit, bearer, credentials, enterprise
        from config.panel.hydra import openapi
        from config.panel.models import User
        from config.panel.outbound import checks  # noqa: F401  (registers itself)
        from config.panel.points import NavItem, OpenApiPart, integrity_checks, nav_items, openapi_parts

        nav_items.append(NavItem("Credentials", "credentials", "key", 90, credentials.MANAGERS))
        integrity_checks["audit chain"] = audit.verify
        openapi_parts.append(OpenApiPart(openapi.PATHS, openapi.SCHEMAS))
        post_save.connect(bearer.end_of_the_inactive, sender=User)
        post_migrate.connect(enterprise.ensure_after_migrating, sender=self)
