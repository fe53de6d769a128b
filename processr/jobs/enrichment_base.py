"""The base of enrichment jobs: the names under which they store their values."""

from collections.abc import Mapping

from django import forms

from processr.job_types.base import JobType
from processr.job_types.outcomes import Enriched, enriched
from processr.job_types.settings_fields import JobSettings, validate_text
from processr.jobs.text.phrases import all_of

TRUE, FALSE = "true", "false"


class EnrichmentSettings(JobSettings):
    names_begin_with = forms.CharField(
        required=False,
        initial="",
        max_length=30,
        validators=[validate_text],
        label="Names begin with",
        help_text="Needed where two jobs of this kind look at two fields: with “work”, country becomes workCountry.",
    )


class NamedFinds(JobType):
    """An enrichment type that fills fields of fixed names, with an optional prefix.

    If two jobs fill the same field, the value of the later one stays.
    """

    finds: tuple[str, ...]

    def named(self, name: str) -> str:
        prefix = str(self.setting("names_begin_with"))
        return f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name

    def adds(self) -> list[str]:
        return [self.named(name) for name in self.finds]

    def found(self, values: Mapping[str, str]) -> Enriched:
        """Return the values under their field names. Empty values are left out."""
        return enriched({self.named(name): value for name, value in values.items() if value})

    def told(self, subject: str) -> str:
        return f"From {subject} it finds {all_of(self.adds())}"


def said(is_so: bool) -> str:  # noqa: FBT001  (its only argument)
    return TRUE if is_so else FALSE
