"""The search box: its text may be a lead's id or hash, or what a column is searched by: an e-mail address, a telephone number or a name."""

import re
from functools import reduce
from operator import or_

from django.db.models import Q

from campaigns.scope import Who
from config.core.ids import ids_in
from leads import columns, privacy
from leads.columns.filter_types import PrefixFilter
from leads.values import texts

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
            raise SearchRefused("Your role does not see lead hashes, so leads are not found by them. Search by the lead's id.")
        return Q(lead_hash=text.lower())
    by_id = [Q(pk=pk) for pk in ids_in([text])]
    if by_id and (len(text) < SHORTEST_NUMBER or not privacy.sees_personal_data(who)):
        return by_id[0]
    if not privacy.sees_personal_data(who):
        raise SearchRefused("Personal data is masked for your role, so leads are found by their id only.")
    searched = [column.filter for column in columns.all_columns(who) if isinstance(column.filter, PrefixFilter)]
    conditions = [*by_id, *(prefix.condition(text) for prefix in searched if prefix.suits(text))]
    return reduce(or_, conditions, Q(pk__in=[]))
