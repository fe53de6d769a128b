"""The attempts of one delivery as its page tells them: everybody reads the words, few the exact exchange (decision 20)."""

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
class Attempt:
    """`exchange`: what was sent and answered, secrets cut; empty for those who may not read it."""

    event: Event
    badge: tuple[str, str]
    exchange: str


def told(delivery: Delivery, who: User) -> list[Attempt]:
    open_to_read = may_see_provider_logs(who)
    return [
        Attempt(event, OUTCOMES[Event.Outcome(event.outcome)], event.message if open_to_read else "") for event in attempts_of(delivery)
    ]
