"""The publisher API: publishers' programs read the forms and links of a campaign, and post leads."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from campaigns import submission
from campaigns.models import Campaign, Form
from campaigns.scope import Who
from campaigns.selectors import campaigns_for, sees_publisher
from campaigns.submission import SubmissionContext, SubmissionRefusal
from config.core.accounts import roles
from config.core.api.api_view import in_json
from leads.api import query, request_body
from leads.api.ids import optional_id
from leads.api.origin import said_origin
from leads.api.publisher_access import NotFound, caller, publisher_api
from leads.api.submit import CREATED, MESSAGE, submit_lead
from leads.intake.service import SubmissionRefused
from leads.statuses import EntryPoint


@publisher_api("GET", "HEAD")
def fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(caller(request), campaign_id)
    return in_json([_form(form) for form in submission.forms_of(campaign)])


@publisher_api("GET", "HEAD")
def links(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(caller(request), campaign_id)
    columns = ("id", "name", "channel", "destination")
    return in_json([{column: getattr(link, column) for column in columns} for link in submission.links_of(campaign)])


@publisher_api("POST")
def leads(request: HttpRequest, publisher_id: int, form_id: int, campaign_id: int) -> HttpResponse:
    body = request_body.body(request)
    who = caller(request)
    link_id = optional_id(query.read(request).get("linkId"))
    door = _door(
        who, submission.load_submission_context(campaign_id, form_id=form_id, publisher_id=publisher_id, link_id=link_id), publisher_id
    )
    principal = f"user:{who.pk}"
    lead_id = submit_lead(request, door, body, entry_point=EntryPoint.PUBLISHER_API, principal=principal, origin_of=said_origin)
    return in_json({"data": lead_id, "message": MESSAGE, "status": CREATED}, status=CREATED)


@publisher_api("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


def _campaign(who: Who, campaign_id: int) -> Campaign:
    campaign = campaigns_for(who).only("pk").filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("Campaign")
    return campaign


def _door(who: Who, door: SubmissionContext | None, publisher_id: int) -> SubmissionContext:
    """Return the context of the post, or refuse it. A caller without a contract learns nothing about the campaign's forms or state."""
    if not sees_publisher(who, publisher_id):
        raise NotFound("Publisher")
    if door is None or not (who.role == roles.PUBLISHER or campaigns_for(who).filter(pk=door.campaign.pk).exists()):
        raise NotFound("Campaign")
    if not door.contracted:
        raise SubmissionRefused(SubmissionRefusal.NOT_ASSIGNED)
    return door


def _form(form: Form) -> dict[str, Any]:
    return {"formName": form.name, "formId": form.pk, "fields": [f"form[{field.name}]" for field in form.fields.all()]}
