"""Leads that people name by a text.

In the search box it is a lead's id or hash, or what a column is searched by: an e-mail address, a telephone number or a
name. Where a page asks for one lead, it is its id, its e-mail address, or *last*.
"""

import re
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.errors import ROLE
from config.core.ids import ids_in
from leads import columns, privacy
from leads.columns.filter_types import PrefixFilter
from leads.intake.normalize import FIRST_NAME, LAST_NAME
from leads.models import Lead
from leads.selectors import leads_for
from leads.values import emails, texts

LAST = "last"
RECENT = 20
HASH = re.compile(r"[0-9a-fA-F]{32}")
SHORTEST_NUMBER = 5
"""Text with fewer digits is an id only."""


class SearchRefused(ValueError):
    """A search that is refused, with a message for the user."""


def matching_leads(text: str, who: Who) -> Q:
    """Return the condition over Lead, on indexed columns only. Users who see personal data masked search by id alone."""
    text = texts.strip(text)
    if HASH.fullmatch(text):
        if not privacy.sees_capabilities(who):
            raise SearchRefused(
                f"{ROLE.lifts('Your role does not see lead hashes, so leads are not found by them.')} Search by the lead's id."
            )
        return Q(lead_hash=text.lower())
    by_id = [Q(pk=pk) for pk in ids_in([text])]
    if by_id and (len(text) < SHORTEST_NUMBER or not privacy.sees_personal_data(who)):
        return by_id[0]
    if not privacy.sees_personal_data(who):
        raise SearchRefused(ROLE.lifts("Personal data is masked for your role, so leads are found by their id only."))
    searched = [column.filter for column in columns.all_columns(who) if isinstance(column.filter, PrefixFilter)]
    conditions = [*by_id, *(prefix.condition(text) for prefix in searched if prefix.suits(text))]
    return reduce(or_, conditions, Q(pk__in=[]))


def named_lead(leads: QuerySet[Lead], who: Who, name: str) -> Lead | None:
    """Return the lead that a person means: its id, its e-mail address, or *last*. An address finds the newest lead that has it.

    Users who see leads masked name none by its address: that one is found would tell them the address.
    """
    text = texts.strip(name)
    if text.casefold() == LAST:
        return leads.order_by("-pk").first()
    if "@" in text:
        found = leads.filter(email=emails.canonical(text)) if privacy.sees_personal_data(who) else leads.none()
        return found.order_by("-pk").first()
    return leads.filter(pk__in=ids_in([text])).first()


def recent_leads(who: Who, campaign: Campaign) -> list[tuple[str, str]]:
    """Return what names the newest leads of a campaign, and the lead in words, for pages that ask for one."""
    if not privacy.sees_personal_data(who):
        return []
    rows = leads_for(who).filter(campaign=campaign).order_by("-pk").only("pk", "captured", "email")[:RECENT]
    recent = [(str(lead.pk), " ".join(filter(None, [*map(lead.captured.get, (FIRST_NAME, LAST_NAME)), lead.email]))) for lead in rows]
    return [(LAST, "The last one that came"), *recent] if recent else []
