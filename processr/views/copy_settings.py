"""The pages that copy one job's settings onto other jobs of its type, also of other campaigns: choose, preview, copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from campaigns.scope import Who
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, of
from config.core.errors import DomainError
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


class CopySelection:
    """The jobs that the settings of `source` can be copied to, as far as `who` can see them."""

    def __init__(self, source: Job, who: Who) -> None:
        self.source, self.who = source, who

    @property
    def seen(self) -> str:
        return version_of(self.source)

    def candidates(self, search: str, chosen: Sequence[int]) -> tuple[list[CopyCandidate], bool]:
        """Return the jobs that match the search and those already chosen, by campaign, and whether the list is complete."""
        chosen_jobs = list(self._jobs().filter(pk__in=chosen))
        matching = list(self._matching_jobs(search).exclude(pk__in=chosen)[: LISTED_AT_MOST + 1])
        jobs = sorted(
            [*chosen_jobs, *matching[:LISTED_AT_MOST]], key=lambda job: (job.campaign.name.lower(), job.campaign_id, job.stage, job.pk)
        )
        source_settings = _copied_settings(self.source)
        candidates = [CopyCandidate(job, job in chosen_jobs, _copied_settings(job) == source_settings) for job in jobs]
        return candidates, len(matching) <= LISTED_AT_MOST

    def targets(self, chosen: Sequence[int], *, actor: Actor) -> list[CopyTarget]:
        return [self._target(job, actor) for job in self._jobs().filter(pk__in=chosen)]

    def unknown(self, chosen: Sequence[int]) -> list[int]:
        visible = set(self._jobs().filter(pk__in=chosen).values_list("pk", flat=True))
        return [pk for pk in chosen if pk not in visible]

    def copy(self, chosen: Sequence[int], *, seen: str, seen_of: Mapping[int, str], actor: Actor) -> dict[int, str]:
        """Copy to each job on its own. Return the refusals by job id: empty when every job was changed."""
        refusals = dict.fromkeys(self.unknown(chosen), NO_JOB)
        for pk in chosen:
            if pk in refusals:
                continue
            try:
                services.copy_settings(
                    pk,
                    source_id=self.source.pk,
                    actor=actor,
                    seen_at=parse_version(seen_of.get(pk, "")),
                    source_seen_at=parse_version(seen),
                )
            except DomainError as refusal:
                refusals[pk] = refusal.message
        return refusals

    def _jobs(self) -> QuerySet[Job]:
        """Return the possible targets. The subquery removes duplicates: a user can have several ways to see one campaign."""
        visible = jobs_for(self.who).filter(type=self.source.type).exclude(pk=self.source.pk)
        jobs = Job.objects.filter(pk__in=visible.values("pk")).order_by(Lower("campaign__name"), "campaign_id", "stage", "pk")
        conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
        return jobs.select_related("campaign__advertiser", "group", "credential").prefetch_related(conditions)

    def _matching_jobs(self, search: str) -> QuerySet[Job]:
        """Return the jobs of which every word occurs in the name of the job, of its campaign or of its advertiser."""
        jobs = self._jobs()
        for word in search[:LONGEST_SEARCH].split():
            of_campaign = Q(campaign__name__icontains=word) | Q(campaign__advertiser__name__icontains=word)
            jobs = jobs.filter(Q(label__icontains=word) | of_campaign)
        return jobs

    def _target(self, job: Job, actor: Actor) -> CopyTarget:
        try:
            changes = services.changes_of_copy(job, source=self.source, actor=actor)
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
def copy_settings(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Only the target jobs must be changeable. The source need only be visible, so a job that a template locks can be copied from."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    source = permissions.job_seen_by(request.user, campaign, job_id)
    if job_types.get(source.type) is None:
        raise Http404
    copying = CopySelection(source, request.user)
    values = [value for value in request.POST.getlist("job") if value.isdecimal() and len(value) < 19]
    chosen = list(dict.fromkeys(map(int, values)))
    action = request.POST.get("act")
    if action not in (LOOK, COPY):
        return _choice_page(request, copying, chosen)
    if not chosen:
        return _choice_page(request, copying, chosen, refusal="Tick the jobs first.")
    if len(chosen) > AT_ONCE:
        refusal = f"Choose at most {AT_ONCE} jobs at once: {len(chosen)} are ticked."
        return _choice_page(request, copying, chosen, refusal=refusal)
    return _preview_page(request, copying, chosen) if action == LOOK else _copy(request, copying, chosen)


def _choice_page(request: UserRequest, copying: CopySelection, chosen: list[int], *, refusal: str = "") -> HttpResponse:
    search = request.POST.get("q", request.GET.get("q", ""))
    candidates, complete = copying.candidates(search, chosen)
    context = {"candidates": candidates, "complete": complete, "at_most": LISTED_AT_MOST, "search": search, "refusal": refusal}
    return _page(request, "processr/copy.html", copying, context)


def _preview_page(request: UserRequest, copying: CopySelection, chosen: list[int], **context: Any) -> HttpResponse:
    targets = copying.targets(chosen, actor=of(request))
    context |= {
        "changing": [target for target in targets if target.changes],
        "refused": [target for target in targets if target.refusal],
        "alike": [target for target in targets if not target.changes and not target.refusal],
        "unknown": copying.unknown(chosen),
    }
    return _page(request, "processr/copy_look.html", copying, context)


def _copy(request: UserRequest, copying: CopySelection, chosen: list[int]) -> HttpResponse:
    """Copy, and show the jobs that could not be changed once more, in their present state."""
    seen_of = {pk: request.POST.get(f"seen-{pk}", "") for pk in chosen}
    refusals = copying.copy(chosen, seen=request.POST.get("seen", ""), seen_of=seen_of, actor=of(request))
    if copied := len(chosen) - len(refusals):
        jobs = "1 job is" if copied == 1 else f"{copied} jobs are"
        messages.success(request, f"{jobs} set up like {copying.source.label} now: leads judged from now on go by it.")
    if not refusals:
        return redirect_to_job(copying.source)
    return _preview_page(request, copying, list(refusals), kept=list(refusals.items()))


def _page(request: UserRequest, template: str, copying: CopySelection, context: dict[str, Any]) -> HttpResponse:
    campaign = copying.source.campaign
    line = ProcessrOverview(campaign, request.user, copying.source.category).line(copying.source.pk)
    return render(request, template, {"campaign": campaign, "copying": copying, "line": line, **context})
