from importlib import import_module
from pkgutil import walk_packages

from django.apps import AppConfig


class ProcessrConfig(AppConfig):
    name = "processr"

    def ready(self) -> None:
        from config.core.extension_points import (
            DemoStep,
            NavItem,
            NotificationKind,
            after_restore,
            demo_steps,
            integrity_checks,
            nav_items,
            notification_kinds,
        )
        from processr import bulk, columns, demo, demo_lists, integrity, jobs, lead_filters, receivers, troubles  # noqa: F401  (some register themselves)
        from processr.duplicates import value_index
        from processr.lists import deleting, importing, selectors  # noqa: F401  (the first two register their runs)
        from processr.services import test_lead, try_job  # noqa: F401  (a reason of notes, and a run, register themselves)
        from processr.transforms import demo as transforms_demo
        from processr.views import lead_logs, lead_tab, timeline  # noqa: F401  (all register themselves)

        for module in walk_packages(jobs.__path__, f"{jobs.__name__}."):
            import_module(module.name)
        receivers.connect()
        after_restore.append(value_index.reset_fields_seen)
        integrity_checks["flow events"] = integrity.runs
        integrity_checks["job tallies"] = integrity.job_tallies
        integrity_checks["settings of jobs"] = integrity.settings_of_jobs
        nav_items.append(NavItem("Lists", "validation_lists", "list-check", 60, selectors.SEES_SYSTEM_LISTS))
        nav_items.append(
            NavItem("Lists", "validation_lists_of_advertisers", "list-check", 60, selectors.SEES_LISTS - selectors.SEES_SYSTEM_LISTS)
        )
        notification_kinds.register(NotificationKind(importing.NOTIFICATION_KIND, "List imports", selectors.SEES_LISTS))
        demo_steps.append(DemoStep(20, demo.add_jobs))
        demo_steps.append(DemoStep(21, demo_lists.add_jobs))
        demo_steps.append(DemoStep(22, demo_lists.add_competitors))
        demo_steps.append(DemoStep(23, demo.add_provider_check))
        demo_steps.append(DemoStep(24, demo.add_template))
        demo_steps.append(DemoStep(25, transforms_demo.add))
        demo_steps.append(DemoStep(35, demo_lists.receive))
        demo_steps.append(DemoStep(40, demo.judge))
