"""Masking of personal data by role: one rule for tables, dialogs, APIs and exports, and for searching and sorting."""

from collections.abc import Mapping

from campaigns.scope import Who
from config.core.accounts import roles
from leads.models import Lead

MASKED_ROLES = frozenset({roles.ADMIN_MASKED, roles.ADVERTISER, roles.REPORT})
PERSONAL = frozenset({"email", "phone", "name_key"})
"""Indexed columns with personal data: users who see them masked may not search, filter or sort by them."""


def sees_personal_data(who: Who) -> bool:
    """Return whether the user sees the personal data of all leads in their view.

    Advertiser report users see only those of billable leads.
    """
    return who.role not in MASKED_ROLES and who.role != roles.ADVERTISER_REPORT


def sees_values_of(who: Who, lead: Lead) -> bool:
    if who.role == roles.ADVERTISER_REPORT:
        return lead.advertiser_billable
    return who.role not in MASKED_ROLES


def values_for(who: Who, lead: Lead, shown_fields: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the lead's values as `who` may see them. `shown_fields` are those that the advertiser lets its users see."""
    if sees_values_of(who, lead):
        return lead.values
    return mask(lead.values, except_for=shown_fields)


def mask(values: Mapping[str, str], *, except_for: frozenset[str] = frozenset()) -> dict[str, str]:
    return {name: value if name in except_for else mask_value(value) for name, value in values.items()}


def mask_value(value: object) -> str:
    """Return the first character, so that a user recognises a known row, and never the length."""
    text = str(value)
    return f"{text[0]}••••" if text else ""


def sees_capabilities(who: Who) -> bool:
    """Return whether the user sees lead hashes and event ids: anyone who knows one can change the lead."""
    return who.role in roles.HOLDS_CAPABILITIES
