"""The campaign webhook, version 2: how senders without a log-in learn a campaign's forms and links, and post leads."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from campaigns import doors
from campaigns.doors import Door
from campaigns.models import Campaign, Form, FormField
from config.panel import idempotency
from config.panel.errors import DomainError
from config.panel.face import in_json
from leads.api import posted
from leads.api.answers import answers
from leads.api.origin import origin_of
from leads.api.row_id import optional_id
from leads.intake import check_open, receive_lead
from leads.statuses import EntryPoint


@answers("GET", "HEAD")
def fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(request, campaign_id)
    return in_json([_form(form) for form in doors.forms_of(campaign)])


@answers("GET", "HEAD")
def links(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(request, campaign_id)
    columns = ("id", "name", "channel", "destination")
    return in_json([{column: getattr(link, column) for column in columns} for link in doors.links_of(campaign)])


@answers("POST")
def leads(request: HttpRequest, campaign_id: int, form_id: int) -> HttpResponse:
    body = posted.body(request)
    publisher_id, link_id = optional_id(request.GET.get("publisherId", "")), optional_id(request.GET.get("campaignLinkId", ""))
    door = doors.find(campaign_id, form_id=form_id, publisher_id=publisher_id, link_id=link_id)
    if door is None:
        raise Http404
    _check_key(request, door.campaign)
    status, kept = _once(request, door, body)
    return in_json({"code": status, "message": "Lead was created successfully", "data": kept["lead"]}, status=status)


@answers("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


def _campaign(request: HttpRequest, campaign_id: int) -> Campaign:
    campaign = doors.campaign_with_key(campaign_id)
    if campaign is None:
        raise Http404
    _check_key(request, campaign)
    return campaign


def _check_key(request: HttpRequest, campaign: Campaign) -> None:
    if not doors.key_fits(campaign, request.GET.get("apikey", "")):
        raise DomainError("Access denied.", status=401)


def _once(request: HttpRequest, door: Door, body: bytes) -> tuple[int, dict[str, Any]]:
    """A refusal is raised, so it is not remembered: the same key may be tried again when the campaign has been resumed."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return _take(request, door)
    return idempotency.once(f"campaign:{door.campaign.pk}", key, _meaning(request, body), partial(_take, request, door))


def _meaning(request: HttpRequest, body: bytes) -> bytes:
    """What makes two requests the same: a retry draws a new boundary around the same parts."""
    boundary = (request.content_params or {}).get("boundary", "").encode()
    return request.get_full_path().encode() + b"\n" + (body.replace(b"--" + boundary, b"--") if boundary else body)


def _take(request: HttpRequest, door: Door) -> tuple[int, dict[str, Any]]:
    # Asked here as well as in the service: a closed door answers before a body that cannot be read.
    check_open(door)
    sent = posted.read(request)
    received = receive_lead(door, sent.fields, entry_point=EntryPoint.WEBHOOK, origin=origin_of(request, sent.beside))
    return 201, {"lead": received.lead_id}


def _form(form: Form) -> dict[str, Any]:
    return {"formName": form.name, "formId": form.pk, "fields": [_field(field) for field in form.fields.all()]}


def _field(field: FormField) -> dict[str, Any]:
    return {"key": f"form[{field.name}]", "hidden": field.type == FormField.Type.HIDDEN, "required": field.required}
