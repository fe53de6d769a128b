"""What enrichment jobs have in common: under which names they keep what they find."""

from collections.abc import Mapping

from django import forms

from processr.job_types.base import JobType
from processr.job_types.outcomes import Enriched, found
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
    """Of two jobs that find the same name, what the later one finds stands."""

    finds: tuple[str, ...]

    def named(self, name: str) -> str:
        prefix = str(self.setting("names_begin_with"))
        return f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name

    def adds(self) -> list[str]:
        return [self.named(name) for name in self.finds]

    def found(self, values: Mapping[str, str]) -> Enriched:
        """What is empty has not been found."""
        return found({self.named(name): value for name, value in values.items() if value})

    def told(self, subject: str) -> str:
        return f"From {subject} it finds {all_of(self.adds())}"


def said(is_so: bool) -> str:  # noqa: FBT001  (the one thing it says)
    return TRUE if is_so else FALSE
