"""The address of a list in those of its leads, by which the page of a lead knows what comes before and after it."""

from urllib.parse import urlencode

LIST = "list"
"""The parameter of a lead's address that names the list it was opened from, as the address of that list."""
LONGEST_LIST = 1_500
"""A longer address of a list is left out: servers and proxies limit what an address may be."""


def list_query(address: str) -> str:
    """Return the query of a lead's address that names this list, with its question mark."""
    return f"?{urlencode({LIST: address})}" if 0 < len(address) <= LONGEST_LIST else ""
