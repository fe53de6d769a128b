"""The pages that copy one job's settings onto other jobs of its type, also of other campaigns: choose, preview, copy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from campaigns.scope import Who
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, actor_of
from config.core.errors import DomainError
from config.core.ids import ids_in
from processr import permissions, services
from processr.job_types.registry import job_types
from processr.models import GroupCondition, Job
from processr.permissions import open_to_configurers
from processr.plans import planned
from processr.selectors import jobs_for
from processr.services.copying import COPIED
from processr.services.locking import NO_JOB
from processr.settings_display import format_setting, label_of
from processr.views.forms import JobForm, parse_version, version_of
from processr.views.jobs_page import redirect_to_job
from processr.views.overview import ProcessrOverview

LISTED_AT_MOST = 200
AT_ONCE = 100
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class CopyCandidate:
    """A job that can be chosen as a target. `alike` is true when its settings equal the source's already."""

    job: Job
    chosen: bool
    alike: bool

    @property
    def rule(self) -> str:
        job_type = job_types.get(self.job.type)
        return job_type(planned(self.job)).rule() if job_type else ""


@dataclass(frozen=True)
class CopyPreview:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class CopyTarget:
    """A chosen job with the changes that copying would make, or the reason why it cannot be copied to."""

    job: Job
    changes: list[CopyPreview] = field(default_factory=list)
    refusal: str = ""

    @property
    def seen(self) -> str:
        return version_of(self.job)


