"""The names of captured fields: how one is written, and how many a lead may have."""

import unicodedata
from collections.abc import Collection, Mapping

from config.core.models.names import fault_of as mark_in
from config.core.pg_text import is_storable
from leads.values import texts

LONGEST_NAME = 80
"""As that of a field of a form."""
IP_COUNTRY = "ipCountry"
"""The field in which an enrichment keeps the country of the IP address that a lead came from."""
LONGEST_VALUE = 2000
"""The length of a value whose field no form describes; a form says so for its own."""
MOST_FIELDS, MOST_TEXT = 1000, 512 * 1024
"""The fields of a lead, and the characters of their names and values together: what a lead that is posted may have."""
DERIVED = frozenset({"leadHash", "emailDomain", "createdDate"})
"""The names of values that each lead has by itself. A value that is captured under one of them would be taken for it."""
_FOLDED = frozenset(map(texts.fold, DERIVED))
_NOT_IN_NAMES = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def clean(name: str) -> str:
    """Return the name in one form of Unicode, without the blanks and invisible signs around it."""
    return texts.strip(unicodedata.normalize("NFC", name)) if len(name) <= LONGEST_NAME * 10 else name


def fault_of(name: str) -> str:
    """Return what is wrong with a cleaned name, in words; an empty text for a right one."""
    if not name:
        return "This value should not be blank."
    if len(name) > LONGEST_NAME:
        return f"The name of a field has at most {LONGEST_NAME} characters."
    if not is_storable(name) or any(unicodedata.category(sign) in _NOT_IN_NAMES for sign in name):
        return "The name of a field is one line of text: this one holds a line break or a control character."
    if texts.fold(name) in _FOLDED:
        return f"{name} is a value that each lead has by itself, so no field can have its name."
    return mark_in(name)


def spelled_as(name: str, known: Collection[str]) -> str:
    """Return the known name that differs in case alone, if there is one and only one, else the name itself."""
    if name in known:
        return name
    folded = texts.fold(name)
    alike = [other for other in known if texts.fold(other) == folded]
    return alike[0] if len(alike) == 1 else name


def grow_too_large(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Return whether the values of a lead grow beyond what a lead may have."""
    return len(new) > max(MOST_FIELDS, len(old)) or _length(new) > max(MOST_TEXT, _length(old))


def _length(values: Mapping[str, object]) -> int:
    return sum(len(name) + len(str(value)) for name, value in values.items())
