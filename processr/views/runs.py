"""One run over one lead, told in full."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from config.panel.gate import open_to
from leads.selectors import leads_for
from processr.selectors import runs_for
from processr.tabs import SEES_RUNS, run_context


@require_GET
@open_to(SEES_RUNS)
def lead_run(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    run = get_object_or_404(runs_for(request.user, lead), run_number=number)
    return render(request, "processr/run.html", {"lead": lead, "tab": run_context(run, request.user, lead)})
