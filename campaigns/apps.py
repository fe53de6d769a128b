from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import demo, program_logins, selectors
        from config.core.accounts import bearer, roles
        from config.core.credentials import service
        from config.core.extension_points import DemoStep, NavItem, agencies_of, demo_steps, nav_items, openapi_parts

        agencies_of.append(selectors.agency_names_for)
        demo_steps.append(DemoStep(10, demo.build))
        demo_steps.append(DemoStep(90, demo.finish))
        bearer.proofs[program_logins.API_KEY] = program_logins.KEY_IN_FORCE
        openapi_parts.append("campaigns.api.openapi")
        nav_items.append(
            NavItem(
                "Campaigns", "campaigns", "megaphone", 30, roles.ALL - {roles.REPORT}, selectors.troubles_badge,
                "in need of attention", "campaigns_troubled",
            )
        )  # fmt: skip
        nav_items.append(NavItem("Credentials", "credentials", "key", 90, service.MANAGERS))
