"""E-mail addresses: the form in which they are compared, their domains, and what is wrong with them.

The compared form is that of the validator: the domain in Unicode, whether it came so or as `xn--`, and the name before the @
in one Unicode form, both without case.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from leads.values import texts

LONGEST = 320
LONGEST_NAME = 64
"""The most bytes before the @."""
LONGEST_DOMAIN = 253
LABELS_AT_MOST = 127
"""The most labels a domain can have. Only so many are looked up."""

_DOTTED_I = re.compile("\u0130|[Ii]\u0307")
"""The capital of i in Turkish, which programs make of addresses too. No domain is written with it."""
_SPACE = re.compile(r"\s")
_OTHER_ATS = re.compile("[\uff20\ufe6b]")
_STOPS = str.maketrans("\u3002\uff0e\uff61", "...")
_NEEDLESSLY_QUOTED = re.compile(r'"([\w!#$%&\'*+/=?^`{|}~-]+(?:\.[\w!#$%&\'*+/=?^`{|}~-]+)*)"')
_ANY_ENDING = ".com"
_SCHEME = "mailto:"


def canonical(text: str) -> str:
    """Return the form in which addresses are compared, or the beginnings of addresses. It is empty for more than `LONGEST` characters."""
    address = _with_plain_at(texts.strip(text))
    if len(address) > LONGEST:
        return ""
    name, at, domain = address.rpartition("@")
    folded = f"{_fold_name(name)}@{canonical_domain(domain)}" if at else _fold_name(address)
    return texts.strip(folded) if len(folded) <= LONGEST else ""


def searched(text: str) -> str:
    """Return the compared form of an address that is searched for, or of its beginning: also of a link, mailto:ann@example.com?cc=…"""
    address = texts.strip(text)
    is_link = address[: len(_SCHEME)].lower() == _SCHEME
    return canonical(unquote(address[len(_SCHEME) :].partition("?")[0]) if is_link else address)


def canonical_domain(text: str) -> str:
    """Return the form in which domains are compared: `Example.COM.` is `example.com`."""
    lower = text.lower()
    if lower.isascii() and "xn--" not in lower:
        return lower.rstrip(".")
    text = _DOTTED_I.sub("i", text)
    return _validated_domain(text) if len(text) <= LONGEST_DOMAIN else _similar_domain(text)


def fold_address(folded: str) -> str:
    """Return a folded text, an e-mail address or domain among them in its canonical form: `@xn--mller-kva.de` is `@müller.de`."""
    if " " in folded or not ("xn--" in folded or ("@" in folded and not folded.isascii())):
        return folded
    address = canonical(folded) if "@" in folded else canonical_domain(folded)
    return texts.fold(address) or folded


def domain_of(address: str) -> str:
    """Return the compared form of the address's domain, empty where there is none."""
    _, at, domain = _with_plain_at(texts.strip(address)).rpartition("@")
    return canonical_domain(domain) if at else ""


def listed_domain(text: str) -> str:
    """Return the compared form of a domain as people write it in lists: `@Mail.Example.com.` is `mail.example.com`."""
    return canonical_domain(texts.strip(text).removeprefix("@").removeprefix("*").strip("."))


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


def fault_of(address: str) -> str | None:
    """Return the fault of an address without blanks around it, in words for the sender and without any part of it, or None.

    The syntax alone is checked. Addresses under .test pass: a job recognises test leads.
    """
    if len(address) > LONGEST:
        return "is too long"
    name, at, domain = address.rpartition("@")
    if not at:
        return "has a wide @ in it: write a plain one" if _OTHER_ATS.search(address) else "has no @"
    if invisible := texts.invisible_in(address):
        return f"has an invisible character (U+{ord(invisible):04X}) in it"
    if _SPACE.search(address):
        return "has a space in it"
    return _fault_of_parts(name, domain) or _fault_of_whole(address)


def _fault_of_parts(name: str, domain: str) -> str | None:
    if not name or not domain:
        return f"has nothing {'before' if not name else 'after'} the @"
    if "@" in name and not name.startswith('"'):
        return "has more than one @"
    if max(len(form.encode(errors="surrogatepass")) for form in (name, unicodedata.normalize("NFC", name))) > LONGEST_NAME:
        return f"is too long before the @: at most {LONGEST_NAME} bytes may stand there"
    stops = domain.translate(_STOPS)
    if stops.endswith("."):
        return "ends with a full stop: leave it out"
    return None if "." in stops else "has no full stop after the @"


@lru_cache(maxsize=4096)
def _fault_of_whole(address: str) -> str | None:
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "cannot be an e-mail address: check it for signs that do not belong there"
    return None


def _with_plain_at(address: str) -> str:
    return address if address.isascii() else _OTHER_ATS.sub("@", texts.without_invisible(address))


def _fold_name(name: str) -> str:
    quoted = _NEEDLESSLY_QUOTED.fullmatch(name) if name.startswith('"') else None
    plain = quoted[1] if quoted else name
    if plain.isascii():
        return plain.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", _DOTTED_I.sub("i", plain)).casefold())


@lru_cache(maxsize=4096)
def _validated_domain(text: str) -> str:
    """Return the validator's form of a domain. With an ending, it takes reserved domains and beginnings of domains too."""
    domain = text.translate(_STOPS).rstrip(".")
    try:
        valid = validate_email(f"x@{domain}{_ANY_ENDING}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return _similar_domain(domain)
    return valid.domain.removesuffix(_ANY_ENDING)


def _similar_domain(text: str) -> str:
    """Return a form near to the validator's for what cannot be a domain."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).lower()).translate(_STOPS).rstrip(".")
