"""A job's settings copied onto other jobs of its type, also of other campaigns: chosen, looked at, done."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from config.panel.actor import of
from processr import access
from processr.copies import AT_ONCE, LISTED_AT_MOST, Copying
from processr.overview import Overview
from processr.types import job_types
from processr.views.gate import open_to_configurers
from processr.views.page import back_to

LOOK, COPY = "look", "copy"


@require_http_methods(["GET", "POST"])
@open_to_configurers
def copy_settings(request: HttpRequest, pk: int, job_id: int) -> HttpResponse:
    """The source need only be seen: also what a template has locked may be copied from."""
    campaign = access.campaign_seen_by(request.user, pk)
    source = access.job_seen_by(request.user, campaign, job_id)
    if job_types.get(source.type) is None:
        raise Http404
    copying, chosen = Copying(source, request.user), _chosen(request)
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


def _choice(request: HttpRequest, copying: Copying, chosen: list[int], *, refusal: str = "") -> HttpResponse:
    asked = request.POST.get("q", request.GET.get("q", ""))
    candidates, complete = copying.candidates(asked, chosen)
    context = {"candidates": candidates, "complete": complete, "at_most": LISTED_AT_MOST, "asked": asked, "refusal": refusal}
    return _page(request, "processr/copy.html", copying, context)


def _look(request: HttpRequest, copying: Copying, chosen: list[int], **context: Any) -> HttpResponse:
    targets = copying.targets(chosen, actor=of(request))
    context |= {
        "changing": [target for target in targets if target.changes],
        "refused": [target for target in targets if target.refusal],
        "alike": [target for target in targets if not target.changes and not target.refusal],
        "unknown": copying.unknown(chosen),
    }
    return _page(request, "processr/copy_look.html", copying, context)


def _copy(request: HttpRequest, copying: Copying, chosen: list[int]) -> HttpResponse:
    """What could not be copied is shown as it is now, to be looked at again."""
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


def _page(request: HttpRequest, template: str, copying: Copying, context: dict[str, Any]) -> HttpResponse:
    campaign = copying.source.campaign
    line = Overview(campaign, request.user, copying.source.category).line(copying.source.pk)
    return render(request, template, {"campaign": campaign, "copying": copying, "line": line, **context})
