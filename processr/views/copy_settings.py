"""The pages that copy one job's settings onto other jobs of its type, also of other campaigns: choose, preview, copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from campaigns.scope import Who
from config.core.actor import Actor, of
from config.core.errors import DomainError
from processr import permissions, services
from processr.job_types.registry import job_types
from processr.models import GroupCondition, Job
from processr.permissions import open_to_configurers
from processr.plans import planned
from processr.selectors import jobs_for
from processr.services.copying import COPIED, SettingsChange
from processr.services.locking import NO_JOB
from processr.settings_display import format_setting, label_of
from processr.views.forms import JobForm, as_seen, when_seen
from processr.views.jobs_page import back_to
from processr.views.overview import ProcessrOverview

LISTED_AT_MOST = 200
AT_ONCE = 100
LONGEST_QUESTION = 100


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
        return as_seen(self.job)


class CopySelection:
    """The jobs that the settings of `source` can be copied to, as far as `who` can see them."""

    def __init__(self, source: Job, who: Who) -> None:
        self.source, self.who = source, who

    @property
    def seen(self) -> str:
        return as_seen(self.source)

    def candidates(self, asked: str, chosen: Sequence[int]) -> tuple[list[CopyCandidate], bool]:
        """Return the jobs that match the search and those already chosen, by campaign, and whether the list is complete."""
        ticked = list(self._jobs().filter(pk__in=chosen))
        found = list(self._found(asked).exclude(pk__in=chosen)[: LISTED_AT_MOST + 1])
        listed = sorted([*ticked, *found[:LISTED_AT_MOST]], key=_place)
        return [CopyCandidate(job, job in ticked, _as_set(job) == _as_set(self.source)) for job in listed], len(found) <= LISTED_AT_MOST

    def targets(self, chosen: Sequence[int], *, actor: Actor) -> list[CopyTarget]:
        return [self._target(job, actor) for job in self._jobs().filter(pk__in=chosen)]

    def unknown(self, chosen: Sequence[int]) -> list[int]:
        there = set(self._jobs().filter(pk__in=chosen).values_list("pk", flat=True))
        return [pk for pk in chosen if pk not in there]

    def copy(self, chosen: Sequence[int], *, seen: str, seen_of: Mapping[int, str], actor: Actor) -> dict[int, str]:
        """Copy to each job on its own. Return the refusals by job id: empty when every job was changed."""
        strangers = self.unknown(chosen)
        refused = dict.fromkeys(strangers, NO_JOB)
        for pk in (pk for pk in chosen if pk not in refused):
            try:
                moments = {"seen_at": when_seen(seen_of.get(pk, "")), "source_seen_at": when_seen(seen)}
                services.copy_settings(pk, source_id=self.source.pk, actor=actor, **moments)
            except DomainError as refusal:
                refused[pk] = refusal.message
        return refused

    def _jobs(self) -> QuerySet[Job]:
        """Return the possible targets. The subquery removes duplicates: a user can have several ways to see one campaign."""
        seen = jobs_for(self.who).filter(type=self.source.type).exclude(pk=self.source.pk)
        jobs = Job.objects.filter(pk__in=seen.values("pk")).order_by(Lower("campaign__name"), "campaign_id", "stage", "pk")
        conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
        return jobs.select_related("campaign__advertiser", "group", "credential").prefetch_related(conditions)

    def _found(self, asked: str) -> QuerySet[Job]:
        """Return the jobs of which every word occurs in the name of the job, of its campaign or of its advertiser."""
        jobs = self._jobs()
        for word in asked[:LONGEST_QUESTION].split():
            of_campaign = Q(campaign__name__icontains=word) | Q(campaign__advertiser__name__icontains=word)
            jobs = jobs.filter(Q(label__icontains=word) | of_campaign)
        return jobs

    def _target(self, job: Job, actor: Actor) -> CopyTarget:
        try:
            changes = services.changes_of_copy(job, source=self.source, actor=actor)
        except DomainError as refusal:
            return CopyTarget(job, refusal=_named(job, refusal))
        settings = job_types.get(job.type)
        fields = settings.Settings(campaign=job.campaign).fields if settings else {}
        return CopyTarget(job, [_told(change, fields) for change in changes])


def _told(change: SettingsChange, settings: Mapping[str, forms.Field]) -> CopyPreview:
    asked = settings.get(change.name) if change.is_setting else JobForm.base_fields.get(change.name)
    return CopyPreview(label_of(asked, change.name), format_setting(asked, change.before), format_setting(asked, change.after))


def _named(job: Job, refusal: DomainError) -> str:
    """Return the message of `refusal`, preceded by the label of the setting that it is about."""
    job_type = job_types.get(job.type)
    asked = job_type.Settings.base_fields.get(refusal.field) if job_type and refusal.field else None
    return f"{label_of(asked, refusal.field or '')}: {refusal.message}" if asked else refusal.message


def _place(job: Job) -> tuple[Any, ...]:
    return job.campaign.name.lower(), job.campaign_id, job.stage, job.pk


def _as_set(job: Job) -> Any:
    return [job.config, *(getattr(job, name) for name in COPIED)]


LOOK, COPY = "look", "copy"


@require_http_methods(["GET", "POST"])
@open_to_configurers
def copy_settings(request: HttpRequest, pk: int, job_id: int) -> HttpResponse:
    """Only the target jobs must be changeable. The source need only be visible, so a job that a template locks can be copied from."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    source = permissions.job_seen_by(request.user, campaign, job_id)
    if job_types.get(source.type) is None:
        raise Http404
    copying, chosen = CopySelection(source, request.user), _chosen(request)
    act = request.POST.get("act")
    if act not in (LOOK, COPY):
        return _choice(request, copying, chosen)
    if refusal := _wrong(chosen):
        return _choice(request, copying, chosen, refusal=refusal)
    return _look(request, copying, chosen) if act == LOOK else _copy(request, copying, chosen)


