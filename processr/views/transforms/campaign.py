"""A campaign's value transforms in the order in which they run: switch, move, remove, and import from its advertiser."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.actor import of
from config.core.errors import DomainError
from processr import permissions
from processr.permissions import open_to_configurers
from processr.transforms import services
from processr.transforms.definitions import definition_of
from processr.transforms.selectors import groups_of, transforms_of
from processr.views.transforms.owner import CAMPAIGN, TransformOwner, to_configure

WAYS = {"up": -1, "down": 1}


@require_GET
@open_to_configurers
def transforms_list(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_seen_by(request.user, pk)
    place = TransformOwner(CAMPAIGN, campaign)
    lines = [_line(place, transform) for transform in transforms_of(campaign)]
    context = {
        "place": place,
        "campaign": campaign,
        "lines": lines,
        "grouped": any(line["transform"].group_name for line in lines),
        "may_configure": permissions.may_configure(request.user, campaign),
    }
    return render(request, "processr/transforms/campaign.html", context)


@require_POST
@open_to_configurers
def transform_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch value transforms on or off for the whole campaign."""
    place = to_configure(request, CAMPAIGN, pk)
    on = request.POST.get("use") == "1"
    services.use_transforms(permissions.campaign_to_configure(request.user, pk), on, actor=of(request))
    said = "on: they run over every lead from now on" if on else "off: none runs from now on, and all of them are kept"
    messages.success(request, f"Value transforms are switched {said}.")
    return redirect(place.list_url)


@require_POST
@open_to_configurers
def transform_move(request: HttpRequest, level: str, pk: int, transform_id: int) -> HttpResponse:
    place = to_configure(request, level, pk)
    transform = place.transform(transform_id)
    try:
        services.move(transform.pk, by=WAYS.get(request.POST.get("to", ""), 0), actor=of(request))
    except DomainError as refusal:
        messages.error(request, f"{transform.label} stays where it is. {refusal.message}")
    return redirect(place.list_url)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transform_delete(request: HttpRequest, level: str, pk: int, transform_id: int) -> HttpResponse:
    """Remove a transform. A repeated removal is no error: the transform is gone, as intended."""
    place = to_configure(request, level, pk)
    transform = place.transform(transform_id)
    definition = definition_of(transform)
    if request.method == "GET":
        readers = [other.label for other in transforms_of(place.owner) if other.pk != transform.pk and _reads(other, definition.new_field)]
        context = {"place": place, "transform": transform, "definition": definition, "readers": readers}
        return render(request, "processr/transforms/remove.html", context)
    try:
        services.remove(transform.pk, actor=of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{transform.label} is removed.")
    return redirect(place.list_url)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transforms_take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy transforms of the advertiser into the campaign, chosen by group or one by one."""
    place = to_configure(request, CAMPAIGN, pk)
    campaign = permissions.campaign_to_configure(request.user, pk)
    chosen = {int(value) for value in request.POST.getlist("transform") if value.isdecimal() and len(value) < 19}
    refusal = _taken_over(request, place, chosen) if request.method == "POST" else None
    if refusal == "":
        return redirect(place.list_url)
    there = [definition_of(one) for one in transforms_of(campaign)]
    groups = [
        (name, [{**_line(place, one), "chosen": one.pk in chosen, "there": definition_of(one) in there} for one in members])
        for name, members in groups_of(campaign.advertiser).items()
    ]
    context = {"place": place, "campaign": campaign, "groups": groups, "refusal": refusal}
    return render(request, "processr/transforms/take_over.html", context)


def _taken_over(request: HttpRequest, place: TransformOwner, chosen: set[int]) -> str:
    """Copy the chosen transforms. Return the reason for a refusal, empty on success."""
    if not chosen:
        return "Choose at least one transform."
    try:
        made = services.copy_into(permissions.campaign_to_configure(request.user, place.owner.pk), chosen, actor=of(request))
    except DomainError as refusal:
        return refusal.message
    left_out = len(chosen) - len(made)
    rest = f" {left_out} left out: the campaign has the same already." if left_out else ""
    messages.success(request, f"{len(made)} transform{'' if len(made) == 1 else 's'} imported, to be changed as this campaign needs.{rest}")
    return ""


def _line(place: TransformOwner, transform: Any) -> dict[str, Any]:
    arguments = {"transform_id": transform.pk}
    return {
        "transform": transform,
        "definition": definition_of(transform),
        "url": place.url("value_transform", **arguments),
        "move_url": place.url("value_transform_move", **arguments),
        "remove_url": place.url("value_transform_remove", **arguments),
    }


def _reads(other: Any, field: str) -> bool:
    return field in definition_of(other).reads
