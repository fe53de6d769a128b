"""One lead on one page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from config.panel import roles
from config.panel.gate import open_to
from leads.dossier import Dossier
from leads.selectors import leads_for

WITH = ("campaign__advertiser", "publisher", "form", "link")


@require_GET
@open_to(roles.SEES_LEADS)
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(leads_for(request.user).select_related(*WITH), pk=pk)
    return render(request, "leads/lead.html", {"lead": found, "dossier": Dossier(found, request.user)})
