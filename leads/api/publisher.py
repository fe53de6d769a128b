"""The publisher API: publishers' programs read the forms and links of a campaign, post leads, and poll their results."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from campaigns import submission
from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import campaigns_for, sees_publisher
from campaigns.submission import SubmissionRefusal
from config.core.accounts import bearer, roles
from config.core.api import bodies, throttle
from config.core.api.api_view import api_view, json_response
from config.core.errors import ROLE, DomainError
from config.core.models import User
from leads import display, privacy
from leads.api import query, responses
from leads.api.origin import stated_origin
from leads.api.query import optional_id
from leads.api.submit import CREATED, MESSAGE, submit_lead
from leads.intake.service import SubmissionRefused
from leads.models import Lead
from leads.selectors import lead_of_publisher
from leads.statuses import CurrentStatus, EntryPoint, QaStatus

ADMITTED = roles.MANAGES_CAMPAIGNS | {roles.PUBLISHER}
BETWEEN_REASONS = "; "
_UNKNOWN = frozenset({SubmissionRefusal.NO_FORM, SubmissionRefusal.NO_PUBLISHER, SubmissionRefusal.NO_LINK})


class NotFound(DomainError):
    """The object does not exist or is not visible to the caller. The message does not say which."""

    def __init__(self, noun: str) -> None:
        super().__init__(f"{noun} not found", status=404)


def caller(request: HttpRequest, *limits: str) -> User:
    """Return the user of the token, and count this call against `limits` and the limit on all calls."""
    user = bearer.user_of(request)
    throttle.check(f"user:{user.pk}", "all", *limits)
    if user.role not in ADMITTED:
        raise DomainError(ROLE.lifts("Your role may not use the publisher API."), status=403)
    return user


def _refused(refusal: DomainError) -> HttpResponse:
    """Render a refusal about the token in OAuth's shape, and every 404 as JSON, where the webhook's are plain text."""
    if isinstance(refusal, bearer.OAuthRefusal):
        return bearer.refused(refusal)
    if isinstance(refusal, SubmissionRefused) and refusal.closed in _UNKNOWN:
        return json_response({"code": 404, "message": refusal.closed}, status=404)
    return responses.refused(refusal)


publisher_api = partial(api_view, refused=_refused)


@publisher_api("GET", "HEAD")
def form_fields(request: HttpRequest, campaign_id: int) -> HttpResponse:
    forms = submission.forms_of(_campaign(caller(request), campaign_id))
    return json_response(
        [{"formName": form.name, "formId": form.pk, "fields": [f"form[{field.name}]" for field in form.fields.all()]} for form in forms]
    )


@publisher_api("GET", "HEAD")
def campaign_links(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = _campaign(caller(request), campaign_id)
    columns = ("id", "name", "channel", "destination")
    return json_response([{column: getattr(link, column) for column in columns} for link in submission.links_of(campaign)])


@publisher_api("POST")
def lead_create(request: HttpRequest, publisher_id: int, form_id: int, campaign_id: int) -> HttpResponse:
    """Store a lead. A caller without a contract learns nothing about the campaign's forms or state."""
    body = bodies.body(request)
    who = caller(request)
    link_id = optional_id(query.read_parameters(request).get("linkId"))
    context = submission.load_submission_context(campaign_id, form_id=form_id, publisher_id=publisher_id, link_id=link_id)
    if not sees_publisher(who, publisher_id):
        raise NotFound("Publisher")
    if context is None or not (who.role == roles.PUBLISHER or campaigns_for(who).filter(pk=context.campaign.pk).exists()):
        raise NotFound("Campaign")
    if not context.contracted:
        raise SubmissionRefused(SubmissionRefusal.NOT_ASSIGNED)
    principal = f"user:{who.pk}"
    lead_id = submit_lead(request, context, body, entry_point=EntryPoint.PUBLISHER_API, principal=principal, origin_of=stated_origin)
    return json_response({"data": lead_id, "message": MESSAGE, "status": CREATED}, status=CREATED)


@publisher_api("GET", "HEAD")
def lead_result(request: HttpRequest, publisher_id: int, lead_id: int) -> HttpResponse:
    """Return the result of a lead. Callers poll it until the lead is judged."""
    who = caller(request, "lead_result")
    lead = lead_of_publisher(who, publisher_id, lead_id)
    if lead is None:
        raise NotFound("Lead" if sees_publisher(who, publisher_id) else "Publisher")
    status = _status_by_judgement(lead)
    if status == CurrentStatus.PENDING:
        return _empty(202)
    if status == CurrentStatus.VALID:
        return _empty(200)
    return json_response(_why_not_valid(who, lead))


@publisher_api("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


def _campaign(who: Who, campaign_id: int) -> Campaign:
    campaign = campaigns_for(who).only("pk").filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("Campaign")
    return campaign


def _empty(status: int) -> HttpResponse:
    """Return a response without a body. Callers look at the status and at whether there is a text; an empty body is no JSON."""
    return HttpResponse(status=status, content_type="text/plain; charset=utf-8")


def _status_by_judgement(lead: Lead) -> str:
    """Return the Current Status, for a Test lead the one it would have without being a test (decision 31)."""
    if lead.current_status != CurrentStatus.TEST:
        return lead.current_status
    if lead.qa_status != QaStatus.TEST:
        return lead.qa_status or CurrentStatus.PENDING
    earned_valid = lead.score == lead.max_score and not lead.hardfail and not lead.errored
    return CurrentStatus.VALID if earned_valid else CurrentStatus.INVALID


def _why_not_valid(who: Who, lead: Lead) -> dict[str, Any]:
    """Return the reasons as one text, and the labels of the failed jobs (decision 31).

    The reason given by a user comes first because it decided, except on a Test lead, where it says only why it is a test.
    The values are only those that the publisher captured.
    """
    flag_reason = "" if lead.current_status == CurrentStatus.TEST else lead.flag_reason
    captured = lead.captured if privacy.sees_values_of(who, lead) else privacy.mask(lead.captured)
    return {
        "qaReasons": BETWEEN_REASONS.join(filter(None, [flag_reason, *display.reasons_of(lead)])),
        "failedJobs": [str(job["label"]) for job in lead.qa_result.get("failedJobs", [])],
        "leadData": captured,
    }
