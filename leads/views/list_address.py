"""The address of a list in those of its leads, by which the page of a lead knows what comes before and after it."""

from urllib.parse import urlencode

from django.urls import reverse

LIST = "list"
"""The parameter of a lead's address that names the list it was opened from, as the address of that list."""
LONGEST_LIST = 1_500
"""A longer address of a list is left out: servers and proxies limit what an address may be."""


def list_query(address: str) -> str:
    """Return the query of a lead's address that names this list, with its question mark."""
    return f"?{urlencode({LIST: address})}" if 0 < len(address) <= LONGEST_LIST else ""


def tab_address(pk: int, key: str, query: str = "", *, list_address: str = "") -> str:
    """Return the address of a tab of a lead, with an encoded query of the tab's own, that carries on the list behind the lead."""
    carried = list_query(list_address)[1:]
    whole = "&".join(filter(None, (query, carried)))
    return reverse("lead_tab", args=[pk, key]) + (f"?{whole}" if whole else "")
