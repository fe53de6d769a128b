"""The form of one value transform, with a preview on a real lead."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from leads import privacy
from leads.models import Lead
from leads.search import recent_leads
from processr import permissions
from processr.models import ValueTransform
from processr.permissions import open_to_configurers
from processr.plans.plan import PlannedTransform
from processr.transforms import services
from processr.transforms.definitions import definition_of
from processr.transforms.drafts import TransformDraft
from processr.transforms.forms import STEPS, PreviewLeadForm
from processr.transforms.previews import preview_of_lead
from processr.transforms.selectors import lead_to_try, readable_fields, transforms_of
from processr.views.transforms.owner import ADVERTISER, TransformOwner, owner_to_configure

SAVE, PREVIEW = "save", "preview"


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transform_create(request: UserRequest, level: str, pk: int) -> HttpResponse:
    current_owner = owner_to_configure(request, level, pk)
    permissions.refuse_unless_may_ask(request.user)
    kind = request.GET.get("type", "")
    if not kind:
        return render(request, "processr/transforms/kinds.html", {"current_owner": current_owner})
    if kind not in ValueTransform.Type.values:
        raise Http404
    grouped = current_owner.level == ADVERTISER
    if request.method == "POST":
        draft = TransformDraft.posted(kind, request.POST, grouped=grouped)
    else:
        draft = TransformDraft.new(kind, grouped=grouped)
    return _answer(request, current_owner, draft, None)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transform_update(request: UserRequest, level: str, pk: int, transform_id: int) -> HttpResponse:
    current_owner = owner_to_configure(request, level, pk)
    transform = current_owner.transform(transform_id)
    grouped = current_owner.level == ADVERTISER
    if request.method == "GET":
        draft = TransformDraft.of(transform, grouped=grouped)
    else:
        draft = TransformDraft.posted(transform.type, request.POST, grouped=grouped, group_name=transform.group_name)
    return _answer(request, current_owner, draft, transform)


def _answer(request: UserRequest, current_owner: TransformOwner, draft: TransformDraft, transform: ValueTransform | None) -> HttpResponse:
    action = request.POST.get("act", "")
    if action == SAVE and draft.is_valid() and _save(request, current_owner, draft, transform):
        return redirect(current_owner.list_url)
    if action == PREVIEW:
        context = _preview(request, current_owner, draft, transform)
        if request.htmx:
            return render(request, "processr/transforms/_preview.html", context)
        return _page(request, current_owner, draft, transform, context)
    if action and action != SAVE:
        draft.apply_button(action)
    context = _preview(request, current_owner, draft, transform) if action != SAVE and (action or transform) else {}
    return _page(request, current_owner, draft, transform, context)


def _save(request: UserRequest, current_owner: TransformOwner, draft: TransformDraft, transform: ValueTransform | None) -> bool:
    try:
        if transform:
            services.change(transform.pk, draft.definition, actor=actor_of(request), seen=draft.seen)
        else:
            services.create(current_owner.owner, draft.definition, actor=actor_of(request))
    except DomainError as refusal:
        draft.refuse(refusal)
        return False
    if current_owner.campaign is None:
        effect = "Campaigns get it when they import it."
    elif not current_owner.campaign.use_value_transforms:
        effect = "It runs once value transforms are switched on."
    else:
        effect = "It runs over every lead from now on; leads that were processed before get it when they are reprocessed."
    messages.success(request, f"{draft.definition.label} is {'changed' if transform else 'added'}. {effect}")
    return True


def _preview(
    request: UserRequest, current_owner: TransformOwner, draft: TransformDraft, transform: ValueTransform | None
) -> dict[str, Any]:
    lead, missing = _preview_lead(request, current_owner)
    context: dict[str, Any] = {"lead": lead, "missing": missing}
    if lead is None:
        return context
    copy = draft.copy()
    if not copy.is_valid():
        return {**context, "unfinished": copy.problems}
    try:
        definition = copy.definition
    except DomainError as refusal:
        return {**context, "unfinished": [refusal.message]}
    return {**context, "preview": preview_of_lead(definition, lead, before=_earlier_transforms(current_owner, transform))}


def _preview_lead(request: UserRequest, current_owner: TransformOwner) -> tuple[Lead | None, str]:
    """Return the lead for the preview, or None with a message that says why there is none."""
    text = request.POST.get("lead", "").strip()
    lead = lead_to_try(request.user, current_owner.owner, name=text)
    if lead is None:
        which = f" “{text[:40]}” in this {current_owner.level}" if text else f" in this {current_owner.level} yet to try it on"
        return None, f"There is no lead{which}."
    refusal = privacy.refusal_to_use(request.user, lead)
    return (None, refusal) if refusal else (lead, "")


def _earlier_transforms(current_owner: TransformOwner, transform: ValueTransform | None) -> list[PlannedTransform]:
    """Return the transforms that run before this one, whose results it can read. An advertiser's transforms do not build on each other."""
    if current_owner.campaign is None:
        return []
    earlier = []
    for other in transforms_of(current_owner.owner):
        if transform and other.pk == transform.pk:
            break
        earlier.append(definition_of(other).planned(other.pk))
    return earlier


def _page(
    request: UserRequest, current_owner: TransformOwner, draft: TransformDraft, transform: ValueTransform | None, context: dict[str, Any]
) -> HttpResponse:
    fields = [*readable_fields(current_owner.owner), *(other.new_field for other in transforms_of(current_owner.owner))]
    context = {
        "current_owner": current_owner,
        "draft": draft,
        "transform": transform,
        "steps": list(STEPS.values()),
        "fields": list(dict.fromkeys(fields)),
        "asked_masked": permissions.refusal_to_ask(request.user),
        "recent_leads": recent_leads(request.user, current_owner.campaign) if current_owner.campaign else [],
        "preview_form": PreviewLeadForm(initial={"lead": request.POST.get("lead", "")}),
        **context,
    }
    return render(request, "processr/transforms/edit.html", context)
