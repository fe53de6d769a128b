"""HTTP Enrichment: calls any JSON provider about the lead and stores values of its answer."""

import json

from django import forms
from typing_extensions import override

from config.core.forms.layout import Fields, Section
from processr.job_types.base import AddsFields
from processr.job_types.exchange import Exchange
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Enriched, enriched, error
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField
from processr.jobs.http import answer_path
from processr.jobs.http.call import NOT_READ, HttpCall
from processr.jobs.http.fields import PathField
from processr.jobs.http.settings import CALL_LIMITS, REQUEST, CallSettings
from processr.jobs.text import phrases

UNKNOWN = frozenset({404, 410})
TAKEN_HELP = (
    "Such as company.name into companyName. The https address of a picture, in a field named photo, avatar, picture or image, is fetched "
    "and shown with the lead."
)


class ExtractedValueForm(forms.Form):
    path = PathField(max_length=200, label="Path in the answer")
    field = FieldNameField(label="Becomes the field")


class HttpEnrichmentSettings(CallSettings):
    layout = Fields(REQUEST, CALL_LIMITS, Section("The answer", "taken", "unknown_is_fine"))

    taken = RowsField(ExtractedValueForm, at_most=50, initial=[], label="What is taken", help_text=TAKEN_HELP)
    unknown_is_fine = forms.BooleanField(
        required=False,
        initial=True,
        label="Not found (404) is an answer",
        help_text="The provider knows nothing of the lead. Otherwise it counts as an error.",
    )

    def clean_taken(self) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = self.cleaned_data["taken"]
        names = [row["field"] for row in rows]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise forms.ValidationError(f"{repeated} would be filled twice.")
        return rows


@job_types.register
class HttpEnrichment(AddsFields, HttpCall):
    key = "http_enrichment"
    api_id = 9081
    label = "HTTP Enrichment"
    description = "Asks a provider about the lead over HTTP and keeps what it knows in fields of its own."
    Settings = HttpEnrichmentSettings

    def rule(self) -> str:
        names = self.added_fields()
        return f"A provider is asked for {phrases.join_names(names)}" if names else "A provider is asked about the lead"

    def added_fields(self) -> list[str]:
        return [row["field"] for row in self.setting("taken")]

    def known_outcome(self, lead: JobLead) -> Enriched | None:
        outcome = super().known_outcome(lead)
        return None if outcome is None else Enriched(outcome)

    @override
    def judge_answer(self, lead: JobLead, exchange: Exchange) -> Enriched:
        """Return the values at the configured paths. An empty answer has none; missing and empty values fill no field."""
        if exchange.is_answered and exchange.status in UNKNOWN and self.setting("unknown_is_fine"):
            return enriched({})
        if unreadable := self.unreadable(exchange):
            return Enriched(unreadable)
        if exchange.status is None or not 200 <= exchange.status < 300:
            return Enriched(error(NOT_READ))
        try:
            answer = json.loads(exchange.body) if exchange.body.strip() else {}
        except (ValueError, RecursionError):
            return Enriched(error(NOT_READ))
        values: dict[str, str] = {}
        for row in self.setting("taken"):
            if value := answer_path.as_text(answer_path.parse_path(row["path"]).find(answer)):
                values[row["field"]] = value
        return enriched(values)
