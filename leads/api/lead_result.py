"""The lead result of the publisher API. Callers poll it until the lead is judged."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from campaigns.scope import Who
from campaigns.selectors import sees_publisher
from config.core.api.api_view import in_json
from leads import display, privacy
from leads.api.publisher_access import NotFound, caller, publisher_api
from leads.models import Lead
from leads.selectors import lead_of_publisher
from leads.statuses import CurrentStatus


@publisher_api("GET", "HEAD")
def lead_result(request: HttpRequest, publisher_id: int, lead_id: int) -> HttpResponse:
    who = caller(request, "lead_result")
    lead = lead_of_publisher(who, publisher_id, lead_id)
    if lead is None:
        raise NotFound("Lead" if sees_publisher(who, publisher_id) else "Publisher")
    if lead.current_status == CurrentStatus.PENDING:
        return _empty(202)
    if lead.current_status == CurrentStatus.VALID:
        return _empty(200)
    return in_json(_why_not_valid(who, lead))


def _empty(status: int) -> HttpResponse:
    """Return a response without a body. Callers look at the status and at whether there is a text; an empty body is no JSON."""
    return HttpResponse(status=status, content_type="text/plain; charset=utf-8")


def _why_not_valid(who: Who, lead: Lead) -> dict[str, Any]:
    """Return the reasons, the one given by a user first because it decided. The values are only those that the publisher captured."""
    captured = lead.captured if privacy.sees_values_of(who, lead) else privacy.mask(lead.captured)
    return {
        "qaReasons": [*_flagged_for(lead), *display.reasons_of(lead)],
        "failedJobs": lead.qa_result.get("failedJobs", []),
        "leadData": captured,
    }


def _flagged_for(lead: Lead) -> list[str]:
    flagging = display.flaggings([lead]).get(lead.pk)
    return [flagging.reason] if flagging else []
