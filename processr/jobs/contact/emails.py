"""Facts that an e-mail address gives by itself: whether it can be one, and its domain."""

import re
from collections.abc import Collection

from email_validator import EmailNotValidError, validate_email

LONGEST = 320
SPACE = re.compile(r"\s")
LABELS_AT_MOST = 127
"""The most labels a domain can have. Only so many are looked up."""


def fault_of(address: str) -> str | None:
    """Return the fault of the address in words for the sender, without any part of it, or None.

    As at the intake, addresses under .test are accepted.
    """
    name, at, domain = address.rpartition("@")
    if len(address) > LONGEST:
        return "is too long"
    if not at:
        return "has no @"
    if SPACE.search(address):
        return "has a space in it"
    if not name or not domain:
        return f"has nothing {'before' if not name else 'after'} the @"
    if "@" in name and not name.startswith('"'):
        return "has more than one @"
    if "." not in domain:
        return "has no full stop after the @"
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "cannot be an e-mail address: check it for signs that do not belong there"
    return None


def domain_of(address: str) -> str:
    """Return the folded domain of the address, empty where there is none."""
    return fold_domain(address.rpartition("@")[2]) if "@" in address else ""


def fold_domain(text: str) -> str:
    """Return the domain as it is written in lists: `@Mail.Example.com.` is `mail.example.com`."""
    return text.strip().lower().removeprefix("@").removeprefix("*").strip(".")


def is_listed(domain: str, domains: Collection[str], *, allowed: Collection[str]) -> bool:
    """Return whether the domain or a parent is listed. The longest one that is listed or allowed decides."""
    labels = domain.split(".")[-LABELS_AT_MOST:]
    for start in range(len(labels)):
        parent = ".".join(labels[start:])
        if parent in allowed:
            return False
        if parent in domains:
            return True
    return False
