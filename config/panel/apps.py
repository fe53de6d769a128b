from django.apps import AppConfig


class PanelConfig(AppConfig):
    name = "config.panel"
    label = "panel"

    def ready(self) -> None:
        from config.panel import audit
        from config.panel.points import integrity_checks

        integrity_checks["audit chain"] = audit.verify
