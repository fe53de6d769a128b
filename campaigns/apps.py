from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import demo
        from config.panel.points import DemoStep, demo_steps

        demo_steps.append(DemoStep(10, demo.build))
        demo_steps.append(DemoStep(90, demo.finish))
