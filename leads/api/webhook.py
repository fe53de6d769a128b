"""The campaign webhook, versions 1 and 2: senders without a log-in read the forms and links of a campaign, and post leads."""

from collections.abc import Mapping
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse

from campaigns import submission
from campaigns.models import Campaign, FormField
from config.core.api import bodies, throttle
from config.core.api.api_view import api_view, json_response
from config.core.errors import DomainError
from leads.api import query, responses
from leads.api.query import optional_id
from leads.api.submit import CREATED, MESSAGE, submit_lead
from leads.statuses import EntryPoint

LIMIT = "webhook"

webhook_api = partial(api_view, refused=responses.refused, not_found=responses.not_found, cors=True)
"""The decorator for views of the campaign webhook: open to browsers of any site, with a plain text 404."""


@webhook_api("GET", "HEAD")
def form_fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Return the forms as version 1 does, with the names of their fields only."""
    forms = submission.forms_of(_campaign(request, campaign_id))
    return json_response(
        [{"formName": form.name, "formId": form.pk, "fields": [f"form[{field.name}]" for field in form.fields.all()]} for form in forms]
    )


@webhook_api("GET", "HEAD")
def described_form_fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Return the forms as version 2 does, with a description of each field."""
    descriptions = []
    for form in submission.forms_of(_campaign(request, campaign_id)):
        fields = [
            {"key": f"form[{field.name}]", "hidden": field.type == FormField.Type.HIDDEN, "required": field.required}
            for field in form.fields.all()
        ]
        descriptions.append({"formName": form.name, "formId": form.pk, "fields": fields})
    return json_response(descriptions)


@webhook_api("GET", "HEAD")
def campaign_links(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(request, campaign_id)
    columns = ("id", "name", "channel", "destination")
    return json_response([{column: getattr(link, column) for column in columns} for link in submission.links_of(campaign)])


@webhook_api("POST")
def lead_create(request: HttpRequest, campaign_id: int, form_id: int) -> HttpResponse:
    body = bodies.body(request)
    parameters = query.read_parameters(request)
    publisher_id, link_id = optional_id(parameters.get("publisherId")), optional_id(parameters.get("campaignLinkId"))
    context = submission.load_submission_context(campaign_id, form_id=form_id, publisher_id=publisher_id, link_id=link_id)
    if context is None:
        raise Http404
    principal = _authenticate(context.campaign, parameters)
    lead_id = submit_lead(request, context, body, entry_point=EntryPoint.WEBHOOK, principal=principal)
    return json_response({"code": CREATED, "message": MESSAGE, "data": lead_id}, status=CREATED)


@webhook_api("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


def _campaign(request: HttpRequest, campaign_id: int) -> Campaign:
    campaign = submission.campaign_with_key(campaign_id)
    if campaign is None:
        raise Http404
    _authenticate(campaign, query.read_parameters(request))
    return campaign


def _authenticate(campaign: Campaign, parameters: Mapping[str, object]) -> str:
    """Check the key and return the principal.

    Only calls with the right key count against the campaign's limit, so strangers cannot use it up.
    """
    if not submission.key_fits(campaign, parameters.get("apikey")):
        raise DomainError("Access denied.", status=401)
    principal = f"campaign:{campaign.pk}"
    throttle.check(principal, LIMIT)
    return principal
