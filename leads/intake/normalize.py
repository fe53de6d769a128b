"""The columns of a lead that are derived from its captured e-mail, telephone and name, for searching and comparing."""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple, cast

from django.db.models import CharField

from leads.models import Lead
from leads.values import emails, texts

EMAIL, TELEPHONE, FIRST_NAME, LAST_NAME = "email", "telephone", "firstName", "lastName"
"""Names of fields with a special meaning."""


class Derived(NamedTuple):
    email: str
    phone: str
    name_key: str


def derive(captured: Mapping[str, str]) -> Derived:
    name = f"{captured.get(FIRST_NAME, '')} {captured.get(LAST_NAME, '')}"
    return Derived(
        email=emails.canonical(captured.get(EMAIL, "")),
        phone=fold_phone(captured.get(TELEPHONE, ""))[: length_of("phone")],
        name_key=texts.cut(texts.fold_accents(name), length_of("name_key")),
    )


def columns(captured: Mapping[str, str]) -> dict[str, str]:
    """Return the derived columns of a lead."""
    return derive(captured)._asdict()


def fold_phone(text: str) -> str:
    """Return the digits of any script, and the plus of an international number: `+44 (0)20` becomes `+44020`."""
    digits = "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())
    return f"+{digits}" if digits and text.lstrip().startswith("+") else digits


def length_of(column: str) -> int:
    """Return the maximum length of a lead's column."""
    return cast(CharField, Lead._meta.get_field(column)).max_length or 0
