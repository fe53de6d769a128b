from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig


class ProcessrConfig(AppConfig):
    name = "processr"

    def ready(self) -> None:
        from config.panel.points import DemoStep, demo_steps, integrity_checks
        from processr import demo, integrity, jobs, receivers, tabs  # noqa: F401  (tabs registers itself)

        for module in iter_modules(jobs.__path__, f"{jobs.__name__}."):
            import_module(module.name)
        receivers.connect()
        integrity_checks["flow events"] = integrity.runs
        integrity_checks["job tallies"] = integrity.job_tallies
        demo_steps.append(DemoStep(20, demo.add_jobs))
        demo_steps.append(DemoStep(40, demo.judge))
