from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import demo
        from config.panel import roles
        from config.panel.points import DemoStep, NavItem, demo_steps, nav_items

        demo_steps.append(DemoStep(10, demo.build))
        demo_steps.append(DemoStep(90, demo.finish))
        nav_items.append(NavItem("Campaigns", "campaigns", "megaphone", 30, roles.ALL - {roles.REPORT}))
