"""Test leads sent from the Processr page: received by the real intake, and flagged Test in the same transaction."""

from collections.abc import Mapping

from django.db import transaction

from campaigns import submission
from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import ROLE, DomainError
from leads import lifecycle
from leads.intake import service
from leads.privacy import UNMASKED_ROLES, is_masked, own_reason
from leads.statuses import EntryPoint, SecondCheck

REASON = own_reason("Sent as a test from the Processr page")
TEST_LEAD_MASKED = ROLE.lifts(
    "You see leads masked. The outcomes of a test lead tell what it has in common with other leads and with lists: it is sent by "
    f"roles that see leads unmasked ({UNMASKED_ROLES})."
)


@transaction.atomic
def send_test_lead(campaign: Campaign, *, form_id: int, values: Mapping[str, str], ip: str | None, actor: Actor) -> int:
    """Receive the lead and flag it; return its id.

    In one transaction, so that no worker sees it before it is flagged: it is never billable and never delivered. It is
    compared with other leads and looked up in lists, so those who see leads masked send none.
    """
    if is_masked(actor):
        raise DomainError(TEST_LEAD_MASKED, status=403)
    context = submission.load_submission_context(campaign.pk, form_id=form_id)
    if context is None:
        raise DomainError("The campaign is gone", status=404)
    received = service.receive_lead(service.check_open(context), values, entry_point=EntryPoint.MANUAL, origin=service.Origin(ip=ip))
    lifecycle.flag([received.lead_id], SecondCheck.TEST, actor=actor, reason=REASON, on_arrival=True)
    audit.record(
        actor=actor, page="Processr", action="test lead sent", obj=campaign, campaign_id=campaign.pk, after={"lead": received.lead_id}
    )
    return received.lead_id
