"""The webhook after delivery: whoever received a lead marks it as Valid or Invalid, by its hash alone."""

from functools import partial

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from config.core import audit, client_address
from config.core.actor import Actor
from config.core.api import bodies, throttle
from config.core.api.api_view import api_view
from config.core.errors import WEBHOOK_VERDICTS, DomainError
from config.core.models.names import check_name
from config.core.pg_text import is_storable
from leads import lifecycle
from leads.bulk.actions import LONGEST_REASON
from leads.search import HASH
from leads.selectors import flag_reasons, lead_with_hash
from leads.statuses import Refusal, SecondCheck
from leads.values import texts

LIMIT = "verdicts_of_address"
MAX_BODY = 64 * 1024
MARK = " (via webhook)"
"""Follows the name that the sender gives, so that nobody passes for a person of this enterprise."""
LONGEST_USER = 150 - len(MARK)
"""With the mark it fits where names are kept."""
REASON, USER = "reason", "user"
_LONGEST = {REASON: LONGEST_REASON, USER: LONGEST_USER}
_EXAMPLE = '{"reason": "…", "user": "…"}'


def _verdict(request: HttpRequest, lead_hash: str, *, flag: SecondCheck) -> HttpResponse:
    """Flag the lead. Repeated, it changes nothing and is answered alike."""
    bodies.body(request, at_most=MAX_BODY)
    address = client_address.peer(request)
    throttle.check(f"address:{address}", LIMIT)
    lead = lead_with_hash(lead_hash) if HASH.fullmatch(lead_hash) else None
    if lead is None:
        raise Http404
    if not lead.campaign.accept_webhook_verdicts:
        raise DomainError(WEBHOOK_VERDICTS.lifts("This campaign takes no verdicts by webhook."), status=403)
    values = _read(request)
    actor = Actor(values[USER] + MARK, ip=address)
    with transaction.atomic():
        moved = lifecycle.flag([lead.pk], flag, actor=actor, reason=_listed(values[REASON], flag))
        if moved.ids:
            audit.record(
                actor=actor,
                action=f"Marked as {flag.label} by webhook",
                page="Leads",
                obj=lead,
                severity="medium",
                before={"status": lead.current_status},
                after={"status": flag.value, "reason": values[REASON]},
                campaign_id=lead.campaign_id,
            )
    if moved.refused.get(lead.pk) == Refusal.NOT_FOUND:  # deleted meanwhile
        raise Http404
    return HttpResponse(status=201, content_type="text/plain; charset=utf-8")


lead_validate = api_view("POST")(partial(_verdict, flag=SecondCheck.VALID))
lead_invalidate = api_view("POST")(partial(_verdict, flag=SecondCheck.INVALID))


def _read(request: HttpRequest) -> dict[str, str]:
    """Return reason and user, of the body or else of the query. Further fields, which senders add of their own, mean nothing."""
    values: dict[str, str] = {}
    for pairs in (bodies.query(request), bodies.pairs(request, what="the verdict", example=_EXAMPLE)):
        values |= _texts(pairs)
    if missing := [name for name in _LONGEST if not values.get(name)]:
        raise DomainError(f"Missing: {', '.join(missing)}.")
    return values


def _texts(pairs: bodies.Pairs) -> dict[str, str]:
    """Return the fields that are not blank."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in _LONGEST or value is None:
            continue
        if not isinstance(value, str) or not is_storable(value):
            raise DomainError(f"The field {name} must be a text.")
        text = texts.strip(value)
        if len(text) > _LONGEST[name]:
            raise DomainError(f"The field {name} has at most {_LONGEST[name]} characters.")
        if values.get(name, text) != text:
            raise DomainError(f"The field {name} is given more than once.")
        if text:
            values[name] = text
    if USER in values:
        check_name(values[USER])
    return values


def _listed(reason: str, flag: SecondCheck) -> str:
    """Return the reason as the list of the flag's reasons has it, so that one finds it by that; else as it was given."""
    folded = texts.fold(reason)
    return next((listed.name for listed in flag_reasons([flag]) if texts.fold(listed.name) == folded), reason)
