"""The forms of a job's page: the settings of its type, how it counts, and the lead that it is tried on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import QueryDict

from campaigns.models import Campaign
from config.core.accounts.forms import dress
from processr.job_types.base import JobType, ProviderCheck
from processr.job_types.registry import job_types
from processr.job_types.rows_field import with_row, without_row
from processr.job_types.settings_fields import JobSettings
from processr.models import Job
from processr.plans.plan import PlannedJob
from processr.views.forms import LAST_STAGE, ROUTING, JobForm, TryForm, first_values, parse_version, version_of

STEP = 10
"""Distance between the stages of jobs added one after another, so that a job can be put between two of them."""
COUNTING_FIELDS = ("label", "stage", "score", "hardfail", "after_enrichment", "on_error", "visible", "lock_state", *ROUTING)
SEEN = "job-seen"


class JobEditor:
    """The forms of one job, new or stored.

    `open`, `keep` or `take` must be called first: they create the forms.
    """

    settings: JobSettings
    counts: JobForm
    trying: TryForm

    def __init__(self, campaign: Campaign, job_type: type[JobType] | None, job: Job | None, first: Mapping[str, Any]) -> None:
        self.campaign, self.job_type, self.job, self.first = campaign, job_type, job, first
        self.may_change = True
        self.seen = version_of(job) if job else ""
        self.refusal = ""

    @classmethod
    def of_type(cls, campaign: Campaign, job_type: type[JobType], *, after: int) -> "JobEditor":
        return cls(campaign, job_type, None, first_values(job_type, stage=min(after + STEP, LAST_STAGE)))

    @classmethod
    def of_job(cls, campaign: Campaign, job: Job, *, may_change: bool) -> "JobEditor":
        draft = cls(campaign, job_types.get(job.type), job, {name: getattr(job, name) for name in COUNTING_FIELDS})
        draft.may_change = may_change
        return draft

    @property
    def label(self) -> str:
        return self.job.label if self.job else str(self.first["label"])

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
    def _states(self) -> Sequence[str]:
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

    def open(self) -> None:
        """Create the forms with the stored values, or with the initial values of the type."""
        if self.job_type is not None:
            self._create_forms(self.job.config if self.job else {}, self.first)

    def keep(self, data: QueryDict, *, put_in: str = "", take_out: str = "") -> None:
        """Create the forms with the posted values, unvalidated, with one row of a list setting added or removed."""
        data = with_row(without_row(data.copy(), take_out), put_in)
        fields = self.known_type.settings_fields(self.campaign).items()
        settings = {name: field.widget.value_from_datadict(data, {}, name) for name, field in fields}
        counts = {name: self._posted_value(name, data) for name in COUNTING_FIELDS}
        self._create_forms(settings, counts)
        self.trying, self.seen = _unvalidated_trial(data), data.get(SEEN, "")

    def take(self, data: QueryDict) -> None:
        """Create the forms bound to the posted values."""
        self.settings = self.known_type.settings_form(data, campaign=self.campaign)
        self.counts = JobForm(data, category=self.category, states=self._states)
        self.trying, self.seen = _unvalidated_trial(data), data.get(SEEN, "")
        self._dress_settings()

    def is_valid(self) -> bool:
        """Validate both forms, so that all errors are shown at once."""
        return all([self.settings.is_valid(), self.counts.is_valid()])

    @property
    def values(self) -> dict[str, Any]:
        """The values for the services, which take the settings form itself: it is cleaned already."""
        return {**self.counts.cleaned_data, "config": self.settings}

    @property
    def seen_at(self) -> datetime:
        return parse_version(self.seen)

    @property
    def planned(self) -> PlannedJob:
        """The job with the settings as posted, to be tried. How the job counts makes no difference to its outcome."""
        pk = self.job.pk if self.job else 0
        return PlannedJob(
            id=pk, type=self.known_type.key, category=self.known_type.category, label=self.label, stage=0, score=0, hardfail=False,
            on_error=Job.OnError.ERROR, after_enrichment=False, config=self.settings.cleaned_data,
        )  # fmt: skip

    def refuse(self, message: str, *, field: str | None = None, seen: Job | None = None) -> None:
        """Show `message` beside its field if a form has it, otherwise above the forms.

        `seen` is the version of the job that the message tells the user about.
        """
        form = next((form for form in (self.settings, self.counts) if field in form.fields), None)
        if form is not None:
            form.add_error(field, message)
        else:
            self.refusal = message
        self.seen = version_of(seen) if seen else self.seen

    def _posted_value(self, name: str, data: QueryDict) -> Any:
        """Return the posted value of a field of `JobForm`. The form itself drops the fields that its category does not have."""
        field, html_name = JobForm.base_fields.get(name), f"job-{name}"
        return field.widget.value_from_datadict(data, {}, html_name) if field else data.get(html_name, "")

    def _create_forms(self, settings: Mapping[str, Any], counts: Mapping[str, Any]) -> None:
        self.settings = self.known_type.settings_form(campaign=self.campaign, initial=settings)
        self.counts = JobForm(initial=counts, category=self.category, states=self._states)
        self.trying = TryForm()
        self._dress_settings()

    def _dress_settings(self) -> None:
        for field in self.settings.fields.values():
            dress(field.widget)


def _unvalidated_trial(data: QueryDict) -> TryForm:
    """Return the unvalidated lead to try the job on; it is validated when the job is tried."""
    return TryForm(initial={name: data.get(f"try-{name}", "") for name in TryForm.base_fields})