class JobIdsField(forms.Field):
    """The ids of the ticked jobs. Text that is no id is left out."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        return ids_in(value or ())

    def validate(self, value: list[int]) -> None:
        if not value:
            raise forms.ValidationError("Tick the jobs first.")
        if len(value) > AT_ONCE:
            raise forms.ValidationError(f"Choose at most {AT_ONCE} jobs at once: {len(value)} are ticked.")


class CopyForm(forms.Form):
    """The choice of jobs that the settings of `source` are copied to, among those that `who` can see."""

    job = JobIdsField()
    q = forms.CharField(required=False, max_length=LONGEST_SEARCH, label="Search")

    def __init__(self, data: QueryDict, *, source: Job, who: Who) -> None:
        super().__init__(data)
        self.source, self.who = source, who

    @property
    def ticked(self) -> list[int]:
        """The ticked jobs, also where they are too many to be chosen."""
        return JobIdsField().to_python(self["job"].data)

    @property
    def search(self) -> str:
        return "" if self.search_refusal else self.cleaned_data["q"]

    @property
    def search_refusal(self) -> str:
        """Why the search is refused. It finds no job then."""
        return " ".join(map(str, self.errors.get("q", ())))

    @property
    def refusal(self) -> str:
        return " ".join([*map(str, self.errors.get("job", ())), self.search_refusal]).strip()

    @cached_property
    def targets(self) -> list[Job]:
        """The ticked jobs that `who` can see, by campaign."""
        return list(self._jobs().filter(pk__in=self.ticked))

    @property
    def unknown(self) -> list[int]:
        visible = {job.pk for job in self.targets}
        return [pk for pk in self.ticked if pk not in visible]

    @property
    def seen(self) -> str:
        """The version of the source that the page shows."""
        return version_of(self.source)

    @property
    def source_seen_at(self) -> datetime:
        return parse_version(self.data.get("seen", ""))

    @property
    def targets_seen_at(self) -> dict[int, datetime]:
        """The version of each job that the page has shown, in the order in which they were posted."""
        visible = {job.pk for job in self.targets}
        return {pk: parse_version(self.data.get(f"seen-{pk}", "")) for pk in self.ticked if pk in visible}

    def candidates(self) -> tuple[list[CopyCandidate], bool]:
        """Return the jobs that match the search and those already ticked, by campaign, and whether the list is complete."""
        matching = list(self._matching_jobs().exclude(pk__in=self.ticked)[: LISTED_AT_MOST + 1])
        jobs = sorted(
            [*self.targets, *matching[:LISTED_AT_MOST]], key=lambda job: (job.campaign.name.lower(), job.campaign_id, job.stage, job.pk)
        )
        source_settings = _copied_settings(self.source)
        candidates = [CopyCandidate(job, job in self.targets, _copied_settings(job) == source_settings) for job in jobs]
        return candidates, len(matching) <= LISTED_AT_MOST

    def _jobs(self) -> QuerySet[Job]:
        """Return the possible targets. The subquery removes duplicates: a user can have several ways to see one campaign."""
        visible = jobs_for(self.who).filter(type=self.source.type).exclude(pk=self.source.pk)
        jobs = Job.objects.filter(pk__in=visible.values("pk")).order_by(Lower("campaign__name"), "campaign_id", "stage", "pk")
        conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
        return jobs.select_related("campaign__advertiser", "group", "credential").prefetch_related(conditions)

    def _matching_jobs(self) -> QuerySet[Job]:
        """Return the jobs of which every word occurs in the name of the job, of its campaign or of its advertiser."""
        jobs = self._jobs().none() if self.search_refusal else self._jobs()
        for word in self.search.split():
            of_campaign = Q(campaign__name__icontains=word) | Q(campaign__advertiser__name__icontains=word)
            jobs = jobs.filter(Q(label__icontains=word) | of_campaign)
        return jobs


def _preview(job: Job, source: Job, actor: Actor) -> CopyTarget:
    try:
        changes = services.changes_of_copy(job, source=source, actor=actor)
    except DomainError as refusal:
        return CopyTarget(job, refusal=_labelled_message(job, refusal))
    job_type = job_types.get(job.type)
    settings = job_type.settings_fields(job.campaign) if job_type else {}
    previews = []
    for change in changes:
        fields = settings if change.is_setting else JobForm.base_fields
        field = fields.get(change.name)
        label = label_of(field, change.name)
        previews.append(CopyPreview(label, format_setting(field, change.before), format_setting(field, change.after)))
    return CopyTarget(job, previews)


def _labelled_message(job: Job, refusal: DomainError) -> str:
    """Return the message of `refusal`, preceded by the label of the setting that it is about."""
    job_type = job_types.get(job.type)
    field = job_type.settings_fields(job.campaign).get(refusal.field) if job_type and refusal.field else None
    return f"{label_of(field, refusal.field or '')}: {refusal.message}" if field else refusal.message


def _copied_settings(job: Job) -> list[Any]:
    return [job.config, *(getattr(job, name) for name in COPIED)]


LOOK, COPY = "look", "copy"


@require_http_methods(["GET", "POST"])
@open_to_configurers
def job_copy(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Only the target jobs must be changeable. The source need only be visible, so a job that a template locks can be copied from."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    source = permissions.job_seen_by(request.user, campaign, job_id)
    if job_types.get(source.type) is None:
        raise Http404
    form = CopyForm(request.POST if request.method == "POST" else request.GET, source=source, who=request.user)
    action = request.POST.get("act")
    if action not in (LOOK, COPY):
        return _choice_page(request, form, refusal=form.search_refusal)
    if not form.is_valid():
        return _choice_page(request, form, refusal=form.refusal)
    return _preview_page(request, form) if action == LOOK else _copy(request, form)


def _choice_page(request: UserRequest, form: CopyForm, *, refusal: str = "") -> HttpResponse:
    candidates, complete = form.candidates()
    context = {"candidates": candidates, "complete": complete, "at_most": LISTED_AT_MOST, "search": form.search, "refusal": refusal}
    return _page(request, "processr/copy.html", form, context)


def _preview_page(request: UserRequest, form: CopyForm, kept: Mapping[int, str] | None = None) -> HttpResponse:
    """Show what would change. After a copy these are the jobs that were `kept` as they are, each for a reason."""
    targets = [_preview(job, form.source, actor_of(request)) for job in form.targets if kept is None or job.pk in kept]
    context = {
        "changing": [target for target in targets if target.changes],
        "refused": [target for target in targets if target.refusal],
        "alike": [target for target in targets if not target.changes and not target.refusal],
        "unknown": form.unknown,
        "kept": list(kept.items()) if kept else [],
    }
    return _page(request, "processr/copy_preview.html", form, context)


def _copy(request: UserRequest, form: CopyForm) -> HttpResponse:
    """Copy, and show the jobs that could not be changed once more, in their present state."""
    refusals = dict.fromkeys(form.unknown, NO_JOB) | services.copy_settings_to(
        form.targets_seen_at, source_id=form.source.pk, source_seen_at=form.source_seen_at, actor=actor_of(request)
    )
    if copied := len(form.ticked) - len(refusals):
        jobs = "1 job is" if copied == 1 else f"{copied} jobs are"
        messages.success(request, f"{jobs} set up like {form.source.label} now: leads judged from now on use these settings.")
    if not refusals:
        return redirect_to_job(form.source)
    return _preview_page(request, CopyForm(request.POST, source=form.source, who=request.user), refusals)


def _page(request: UserRequest, template: str, form: CopyForm, context: dict[str, Any]) -> HttpResponse:
    campaign = form.source.campaign
    line = ProcessrOverview(campaign, request.user, form.source.category).line(form.source.pk)
    return render(request, template, {"campaign": campaign, "form": form, "line": line, **context})
