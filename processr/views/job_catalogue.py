"""The catalogue of job types of one tab, filtered while the user types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from processr import permissions
from processr.job_types.base import JobType
from processr.permissions import open_to_configurers
from processr.selectors import catalogue as types_of
from processr.views.jobs_page import category_asked
from processr.views.overview import ProcessrOverview

LONGEST_QUESTION = 100


@require_GET
@open_to_configurers
def catalogue(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    overview = ProcessrOverview(campaign, request.user, category_asked(request.GET))
    asked = request.GET.get("q", "")[:LONGEST_QUESTION]
    found = types_found(overview.category, asked)
    there = [job.type for job in overview.jobs]
    context = {"campaign": campaign, "overview": overview, "asked": asked, "found": [(kind, there.count(kind.key)) for kind in found]}
    return render(request, "processr/add.html", context)


def types_found(category: str, asked: str) -> list[type[JobType]]:
    """Return the types whose label or description contains every word; those whose label contains them all come first."""
    words = asked.casefold().split()
    found = [kind for kind in types_of(category) if all(word in f"{kind.label} {kind.description}".casefold() for word in words)]
    return sorted(found, key=lambda kind: (not all(word in kind.label.casefold() for word in words), kind.label.casefold()))
