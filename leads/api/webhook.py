"""The campaign webhook, versions 1 and 2: senders without a log-in read the forms and links of a campaign, and post leads."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from campaigns import submission
from campaigns.models import Campaign, Form, FormField
from config.core.api import throttle
from config.core.api.api_view import in_json
from config.core.errors import DomainError
from leads.api import query, request_body
from leads.api.ids import optional_id
from leads.api.responses import answers
from leads.api.submit import CREATED, MESSAGE, submit_lead
from leads.statuses import EntryPoint

LIMIT = "webhook"


@answers("GET", "HEAD")
def fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Return the forms as version 1 does, with the names of their fields only."""
    forms = submission.forms_of(_campaign(request, campaign_id))
    return in_json([_form(form, [_name(field) for field in form.fields.all()]) for form in forms])


@answers("GET", "HEAD")
def described_fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Return the forms as version 2 does, with a description of each field."""
    forms = submission.forms_of(_campaign(request, campaign_id))
    return in_json([_form(form, [_described(field) for field in form.fields.all()]) for form in forms])


@answers("GET", "HEAD")
def links(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(request, campaign_id)
    columns = ("id", "name", "channel", "destination")
    return in_json([{column: getattr(link, column) for column in columns} for link in submission.links_of(campaign)])


@answers("POST")
def leads(request: HttpRequest, campaign_id: int, form_id: int) -> HttpResponse:
    body = request_body.body(request)
    asked = query.read(request)
    publisher_id, link_id = optional_id(asked.get("publisherId")), optional_id(asked.get("campaignLinkId"))
    door = submission.load_submission_context(campaign_id, form_id=form_id, publisher_id=publisher_id, link_id=link_id)
    if door is None:
        raise Http404
    principal = _let_in(door.campaign, asked)
    lead_id = submit_lead(request, door, body, entry_point=EntryPoint.WEBHOOK, principal=principal)
    return in_json({"code": CREATED, "message": MESSAGE, "data": lead_id}, status=CREATED)


@answers("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


def _campaign(request: HttpRequest, campaign_id: int) -> Campaign:
    campaign = submission.campaign_with_key(campaign_id)
    if campaign is None:
        raise Http404
    _let_in(campaign, query.read(request))
    return campaign


def _let_in(campaign: Campaign, asked: Mapping[str, object]) -> str:
    """Check the key and return the principal.

    Only calls with the right key count against the campaign's limit, so strangers cannot use it up.
    """
    if not submission.key_fits(campaign, asked.get("apikey")):
        raise DomainError("Access denied.", status=401)
    principal = f"campaign:{campaign.pk}"
    throttle.check(principal, LIMIT)
    return principal


def _form(form: Form, names: list[Any]) -> dict[str, Any]:
    return {"formName": form.name, "formId": form.pk, "fields": names}


def _name(field: FormField) -> str:
    return f"form[{field.name}]"


def _described(field: FormField) -> dict[str, Any]:
    return {"key": _name(field), "hidden": field.type == FormField.Type.HIDDEN, "required": field.required}
