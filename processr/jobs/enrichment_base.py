"""The base of enrichment jobs that fill fields of fixed names."""

from collections.abc import Mapping

from django import forms

from processr.job_types.base import Enrichment
from processr.job_types.outcomes import Enriched, enriched
from processr.job_types.settings_fields import JobSettings, validate_text
from processr.jobs.text.phrases import all_of


class EnrichmentSettings(JobSettings):
    names_begin_with = forms.CharField(
        required=False,
        initial="",
        max_length=30,
        validators=[validate_text],
        label="Names begin with",
        help_text="Needed where two jobs of this kind look at two fields: with “work”, country becomes workCountry.",
    )


class FixedFieldsEnrichment(Enrichment):
    """An enrichment type that fills fields of fixed names, with an optional prefix.

    If two jobs fill the same field, the value of the later one stays.
    """

    field_names: tuple[str, ...]

    def added_fields(self) -> list[str]:
        return [self._prefixed(name) for name in self.field_names]

    def enriched_fields(self, values: Mapping[str, str]) -> Enriched:
        """Return the values under their prefixed names. Empty values are left out."""
        return enriched({self._prefixed(name): value for name, value in values.items() if value})

    def rule_for(self, subject: str) -> str:
        return f"From {subject} it finds {all_of(self.added_fields())}"

    def _prefixed(self, name: str) -> str:
        prefix = str(self.setting("names_begin_with"))
        return f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name


def truth_text(is_true: bool) -> str:  # noqa: FBT001  (its only argument)
    return "true" if is_true else "false"
