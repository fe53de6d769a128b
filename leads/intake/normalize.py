"""The columns of a lead that are derived from its captured e-mail, telephone and name, for searching and comparing."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from django.db.models import CharField

from leads.models import Lead
from leads.values import emails, search_words, telephones, texts

EMAIL, TELEPHONE, FIRST_NAME, LAST_NAME, COUNTRY, COMPANY = "email", "telephone", "firstName", "lastName", "country", "company"
"""Names of fields with a special meaning."""


COMPARED = frozenset({EMAIL, TELEPHONE, COUNTRY, FIRST_NAME, LAST_NAME})
"""The fields from which the columns are derived."""


class Derived(NamedTuple):
    email: str
    phone: str
    name_key: str

    @classmethod
    def stored(cls, lead: Lead) -> "Derived":
        return cls(lead.email, lead.phone, lead.name_key)


def derive(captured: Mapping[str, str]) -> Derived:
    name = f"{captured.get(FIRST_NAME, '')} {captured.get(LAST_NAME, '')}"
    return Derived(
        email=texts.cut(emails.canonical(captured.get(EMAIL, "")), length_of("email")),
        phone=telephones.key(captured.get(TELEPHONE, ""), telephones.region_of(captured.get(COUNTRY, "")))[: length_of("phone")],
        name_key=texts.cut(texts.fold_accents(name), length_of("name_key")),
    )


def columns(captured: Mapping[str, str]) -> dict[str, str]:
    """Return the derived columns of a lead."""
    return derive(captured)._asdict()


def words(captured: Mapping[str, object], derived: Derived) -> list[str]:
    """Return the words by which the lead is searched."""
    values = [value for name in (FIRST_NAME, LAST_NAME, COMPANY) if isinstance(value := captured.get(name), str)]
    return search_words.words_of_lead(values, email=derived.email, phone=derived.phone)


def derive_compared(lead: Lead, transformed: Mapping[str, str]) -> Derived:
    """Return what jobs compare: derived from the transformed values over the captured ones."""
    if not transformed or COMPARED.isdisjoint(transformed):
        return Derived.stored(lead)
    values = {**lead.captured, **transformed}
    return derive({name: value for name in COMPARED if isinstance(value := values.get(name), str)})


def transformed_columns(captured: Derived, compared: Derived) -> dict[str, str | None]:
    """Return the columns of a lead that say what is compared in place of what was captured."""
    pairs = zip(Derived._fields, captured, compared, strict=True)
    return {f"transformed_{column}": new if new != old else None for column, old, new in pairs}


def length_of(column: str) -> int:
    """Return the maximum length of a lead's column."""
    return cast(CharField, Lead._meta.get_field(column)).max_length or 0
