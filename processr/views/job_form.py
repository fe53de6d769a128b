"""The forms of a job's page: the settings of its type, its scoring, and the lead that it is tried on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from campaigns.models import Campaign
from config.core.forms.page_form import share_focus
from processr.job_types.base import JobType, ProviderCheck
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField, with_row, with_rows_of_fields, without_row
from processr.job_types.settings_fields import FieldNamesField
from processr.models import Job
from processr.plans.plan import PlannedJob
from processr.selectors import form_field_names
from processr.services.columns import LAST_STAGE, STAGE_STEP, initial_values
from processr.services.locking import outgoing_refusal
from processr.views.forms import ROUTING, JobForm, SentLeadForm, TryForm, parse_version, version_of

COUNTING_FIELDS = ("label", "stage", "score", "hardfail", "after_enrichment", "on_error", "visible", "lock_state", *ROUTING)
SEEN = "job-seen"


@dataclass(frozen=True)
class EditedJob:
    """The job that a page shows: a stored one, or a new one of a type. `counts` are the stored or initial values of COUNTING_FIELDS."""

    campaign: Campaign
    job_type: type[JobType] | None
    job: Job | None
    counts: Mapping[str, Any]
    may_change: bool = True

    @classmethod
    def of_type(cls, campaign: Campaign, job_type: type[JobType], *, after: int) -> "EditedJob":
        return cls(campaign, job_type, None, initial_values(job_type, stage=min(after + STAGE_STEP, LAST_STAGE)))

    @classmethod
    def of_job(cls, campaign: Campaign, job: Job, *, may_change: bool) -> "EditedJob":
        counts = {name: getattr(job, name) for name in COUNTING_FIELDS}
        return cls(campaign, job_types.get(job.type), job, counts, may_change)

    @property
    def label(self) -> str:
        return self.job.label if self.job else str(self.counts["label"])

    @property
    def category(self) -> str:
        return self.job.category if self.job else self.known_type.category

    @property
    def can_be_tried(self) -> bool:
        """Whether the job can be tried on a lead. An integration cannot: it does not judge leads."""
        return self.category != Job.Category.INTEGRATION

    @property
    def asks_provider(self) -> bool:
        """Whether trying the job sends values of the lead to a provider."""
        return issubclass(self.known_type, ProviderCheck)

    @property
    def why_read_only(self) -> str:
        """The reason why a job is shown that may not be changed."""
        if self.job and self.job.lock_state == Job.LockState.LOCKED:
            return "The template of this campaign has locked this job: it can be read here, and not changed."
        if self.campaign.is_template or not self.known_type.is_outgoing:
            return "This is a template. Agencies work on the campaigns made from it; here they read."
        return outgoing_refusal(self.known_type)

    @property
    def lock_states(self) -> Sequence[str]:
        """The lock states that can be chosen: all of them on a template, on a campaign made from it only that the job was reviewed."""
        state = Job.LockState
        if self.campaign.is_template:
            return state.values
        return [state.REVIEW, state.REVIEWED] if self.job and self.job.lock_state == state.REVIEW else []

    @property
    def known_type(self) -> type[JobType]:
        """The type of a job that can be set up. Raise LookupError if the type is gone."""
        if self.job_type is None:
            raise LookupError(f"job type of {self.job} is gone")
        return self.job_type


class JobEditForm(JobForm):
    """The form of a job's scoring, with the forms of its settings as `settings` and of the lead to try or test it with as
    `trying` and `testing`.

    Both are valid together. `seen` is the version of the job that the page has shown.
    """

    def __init__(self, edited: EditedJob, data: QueryDict | None = None, *, typed: QueryDict | None = None) -> None:
        """Bind the form to `data`, if given. `typed` is shown again without being validated."""
        job, job_type = edited.job, edited.known_type
        counts, settings = edited.counts, job.config if job else {}
        if typed is not None:
            counts, settings = _typed_counts(typed), _typed_settings(edited, typed)
        super().__init__(data, initial=counts, category=edited.category, states=edited.lock_states)
        self.edited = edited
        self.settings = job_type.settings_form(data, campaign=edited.campaign, initial=settings)
        self.testing = SentLeadForm()
        posted = data if data is not None else typed
        if posted is None:
            self.trying, self.seen = TryForm(), version_of(job) if job else ""
        else:
            self.trying, self.seen = TryForm.unvalidated(posted), posted.get(SEEN, "")
        share_focus(self.settings, self, self.trying)

    @classmethod
    def with_rows(cls, edited: EditedJob, data: QueryDict, *, put_in: str = "", take_out: str = "") -> "JobEditForm":
        """Return the form with everything as it was typed, and one row of a list setting added or removed."""
        return cls(edited, typed=with_row(without_row(data.copy(), take_out), put_in))

    @classmethod
    def with_all_fields(cls, edited: EditedJob, data: QueryDict, *, setting: str) -> "JobEditForm":
        """Return the form with everything as it was typed, and all fields of the campaign's forms named in a setting."""
        field, data = edited.known_type.settings_fields(edited.campaign).get(setting), data.copy()
        names = form_field_names(edited.campaign)
        if isinstance(field, FieldNamesField):
            named = field.to_python(field.names_in(data, setting))
            data[setting] = ", ".join(dict.fromkeys([*named, *names]))
            data.pop(f"{setting}-more", None)
        elif isinstance(field, RowsField) and field.of_fields:
            data = with_rows_of_fields(data, setting, field, names)
        return cls(edited, typed=data)

    def is_valid(self) -> bool:
        """Validate the settings too, so that all errors are shown at once."""
        return all([self.settings.is_valid(), super().is_valid()])

    @property
    def values(self) -> dict[str, Any]:
        """The values for the services, which take the settings form itself: it is cleaned already."""
        return {**self.cleaned_data, "config": self.settings}

    @property
    def seen_at(self) -> datetime:
        return parse_version(self.seen)

    @property
    def planned(self) -> PlannedJob:
        """The job with the settings as posted, to be tried. Its scoring makes no difference to its outcome."""
        edited = self.edited
        return PlannedJob(
            id=edited.job.pk if edited.job else 0, type=edited.known_type.key, category=edited.known_type.category, label=edited.label,
            stage=0, score=0, hardfail=False, on_error=Job.OnError.ERROR, after_enrichment=False, config=self.settings.cleaned_data,
        )  # fmt: skip

    def refuse(self, message: str, *, field: str | None = None, seen: Job | None = None) -> None:
        """Show `message` beside its field if there is one, otherwise above the forms.

        `seen` is the version of the job that the message tells the user about.
        """
        if field in self.settings.fields:
            self.settings.add_error(field, message)
        elif field in self.fields:
            self.add_error(field, message)
        else:
            self.settings.add_error(None, message)  # The first form on the page: its message gets the focus.
        self.seen = version_of(seen) if seen else self.seen


def _typed_settings(edited: EditedJob, typed: QueryDict) -> dict[str, Any]:
    fields = edited.known_type.settings_fields(edited.campaign).items()
    return {name: field.widget.value_from_datadict(typed, {}, name) for name, field in fields}


def _typed_counts(typed: QueryDict) -> dict[str, Any]:
    """Return the posted values of the fields of `JobForm`. The form itself drops those that its category does not have."""
    counts: dict[str, Any] = {}
    for name in COUNTING_FIELDS:
        field, html_name = JobForm.base_fields.get(name), f"job-{name}"
        counts[name] = field.widget.value_from_datadict(typed, {}, html_name) if field else typed.get(html_name, "")
    return counts