def _wrong(chosen: list[int]) -> str:
    if not chosen:
        return "Tick the jobs first."
    return f"Choose at most {AT_ONCE} jobs at once: {len(chosen)} are ticked." if len(chosen) > AT_ONCE else ""


def _choice(request: HttpRequest, copying: CopySelection, chosen: list[int], *, refusal: str = "") -> HttpResponse:
    asked = request.POST.get("q", request.GET.get("q", ""))
    candidates, complete = copying.candidates(asked, chosen)
    context = {"candidates": candidates, "complete": complete, "at_most": LISTED_AT_MOST, "asked": asked, "refusal": refusal}
    return _page(request, "processr/copy.html", copying, context)


def _look(request: HttpRequest, copying: CopySelection, chosen: list[int], **context: Any) -> HttpResponse:
    targets = copying.targets(chosen, actor=of(request))
    context |= {
        "changing": [target for target in targets if target.changes],
        "refused": [target for target in targets if target.refusal],
        "alike": [target for target in targets if not target.changes and not target.refusal],
        "unknown": copying.unknown(chosen),
    }
    return _page(request, "processr/copy_look.html", copying, context)


def _copy(request: HttpRequest, copying: CopySelection, chosen: list[int]) -> HttpResponse:
    """Copy, and show the jobs that could not be changed once more, in their present state."""
    seen_of = {pk: request.POST.get(f"seen-{pk}", "") for pk in chosen}
    refused = copying.copy(chosen, seen=request.POST.get("seen", ""), seen_of=seen_of, actor=of(request))
    if done := len(chosen) - len(refused):
        how = "1 job is" if done == 1 else f"{done} jobs are"
        messages.success(request, f"{how} set up like {copying.source.label} now: leads judged from now on go by it.")
    if not refused:
        return back_to(copying.source)
    return _look(request, copying, list(refused), kept=[(pk, why) for pk, why in refused.items()])


def _chosen(request: HttpRequest) -> list[int]:
    given = (value for value in request.POST.getlist("job") if value.isdecimal() and len(value) < 19)
    return list(dict.fromkeys(map(int, given)))


def _page(request: HttpRequest, template: str, copying: CopySelection, context: dict[str, Any]) -> HttpResponse:
    campaign = copying.source.campaign
    line = ProcessrOverview(campaign, request.user, copying.source.category).line(copying.source.pk)
    return render(request, template, {"campaign": campaign, "copying": copying, "line": line, **context})
