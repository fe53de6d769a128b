"""The integrations' hooks into leads.

Leads that are being sent or wait in a pending batch cannot be changed, and a lead that the Processr has completed can
still wait for a batch or a person (decision 12).
"""

from collections.abc import Collection, Mapping

from django.db import connection

from integrations import texts
from integrations.base import types_sent_in_batches
from integrations.models import Delivery
from leads.bulk.actions import Reprocess
from leads.extension_points import BulkEffect, EditGuard, Hold, bulk_effects, edit_guards, hold_reasons


@bulk_effects.register
class Sending(BulkEffect):
    """Refuses to reprocess leads that are being sent.

    Reprocessing withdraws a lead's deliveries, which is too late for one that is being sent (decision 6). A worker
    locks the lead to claim a delivery, so none can start while the lead is locked.
    """

    key = "sending"
    types = frozenset({Reprocess.key})

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        sending = Delivery.objects.filter(lead__in=lead_ids, state=Delivery.State.SENDING)
        return dict.fromkeys(sending.values_list("lead_id", flat=True), texts.BEING_SENT)


@edit_guards.register
class PendingBatch(EditGuard):
    """Refuses to edit leads in a pending batch: the file contains the lead as it was when it was queued (decision 11)."""

    key = "pending_batch"

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        queued = Delivery.objects.filter(lead__in=lead_ids, state=Delivery.State.QUEUED, job__type__in=types_sent_in_batches())
        return dict.fromkeys(queued.values_list("lead_id", flat=True), texts.IN_PENDING_BATCH)


AWAITING_BATCH, FAILED = "awaiting_batch", "integration_failed"
_HOLDS = """
SELECT lead_id, bool_or(state = 'queued' AND job.type = ANY(%(files)s)), bool_or(state IN ('needs_person', 'failed')) FROM (
    SELECT DISTINCT ON (lead_id, job_id) lead_id, job_id, state FROM integrations_delivery
    WHERE lead_id = ANY(%(leads)s) AND state <> 'withdrawn' ORDER BY lead_id, job_id, round DESC
) AS last JOIN processr_job AS job ON job.id = last.job_id
WHERE state IN ('queued', 'needs_person', 'failed') GROUP BY lead_id
"""


def holds(lead_ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """Return the hold reasons by lead id.

    The last round of each integration counts that was not withdrawn, so a failure is over once the lead is sent again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, {"leads": list(lead_ids), "files": types_sent_in_batches()})
        rows = cursor.fetchall()
    reasons: dict[int, list[str]] = {}
    for lead_id, awaits_batch, has_failed in rows:
        reasons[lead_id] = [key for key, applies in ((AWAITING_BATCH, awaits_batch), (FAILED, has_failed)) if applies]
    return reasons


hold_reasons.register(Hold(AWAITING_BATCH, texts.AWAITING_BATCH, 540, holds, look="queued"))
hold_reasons.register(Hold(FAILED, texts.INTEGRATION_FAILED, 600, holds, look="failed"))
