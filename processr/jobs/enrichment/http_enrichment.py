"""HTTP Enrichment: calls any JSON provider about the lead and stores values of its answer."""

import json

from django import forms

from processr.job_types.exchange import Exchange
from processr.job_types.lead import BatchLead, LeadBatch, listed
from processr.job_types.outcomes import Enriched, enriched, error
from processr.job_types.registry import job_types
from processr.job_types.rows_field import Rows
from processr.job_types.settings_fields import FieldName
from processr.jobs.http import answer_path
from processr.jobs.http.call import NOT_READ, HttpCall
from processr.jobs.http.fields import PathField
from processr.jobs.http.settings import CallSettings
from processr.models import Job

UNKNOWN = frozenset({404, 410})


class TakenRow(forms.Form):
    path = PathField(max_length=200, label="Path in the answer")
    field = FieldName(label="Becomes the field")


class HttpEnrichmentSettings(CallSettings):
    taken = Rows(TakenRow, at_most=50, initial=[], label="What is taken", help_text="Such as company.name into companyName.")
    unknown_is_fine = forms.BooleanField(
        required=False,
        initial=True,
        label="Not found (404) is an answer",
        help_text="The provider knows nothing of the lead. Otherwise it counts as an error.",
    )

    def clean_taken(self) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = self.cleaned_data["taken"]
        names = [row["field"] for row in rows]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise forms.ValidationError(f"{twice} would be filled twice.")
        return rows


@job_types.register
class HttpEnrichment(HttpCall):
    key = "http_enrichment"
    api_id = 9081
    label = "HTTP Enrichment"
    description = "Asks a provider about the lead over HTTP and keeps what it knows in fields of its own."
    category = Job.Category.ENRICHMENT
    default_score = 0
    Settings = HttpEnrichmentSettings

    def rule(self) -> str:
        names = self.adds()
        return f"A provider is asked for {listed(names)}" if names else "A provider is asked about the lead"

    def adds(self) -> list[str]:
        return [row["field"] for row in self.setting("taken")]

    def unasked(self, batch: LeadBatch, lead: BatchLead) -> Enriched | None:
        outcome = super().unasked(batch, lead)
        return None if outcome is None else Enriched(outcome)

    def answered(self, batch: LeadBatch, lead: BatchLead, exchange: Exchange) -> Enriched:  # noqa: ARG002
        if exchange.is_answered and exchange.status in UNKNOWN and self.setting("unknown_is_fine"):
            return enriched({})
        if unread := self.unread(exchange):
            return Enriched(unread)
        if exchange.status is None or not 200 <= exchange.status < 300:
            return Enriched(error(NOT_READ))
        return self._taken(exchange)

    def _taken(self, exchange: Exchange) -> Enriched:
        """Return the values at the configured paths. An empty answer has none; missing and empty values fill no field."""
        try:
            answer = json.loads(exchange.body) if exchange.body.strip() else {}
        except (ValueError, RecursionError):
            return Enriched(error(NOT_READ))
        values = {row["field"]: answer_path.as_text(answer_path.read(row["path"]).find(answer)) for row in self.setting("taken")}
        return enriched({name: value for name, value in values.items() if value})
