"""Masking of personal data by role: one rule for tables, dialogs, APIs and files, and for searching and sorting.

A text is masked in Python for pages, and in SQL for files that PostgreSQL writes itself. A property test holds that both
give the same text, for each role.
"""

import json
from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Case, Func, Q, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from campaigns.scope import Who
from config.core.accounts import roles
from leads.models import Lead

MASKED_ROLES = frozenset({roles.ADMIN_MASKED, roles.ADVERTISER, roles.REPORT})
MASKED_READS = ("advertiser_billable", "campaign__advertiser__visible_fields")
"""The columns of a lead that the masks depend on."""


def sees_personal_data(who: Who) -> bool:
    """Return whether the user sees the personal data of all leads in their view.

    Advertiser report users see only those of billable leads.
    """
    return who.role not in MASKED_ROLES and who.role != roles.ADVERTISER_REPORT


def sees_values_of(who: Who, lead: Lead) -> bool:
    if who.role == roles.ADVERTISER_REPORT:
        return lead.advertiser_billable
    return who.role not in MASKED_ROLES


SEEN_MASKED = "You see this lead masked: only those who see it unmasked may have its values tried, sent or previewed."


def refusal_to_use(who: Who, lead: Lead) -> str:
    """Return why `who` may not have the values of the lead tried by a job, sent as a test or shown in a preview; empty if they may.

    What comes of the values tells about them, however it is masked: whoever sets up the job decides what it asks.
    """
    return "" if sees_values_of(who, lead) and sees_results(who) else SEEN_MASKED


def shown_fields(who: Who, lead: Lead) -> frozenset[str]:
    """Return the fields that the advertiser lets its own users see unmasked."""
    return frozenset(lead.campaign.advertiser.visible_fields) if who.role in roles.ADVERTISER_SIDE else frozenset()


def sees_results(who: Who) -> bool:
    """Return whether the user sees transformed and enriched values. Publishers see what they have sent (decision 33)."""
    return who.role != roles.PUBLISHER


def values_for(who: Who, lead: Lead) -> dict[str, str]:
    """Return the lead's values as `who` may see them."""
    values = lead.values if sees_results(who) else lead.captured
    if sees_values_of(who, lead):
        return values
    return mask(values, except_for=shown_fields(who, lead))


def masked_for(who: Who, lead: Lead, text: str, field: str = "") -> str:
    """Return the text of a lead as `who` may see it. `field` is the name of the lead's field, if it is one."""
    if sees_values_of(who, lead) or field in shown_fields(who, lead):
        return text
    return mask_value(text)


def masked_sql(who: Who, text: Combinable, field: str = "") -> Combinable:
    """Return the SQL of a text of leads as `who` may see it, for queries of Lead."""
    if sees_personal_data(who):
        return text
    seen = Q(advertiser_billable=True) if who.role == roles.ADVERTISER_REPORT else Q()
    if field and who.role in roles.ADVERTISER_SIDE:
        seen |= Q(campaign__advertiser__visible_fields__contains=[field])
    mask = Coalesce(MaskedText(text), Value(""), output_field=TextField())
    return Case(When(seen, then=text), default=mask, output_field=TextField()) if seen else mask


def mask(values: Mapping[str, str], *, except_for: frozenset[str] = frozenset()) -> dict[str, str]:
    return {name: value if name in except_for else mask_value(value) for name, value in values.items()}


def mask_value(value: object) -> str:
    """Return the first character, so that a user recognises a known row, and never the length."""
    text = text_of(value)
    return f"{text[0]}••••" if text else ""


def text_of(value: object) -> str:
    """Return the text of a value of a JSON column as PostgreSQL's ->> does, and nothing for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json.dumps(value, ensure_ascii=False)


class MaskedText(Func):
    """The mask of `mask_value` in SQL, but null for an empty text."""

    template = "(nullif(left(%(expressions)s, 1), '') || '••••')"
    output_field = TextField()


def sees_capabilities(who: Who) -> bool:
    """Return whether the user sees lead hashes and event ids: anyone who knows one can change the lead."""
    return who.role in roles.HOLDS_CAPABILITIES
