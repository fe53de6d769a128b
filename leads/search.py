"""The search box: its text may be a lead's id or hash, an e-mail address, a telephone number or a name."""

import re

from django.db.models import Q

from campaigns.scope import Who
from leads import privacy
from leads.intake import normalize

HASH = re.compile(r"[0-9a-fA-F]{32}")
TELEPHONE = re.compile(r"[+\d\s()./-]*\d[+\d\s()./-]*")
SHORTEST_TELEPHONE = 5
"""Text with fewer digits is an id only."""


class SearchRefused(ValueError):
    """A search that is refused, with a message for the user."""


def matching_leads(text: str, who: Who) -> Q:
    """Return the condition over Lead, on indexed columns only. Users who see personal data masked search by id alone."""
    text = text.strip()
    if HASH.fullmatch(text):
        if not privacy.sees_capabilities(who):
            raise SearchRefused("Your role does not see lead hashes, so leads are not found by them. Search by the lead's id.")
        return Q(lead_hash=text.lower())
    if text.isdecimal() and (len(text) < SHORTEST_TELEPHONE or not privacy.sees_personal_data(who)):
        return Q(pk=int(text))
    if not privacy.sees_personal_data(who):
        raise SearchRefused("Personal data is masked for your role, so leads are found by their id only.")
    if text.isdecimal():
        return Q(pk=int(text)) | begins_with("phone", normalize.fold_phone(text))
    if TELEPHONE.fullmatch(text):
        return begins_with("phone", normalize.fold_phone(text))
    by_email = begins_with("email", normalize.fold_email(text))
    return by_email if "@" in text else by_email | begins_with("name_key", normalize.fold_name(text))


def begins_with(column: str, prefix: str) -> Q:
    """Return a prefix condition. It excludes blanks explicitly, because the partial index is used only for queries that do."""
    if not prefix:
        return Q(pk__in=[])
    return Q(**{f"{column}__startswith": prefix}) & ~Q(**{column: ""})
