from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from config.core.extension_points import (
            DemoStep,
            NavItem,
            NotificationKind,
            QueueSource,
            demo_steps,
            integrity_checks,
            metric_sources,
            nav_items,
            notification_kinds,
            openapi_parts,
            queue_sources,
        )
        from integrations import (  # noqa: F401  (some register themselves)
            actions,
            columns,
            demo,
            holds,
            integrity,
            kinds,
            lead_hooks,
            monitoring,
            receivers,
            selectors,
            troubles,
        )
        from integrations.alerts import telling
        from integrations.delivery import test_send  # noqa: F401  (registers its run)
        from integrations.feedback import record_part  # noqa: F401  (registers itself)
        from integrations.messages.selectors import needs_person_badge
        from integrations.outbound_events import demo as demo_events
        from integrations.outbound_events import message_kind  # noqa: F401  (registers itself)
        from integrations.views import lead_tab, timeline  # noqa: F401  (both register themselves)

        for package in (kinds, columns):
            for module in iter_modules(package.__path__, f"{package.__name__}."):
                import_module(module.name)

        openapi_parts.append("integrations.api.openapi")
        receivers.connect()
        integrity_checks["deliveries"] = integrity.deliveries
        integrity_checks["messages"] = integrity.messages
        queue_sources["oldest_due_delivery_seconds"] = QueueSource(monitoring.queues, "LATE_DELIVERY_SECONDS")
        metric_sources.extend((monitoring.destinations, monitoring.outbox))
        needs_person = NavItem("Needs a person", "needs_person", "person-exclamation", 50, selectors.SEES_DELIVERIES, needs_person_badge)
        nav_items.append(needs_person)
        notification_kinds.register(NotificationKind(actions.NOTIFICATION_KIND, "Actions on deliveries", selectors.SEES_DELIVERIES))
        for key, label in telling.KINDS.items():
            notification_kinds.register(NotificationKind(key, label, telling.RECIPIENTS))
        demo_steps.append(DemoStep(22, demo.add_integrations))
        demo_steps.append(DemoStep(45, demo.deliver))
        demo_steps.append(DemoStep(22, demo_events.add_events))
        demo_steps.append(DemoStep(55, demo_events.send_messages))
        demo_steps.append(DemoStep(60, demo.date_back))
        demo_steps.append(DemoStep(72, demo_events.rest))
