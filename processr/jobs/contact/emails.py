"""What an e-mail address tells by itself, without asking anybody: whether it can be one, and whose domain it is of."""

import re
from collections.abc import Collection

from email_validator import EmailNotValidError, validate_email

LONGEST = 320
SPACE = re.compile(r"\s")
NO_ADDRESS = "cannot be an e-mail address: check it for signs that do not belong there"


def fault_of(address: str) -> str | None:
    """In words for who sent it, and without a piece of the address. As at the intake, addresses under .test may be."""
    return _plain_fault(address) or (None if _can_be(address) else NO_ADDRESS)


def domain_of(address: str) -> str:
    """Empty where there is none."""
    return folded_domain(address.rpartition("@")[2]) if "@" in address else ""


def folded_domain(text: str) -> str:
    """As it is written in lists: `@Mail.Example.com.` is `mail.example.com`."""
    return text.strip().lower().removeprefix("@").removeprefix("*").strip(".")


def is_of(domain: str, listed: Collection[str], *, fine: Collection[str]) -> bool:
    """A domain that is listed stands for all below it, until a longer one says otherwise."""
    labels = domain.split(".")[-_LABELS:]
    for start in range(len(labels)):
        parent = ".".join(labels[start:])
        if parent in fine:
            return False
        if parent in listed:
            return True
    return False


_LABELS = 127
"""More a name cannot have; what is longer is not looked through."""


def _plain_fault(address: str) -> str | None:
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
    return None if "." in domain else "has no full stop after the @"


def _can_be(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True
