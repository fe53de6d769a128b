"""What deliveries have to say before leads are acted on (DESIGN 1): who is being sent now, whose data wait in a pending batch."""

from collections.abc import Collection, Mapping

from integrations import texts
from integrations.models import Delivery
from integrations.types import waits_for_others
from leads.bulk_types import Reprocess
from leads.points import BulkEffect, EditGuard, bulk_effects, edit_guards


@bulk_effects.register
class Sending(BulkEffect):
    """To reprocess a lead withdraws its deliveries, which is too late for one that is on its way (decision 6). Senders lock the lead when
    they take a delivery, so with the lead locked none can begin.
    """

    key = "sending"
    types = frozenset({Reprocess.key})

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        sending = Delivery.objects.filter(lead__in=lead_ids, state=Delivery.State.SENDING)
        return dict.fromkeys(sending.values_list("lead_id", flat=True), texts.BEING_SENT)


@edit_guards.register
class PendingBatch(EditGuard):
    """The file holds what the lead said when it was queued (decision 11)."""

    key = "pending_batch"

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        queued = Delivery.objects.filter(lead__in=lead_ids, state=Delivery.State.QUEUED, job__type__in=waits_for_others())
        return dict.fromkeys(queued.values_list("lead_id", flat=True), texts.IN_PENDING_BATCH)
