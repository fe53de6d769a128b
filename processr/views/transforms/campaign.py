"""A campaign's value transforms in the order in which they run: switch, move, remove, and import from its advertiser."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.models import Campaign
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.ids import ids_in
from processr import permissions
from processr.models import ValueTransform
from processr.permissions import open_to_configurers
from processr.transforms import services
from processr.transforms.definitions import definition_of
from processr.transforms.selectors import groups_of, transforms_of
from processr.views.transforms.owner import CAMPAIGN, TransformOwner, owner_to_configure

STEPS = {"up": -1, "down": 1}


@require_GET
@open_to_configurers
def transforms_list(request: UserRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_seen_by(request.user, pk)
    current_owner = TransformOwner(CAMPAIGN, campaign)
    lines = [_line(current_owner, transform) for transform in transforms_of(campaign)]
    context = {
        "current_owner": current_owner,
        "campaign": campaign,
        "lines": lines,
        "grouped": any(line["transform"].group_name for line in lines),
        "may_configure": permissions.may_configure(request.user, campaign),
        "may_ask": not permissions.refusal_to_ask(request.user),
    }
    return render(request, "processr/transforms/campaign.html", context)


@require_POST
@open_to_configurers
def transform_switch(request: UserRequest, pk: int) -> HttpResponse:
    """Switch value transforms on or off for the whole campaign."""
    current_owner = owner_to_configure(request, CAMPAIGN, pk)
    on = request.POST.get("use") == "1"
    services.use_transforms(permissions.campaign_to_configure(request.user, pk), on, actor=actor_of(request))
    state = "on: they run over every lead from now on" if on else "off: none runs from now on, and all of them are kept"
    messages.success(request, f"Value transforms are switched {state}.")
    return redirect(current_owner.list_url)


@require_POST
@open_to_configurers
def transform_move(request: UserRequest, level: str, pk: int, transform_id: int) -> HttpResponse:
    current_owner = owner_to_configure(request, level, pk)
    transform = current_owner.transform(transform_id)
    try:
        services.move(transform.pk, by=STEPS.get(request.POST.get("to", ""), 0), actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, f"{transform.label} stays where it is. {refusal.message}")
    return redirect(current_owner.list_url)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transform_delete(request: UserRequest, level: str, pk: int, transform_id: int) -> HttpResponse:
    """Remove a transform. A repeated removal is no error: the transform is gone, as intended."""
    current_owner = owner_to_configure(request, level, pk)
    transform = current_owner.transform(transform_id)
    definition = definition_of(transform)
    if request.method == "GET":
        others = [other for other in transforms_of(current_owner.owner) if other.pk != transform.pk]
        readers = [other.label for other in others if definition.new_field in definition_of(other).reads]
        context = {"current_owner": current_owner, "transform": transform, "definition": definition, "readers": readers}
        return render(request, "processr/transforms/remove.html", context)
    try:
        services.remove(transform.pk, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{transform.label} is removed.")
    return redirect(current_owner.list_url)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transforms_import(request: UserRequest, pk: int) -> HttpResponse:
    """Copy transforms of the advertiser into the campaign, chosen by group or one by one."""
    current_owner = owner_to_configure(request, CAMPAIGN, pk)
    permissions.refuse_unless_may_ask(request.user)
    campaign = permissions.campaign_to_configure(request.user, pk)
    chosen = set(ids_in(request.POST.getlist("transform")))
    refusal = _copy(request, campaign, chosen) if request.method == "POST" else None
    if refusal == "":
        return redirect(current_owner.list_url)
    existing = [definition_of(transform) for transform in transforms_of(campaign)]
    groups = []
    for name, members in groups_of(campaign.advertiser).items():
        lines = []
        for transform in members:
            line = _line(current_owner, transform)
            lines.append({**line, "chosen": transform.pk in chosen, "there": line["definition"] in existing})
        groups.append((name, lines))
    context = {"current_owner": current_owner, "campaign": campaign, "groups": groups, "refusal": refusal}
    return render(request, "processr/transforms/import.html", context)


def _copy(request: UserRequest, campaign: Campaign, chosen: set[int]) -> str:
    """Copy the chosen transforms. Return the reason for a refusal, empty on success."""
    if not chosen:
        return "Choose at least one transform."
    try:
        copies = services.copy_into(campaign, chosen, actor=actor_of(request))
    except DomainError as refusal:
        return refusal.message
    left_out = len(chosen) - len(copies)
    rest = f" {left_out} left out: the campaign has the same already." if left_out else ""
    n = len(copies)
    messages.success(request, f"{n} transform{'' if n == 1 else 's'} imported, to be changed as this campaign needs.{rest}")
    return ""


def _line(current_owner: TransformOwner, transform: ValueTransform) -> dict[str, Any]:
    arguments = {"transform_id": transform.pk}
    return {
        "transform": transform,
        "definition": definition_of(transform),
        "url": current_owner.url("value_transform", **arguments),
        "move_url": current_owner.url("value_transform_move", **arguments),
        "remove_url": current_owner.url("value_transform_remove", **arguments),
    }
