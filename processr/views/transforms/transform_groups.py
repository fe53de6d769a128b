"""The groups of a campaign's or an advertiser's value transforms, and renaming them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from processr.permissions import open_to_configurers
from processr.transforms import services
from processr.transforms.forms import TransformGroupForm
from processr.transforms.selectors import groups_of
from processr.views.transforms.owner import owner_to_configure


@require_GET
@open_to_configurers
def groups_list(request: UserRequest, level: str, pk: int) -> HttpResponse:
    current_owner = owner_to_configure(request, level, pk)
    rename = current_owner.url("value_transform_group_rename")
    lines = [(name, members, f"{rename}?{urlencode({'group': name})}") for name, members in groups_of(current_owner.owner).items() if name]
    return render(request, "processr/transforms/groups.html", {"current_owner": current_owner, "lines": lines})


@require_http_methods(["GET", "POST"])
@open_to_configurers
def group_rename(request: UserRequest, level: str, pk: int) -> HttpResponse:
    """Rename a group. To take the name of another group, the user must confirm that the two are joined."""
    current_owner = owner_to_configure(request, level, pk)
    name = request.GET.get("group", "")
    members = groups_of(current_owner.owner).get(name) if name else None
    if not members:
        raise Http404
    form = TransformGroupForm(request.POST) if request.method == "POST" else TransformGroupForm(initial={"name": name})
    context: dict[str, Any] = {"current_owner": current_owner, "name": name, "members": members, "form": form}
    if form.is_bound and form.is_valid():
        to = form.cleaned_data["name"]
        try:
            n = services.rename_group(current_owner.owner, name, to=to, join=request.POST.get("join") == to, actor=actor_of(request))
        except services.GroupExists as refusal:
            context["other"] = refusal
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            if n > len(members):
                message = f"{name} is part of {to} now: {n} transforms are in it."
            else:
                message = f"{name} keeps its name." if name == to else f"{name} is called {to} now."
            messages.success(request, message)
            return redirect(current_owner.url("value_transform_groups"))
    return render(request, "processr/transforms/rename_group.html", context)
