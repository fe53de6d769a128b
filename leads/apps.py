from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from config.core.accounts import roles
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
        from leads import bulk, columns, figures, full_search, health, integrity, pictures  # noqa: F401  (some register themselves)
        from leads.bulk import forecast, runner  # noqa: F401  (the run of previews registers itself)
        from leads.demo import leads as demo_leads
        from leads.demo import runs as demo_runs
        from leads.demo import saved_views as demo_views
        from leads.imports import service
        from leads.search import search_hints
        from leads.views import associated  # noqa: F401  (its tab registers itself)

        pictures.connect()
        integrity_checks["tallies"] = integrity.tallies
        integrity_checks["billing"] = integrity.billing
        integrity_checks["notes"] = integrity.notes
        integrity_checks["search"] = integrity.search
        queue_sources["oldest_waiting_seconds"] = QueueSource(health.queues, "LATE_LEAD_SECONDS")
        metric_sources.append(health.by_status)
        demo_steps.append(DemoStep(30, demo_leads.receive))
        demo_steps.append(DemoStep(37, demo_runs.import_visitors))
        demo_steps.append(DemoStep(50, demo_leads.flag_and_deliver))
        demo_steps.append(DemoStep(70, demo_runs.act_on_leads))
        demo_steps.append(DemoStep(75, demo_views.save))
        openapi_parts.extend(f"leads.api.openapi.{part}" for part in ("webhook", "publisher", "verdicts", "append"))
        nav_items.append(NavItem("Leads", "leads", "people", 20, roles.SEES_LEADS, searched=search_hints))
        nav_items.append(NavItem("Flag Reasons", "flag_reasons", "flag", 95, roles.SUPPORT_STAFF))
        notification_kinds.register(NotificationKind(runner.NOTIFICATION_KIND, "Bulk actions", roles.MANAGES_CAMPAIGNS))
        notification_kinds.register(NotificationKind(full_search.NOTIFICATION_KIND, "Searches of all leads", roles.SEES_LEADS))
        notification_kinds.register(NotificationKind(service.NOTIFICATION_KIND, "Lead imports", roles.MANAGES_CAMPAIGNS))
