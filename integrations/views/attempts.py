"""The attempts of a delivery as its page shows them. The exact exchange is for few users (decision 20)."""

from dataclasses import dataclass

from config.core.models import User
from integrations.models import Delivery
from integrations.selectors import attempts_of
from processr.models import Event
from processr.permissions import may_see_provider_logs

OUTCOMES = {
    Event.Outcome.SUCCESS: ("valid", "Sent"),
    Event.Outcome.ERROR: ("caution", "To be tried again"),
    Event.Outcome.FAILURE: ("invalid", "Needed a person"),
    Event.Outcome.SKIP: ("pending", "Withdrawn meanwhile"),
}


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt. `exchange` is what was sent and answered, without secrets; it is empty for users who may not read it."""

    event: Event
    badge: tuple[str, str]
    exchange: str


def told(delivery: Delivery, who: User) -> list[AttemptRow]:
    open_to_read = may_see_provider_logs(who)
    return [
        AttemptRow(event, OUTCOMES[Event.Outcome(event.outcome)], event.message if open_to_read else "") for event in attempts_of(delivery)
    ]
