"""The tabs of a lead, in their order, and who sees each: one table for pages and tests."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.scope import Who
from config.core.accounts import roles
from leads import privacy


@dataclass(frozen=True, slots=True)
class TabRule:
    """A tab's label, and the roles that see it. Of the roles in `by_right`, only users who have been given the right do."""

    label: str
    roles: frozenset[str]
    by_right: frozenset[str] = frozenset()


TABS: Mapping[str, TabRule] = {
    "profile": TabRule("Profile", roles.SEES_LEADS),
    "associated_campaigns": TabRule("Associated Campaigns", roles.MANAGES_CAMPAIGNS),
    "job_details": TabRule("Job Details", roles.MANAGES_CAMPAIGNS),
    "processr_logs": TabRule("Processr Logs", roles.MANAGES_CAMPAIGNS),
    "provider_logs": TabRule("Provider Logs", frozenset({roles.ADMIN, roles.SUPER}), by_right=frozenset({roles.SUPER})),
    "edit_data": TabRule("Edit Data", roles.HOLDS_CAPABILITIES),
    "notes": TabRule("Notes", roles.SEES_LEADS),
    "deliveries": TabRule("Deliveries", roles.MANAGES_CAMPAIGNS),
    "timeline": TabRule("Timeline", roles.MANAGES_CAMPAIGNS),
}
"""By the key of the tab, in the order of the tabs. An app registers the tab itself under its key in `lead_tabs`."""


def is_open_to(who: Who, key: str) -> bool:
    rule = TABS[key]
    return who.role in rule.roles and (who.role not in rule.by_right or privacy.sees_provider_logs(who))
