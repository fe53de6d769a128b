"""What of a lead a role may see: the same rule for tables, dialogs, APIs, exports, and for what one may search and sort by."""

from collections.abc import Mapping

from campaigns.scope import Who
from config.core.accounts import roles
from leads.models import Lead

MASKED_ROLES = frozenset({roles.ADMIN_MASKED, roles.ADVERTISER, roles.REPORT})
PERSONAL = frozenset({"email", "phone", "name_key"})
"""Indexed columns that hold personal data: not to be searched, filtered or sorted by those who see them masked."""


def sees_personal_data(who: Who) -> bool:
    """Of every lead in their view. Advertiser report users see it of billable leads only, so not of every one."""
    return who.role not in MASKED_ROLES and who.role != roles.ADVERTISER_REPORT


def sees_values_of(who: Who, lead: Lead) -> bool:
    if who.role == roles.ADVERTISER_REPORT:
        return lead.advertiser_billable
    return who.role not in MASKED_ROLES


def values_for(who: Who, lead: Lead, shown_fields: frozenset[str] = frozenset()) -> dict[str, str]:
    """The lead's values as `who` may see them; `shown_fields` are those the advertiser lets its users see."""
    if sees_values_of(who, lead):
        return lead.values
    return mask(lead.values, except_for=shown_fields)


def mask(values: Mapping[str, str], *, except_for: frozenset[str] = frozenset()) -> dict[str, str]:
    return {name: value if name in except_for else mask_value(value) for name, value in values.items()}


def mask_value(value: object) -> str:
    """The first character, so that a person recognises a row they know; never the length."""
    text = str(value)
    return f"{text[0]}••••" if text else ""


def sees_capabilities(who: Who) -> bool:
    """Lead hashes and event ids: whoever knows one can change the lead."""
    return who.role in roles.HOLDS_CAPABILITIES
