"""The Profile tab of a lead: what its sender captured, what enrichment added and what transforms made of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from campaigns.scope import Who
from leads import privacy
from leads.extension_points import LeadTab, lead_tabs
from leads.models import Lead
from leads.selectors import first_values

STANDARD_FIELDS: Mapping[str, str] = {
    "title": "Title",
    "firstName": "First name",
    "lastName": "Last name",
    "email": "E-mail",
    "telephone": "Telephone",
    "company": "Company",
    "jobTitle": "Job title",
    "addressLine1": "Address",
    "city": "City",
    "postcode": "Postcode",
    "country": "Country",
}
"""The labels of the fields that are listed for each lead, blank or not, under the names by which they are captured."""


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value as the user may see it, and the one that was captured first where it has been changed since."""

    label: str
    field: str
    value: str
    original: str | None = None


@dataclass(frozen=True, slots=True)
class ValueSection:
    key: str
    title: str
    values: list[ShownValue]


@lead_tabs.register
class ProfileTab(LeadTab):
    key = "profile"
    template = "leads/_values.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:  # noqa: ARG002  (the tab has nothing to ask)
        labels = {**STANDARD_FIELDS, **({field.name: field.label for field in lead.form.fields.all()} if lead.form else {})}
        sections = [ValueSection("captured", "Publisher Data", _captured(who, lead, labels)), *_made(who, lead, labels)]
        return {"sections": sections, "unmasked": privacy.sees_values_of(who, lead)}


def _captured(who: Who, lead: Lead, labels: Mapping[str, str]) -> list[ShownValue]:
    """Return the standard fields and those of the form, blank ones included, followed by what else was captured."""
    fields = {**labels, **{name: name for name in lead.captured if name not in labels}}
    values = privacy.shown_values(who, lead, lead.captured)
    before = {name: value for name, value in first_values(lead).items() if value != privacy.text_of(lead.captured.get(name))}
    originals = {name: privacy.original_for(who, lead, name, value) for name, value in before.items()}
    return [ShownValue(label, name, values.get(name, ""), originals.get(name)) for name, label in fields.items()]


def _made(who: Who, lead: Lead, labels: Mapping[str, str]) -> Iterator[ValueSection]:
    """Yield what was made of the captured values, without empty sections."""
    if not privacy.sees_results(who):
        return
    for key, title, values in (("enriched", "Enrichment", lead.enriched), ("transformed", "Value Transforms", lead.transformed)):
        if values:
            shown = privacy.shown_values(who, lead, values)
            yield ValueSection(key, title, [ShownValue(labels.get(name, name), name, value) for name, value in shown.items()])
