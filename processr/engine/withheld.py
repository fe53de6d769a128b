"""Jobs that do not run on somebody's own test leads, as they compare with what that person may not see (decision 33).

A test lead holds values of its sender's choice: the outcome of such a job would tell value by value what is on a private list, or which
leads other advertisers have.
"""

from collections.abc import Collection

from config.core.models import User
from leads.models import Lead, LeadNote
from leads.statuses import EntryPoint
from processr import texts
from processr.job_types.base import EngineJob
from processr.plans.plan import PlannedJob


class WithheldJobs:
    """The reasons why jobs do not run on test leads of a chunk. It is false while the chunk has none: then there is nothing to ask."""

    def __init__(self, leads: Collection[Lead] = ()) -> None:
        self._senders = _senders_of(leads)
        self._withheld: dict[tuple[int, int | None], bool] = {}

    def __bool__(self) -> bool:
        return bool(self._senders)

    def reason(self, job: PlannedJob, job_type: type[EngineJob], lead_id: int) -> str:
        """Return why the job does not run on the lead; empty if it does."""
        sender = self._senders.get(lead_id)
        if sender is None:
            return ""
        key = (job.id, sender.pk)
        if key not in self._withheld:
            self._withheld[key] = bool(job_type.refusal_to_try(job.config, sender))
        return texts.WITHHELD if self._withheld[key] else ""


def _senders_of(leads: Collection[Lead]) -> dict[int, User]:
    """Map test leads to the users who sent them: the first note of such a lead, written as it came, is its sender's.

    A user who is not there any more sees nothing.
    """
    typed = [lead.pk for lead in leads if lead.entry_point == EntryPoint.MANUAL]
    if not typed:
        return {}
    first_notes = LeadNote.objects.filter(lead_id__in=typed).order_by("lead_id", "id").distinct("lead_id")
    senders = {lead_id: user_id for lead_id, user_id in first_notes.values_list("lead_id", "actor_id") if user_id is not None}
    users = User.objects.in_bulk(set(senders.values()))
    return {lead_id: users.get(user_id) or User(role="") for lead_id, user_id in senders.items()}
