"""Bulk actions in API v4: a few leads are processed within the request, more are queued as a run with its own address."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from leads import bulk
from leads.api.query import LARGEST
from leads.bulk.actions import Reprocess
from leads.models import BulkAction
from leads.selectors import bulk_actions_for

LARGEST_BODY = 24 * 1024 * 1024
"""Bytes: a million ids of twenty digits with their separators."""
SKIPPED_AT_MOST = 1000
ACTIONS = "bulk-actions"


@hydra.allowed(roles.MANAGES_CAMPAIGNS, at_most=LARGEST_BODY)
def reprocess(request: HttpRequest) -> HttpResponse:
    """Reprocess leads. The body is `{"leads": [1, 2], "confirm": true}`."""
    body = hydra.read_body(request, at_most=LARGEST_BODY, values=bulk.AT_MOST + 100)
    body.only("leads", "confirm")
    if body.get("confirm") is not True:
        raise DomainError("Say true: the leads are processed once more, and that cannot be undone.", field="confirm")
    action = bulk.act(Reprocess.key, _lead_ids(body), actor=hydra.actor(request))
    return hydra.in_hydra(request, _represent(action), status=200 if bulk.is_over(action) else 202)


@hydra.allowed(roles.MANAGES_CAMPAIGNS)
def bulk_action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    action = bulk_actions_for(hydra.caller(request)).filter(pk=pk).first()
    if action is None:
        raise Http404
    return hydra.in_hydra(request, _represent(action))


def _lead_ids(body: hydra.Body) -> list[int]:
    """Return the ids, given as numbers or texts.

    Text that is no id is refused; an id that the caller may not see is reported as *not found*.
    """
    leads = body.get("leads")
    if not isinstance(leads, list) or not leads:
        raise DomainError("Give the ids of the leads, as [1, 2].", field="leads")
    ids = [_parse_id(value) for value in leads]
    if None in ids:
        raise DomainError("Each id is a whole number from 1 on.", field=f"leads[{ids.index(None)}]")
    return [pk for pk in ids if pk]


def _parse_id(value: object) -> int | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else 0
    return number if 0 < number <= LARGEST else None


def _represent(action: BulkAction) -> dict[str, Any]:
    """Return the representation of an action. `processed` lists the leads of a small action and is left out for a large one."""
    few = bulk.is_over(action) and (action.total or 0) <= bulk.AT_ONCE
    skipped = bulk.skipped(action, at_most=SKIPPED_AT_MOST)
    return {
        "@context": "/api/v4/contexts/BulkAction",
        "@id": f"/api/v4/{ACTIONS}/{action.pk}",
        "@type": "BulkAction",
        "id": action.pk,
        "type": action.type,
        "state": action.state,
        "total": action.total,
        "processedCount": action.done,
        "skippedCount": action.failed,
        **({"processed": bulk.moved(action)} if few else {}),
        "skipped": [{"lead": pk, "reason": why} for pk, why in skipped.items()],
        "error": action.error,
    }
