from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from config.panel.points import DemoStep, demo_steps, integrity_checks, readiness_checks
        from leads import demo, health, integrity

        integrity_checks["tallies"] = integrity.tallies
        integrity_checks["billing"] = integrity.billing
        integrity_checks["notes"] = integrity.notes
        readiness_checks["oldest_waiting_seconds"] = health.oldest_waiting_seconds
        demo_steps.append(DemoStep(30, demo.receive))
        demo_steps.append(DemoStep(50, demo.look_at))
