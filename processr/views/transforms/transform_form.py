"""The form of one value transform, with a preview on a real lead."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.core.actor import of
from config.core.errors import DomainError
from leads import privacy
from leads.models import Lead
from processr.models import ValueTransform
from processr.permissions import open_to_configurers
from processr.transforms import previews, services
from processr.transforms.definitions import definition_of
from processr.transforms.drafts import Draft
from processr.transforms.forms import STEPS
from processr.transforms.previews import Preview
from processr.transforms.selectors import lead_to_try, readable_fields, transforms_of
from processr.views.transforms.owner import ADVERTISER, TransformOwner, to_configure

SAVE, PREVIEW = "save", "preview"
HIDDEN = "••••"
"""Shown in place of a result. Not even its first character is shown: the author of the expression decides what comes first."""
LARGEST_ID = 2**63 - 1


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transform_create(request: HttpRequest, level: str, pk: int) -> HttpResponse:
    place = to_configure(request, level, pk)
    kind = request.GET.get("type", "")
    if not kind:
        return render(request, "processr/transforms/kinds.html", {"place": place})
    if kind not in ValueTransform.Type.values:
        raise Http404
    grouped = place.level == ADVERTISER
    draft = Draft.posted(kind, request.POST, grouped=grouped) if request.method == "POST" else Draft.new(kind, grouped=grouped)
    return _answer(request, place, draft, None)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transform_update(request: HttpRequest, level: str, pk: int, transform_id: int) -> HttpResponse:
    place = to_configure(request, level, pk)
    transform = place.transform(transform_id)
    grouped = place.level == ADVERTISER
    if request.method == "GET":
        draft = Draft.of(transform, grouped=grouped)
    else:
        draft = Draft.posted(transform.type, request.POST, grouped=grouped, group_name=transform.group_name)
    return _answer(request, place, draft, transform)


def _answer(request: HttpRequest, place: TransformOwner, draft: Draft, transform: ValueTransform | None) -> HttpResponse:
    act = request.POST.get("act", "")
    if act == SAVE and draft.is_valid() and (saved := _saved(request, place, draft, transform)):
        return saved
    if act == PREVIEW:
        shown = _preview(request, place, draft, transform)
        if request.htmx:
            return render(request, "processr/transforms/_preview.html", shown)
        return _page(request, place, draft, transform, **shown)
    if act and act != SAVE:
        draft.act(act)
    shown = _preview(request, place, draft, transform) if act != SAVE and (act or transform) else {}
    return _page(request, place, draft, transform, **shown)


def _saved(request: HttpRequest, place: TransformOwner, draft: Draft, transform: ValueTransform | None) -> HttpResponse | None:
    try:
        if transform:
            services.change(transform.pk, draft.definition, actor=of(request), seen=draft.seen)
        else:
            services.create(place.owner, draft.definition, actor=of(request))
    except DomainError as refusal:
        draft.refuse(refusal)
        return None
    messages.success(request, f"{draft.definition.label} is {'changed' if transform else 'added'}. {_from_now_on(place)}")
    return redirect(place.list_url)


def _from_now_on(place: TransformOwner) -> str:
    if place.campaign is None:
        return "Campaigns get it when they import it."
    if not place.campaign.use_value_transforms:
        return "It runs once value transforms are switched on."
    return "It runs over every lead from now on; leads that were processed before get it when they are reprocessed."


def _preview(request: HttpRequest, place: TransformOwner, draft: Draft, transform: ValueTransform | None) -> dict[str, Any]:
    lead, missing = _lead(request, place)
    context: dict[str, Any] = {"lead": lead, "missing": missing, "asked_lead": request.POST.get("lead", "")}
    if lead is None:
        return context
    tried = draft.copy()
    if not tried.is_valid():
        return {**context, "unfinished": tried.problems}
    try:
        definition = tried.definition
    except DomainError as refusal:
        return {**context, "unfinished": [refusal.message]}
    preview = previews.of_lead(definition, lead, before=_before(place, transform))
    open_to_read = privacy.sees_values_of(request.user, lead)
    return {**context, "preview": preview if open_to_read else _masked(preview), "masked": not open_to_read}


def _lead(request: HttpRequest, place: TransformOwner) -> tuple[Lead | None, str]:
    """Return the lead for the preview, or None with a message that says why there is none."""
    asked = request.POST.get("lead", "").strip()
    if not asked:
        lead = lead_to_try(request.user, place.owner)
        return lead, "" if lead else f"There is no lead in this {place.level} yet to try it on."
    number = int(asked) if asked.isdecimal() and len(asked) < 20 else 0
    lead = lead_to_try(request.user, place.owner, lead_id=number) if 0 < number <= LARGEST_ID else None
    return lead, "" if lead else f"There is no lead {asked[:20]} in this {place.level}."


def _before(place: TransformOwner, transform: ValueTransform | None) -> list[Any]:
    """Return the transforms that run before this one, whose results it can read. An advertiser's transforms do not build on each other."""
    if place.campaign is None:
        return []
    row = list(transforms_of(place.owner))
    place_in_row = next((number for number, one in enumerate(row) if transform and one.pk == transform.pk), len(row))
    return [definition_of(one).planned(one.pk) for one in row[:place_in_row]]


def _masked(preview: Preview) -> Preview:
    return preview.shown_as(read=privacy.mask_value, made=lambda value: HIDDEN if value else value)


def _page(request: HttpRequest, place: TransformOwner, draft: Draft, transform: ValueTransform | None, **context: Any) -> HttpResponse:
    fields = [*readable_fields(place.owner), *(one.new_field for one in transforms_of(place.owner))]
    context = {
        "place": place,
        "draft": draft,
        "transform": transform,
        "steps": list(STEPS.values()),
        "fields": list(dict.fromkeys(fields)),
        "asked_lead": request.POST.get("lead", ""),
        **context,
    }
    return render(request, "processr/transforms/edit.html", context)
