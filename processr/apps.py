from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig


class ProcessrConfig(AppConfig):
    name = "processr"

    def ready(self) -> None:
        from config.panel.points import DemoStep, NavItem, OpenApiPart, demo_steps, integrity_checks, nav_items, openapi_parts
        from processr import bulk, demo, demo_lists, integrity, jobs, receivers, tabs  # noqa: F401  (bulk and tabs register themselves)
        from processr.api import openapi_explanations, openapi_jobs, openapi_lists, openapi_logs, openapi_value_transforms
        from processr.lists import selectors
        from processr.transforms import demo as transforms_demo

        for module in iter_modules(jobs.__path__, f"{jobs.__name__}."):
            import_module(module.name)
        receivers.connect()
        integrity_checks["flow events"] = integrity.runs
        integrity_checks["job tallies"] = integrity.job_tallies
        for part in (openapi_explanations, openapi_jobs, openapi_lists, openapi_logs, openapi_value_transforms):
            openapi_parts.append(OpenApiPart(part.PATHS, part.SCHEMAS))
        nav_items.append(NavItem("Lists", "validation_lists", "list-check", 60, selectors.SEES_SYSTEM_LISTS))
        nav_items.append(
            NavItem("Lists", "validation_lists_of_advertisers", "list-check", 60, selectors.SEES_LISTS - selectors.SEES_SYSTEM_LISTS)
        )
        demo_steps.append(DemoStep(20, demo.add_jobs))
        demo_steps.append(DemoStep(21, demo_lists.add_jobs))
        demo_steps.append(DemoStep(25, transforms_demo.add))
        demo_steps.append(DemoStep(35, demo_lists.receive))
        demo_steps.append(DemoStep(40, demo.judge))
