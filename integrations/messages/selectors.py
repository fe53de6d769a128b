"""Messages, for those who may see them: those who manage the campaign of their destination."""

from django.db.models import Q, QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from integrations.models import Message
from integrations.selectors import NEED_CAP, SEES_DELIVERIES, Count, needs_person_count
from processr.models import Event

ATTEMPTS_AT_MOST = 100


def messages_for(who: Who) -> QuerySet[Message]:
    """Return the messages of campaigns that `who` manages. Those about deleted leads are hidden, as the leads are."""
    scope = scope_of(who)
    if who.role not in SEES_DELIVERIES or scope.nothing:
        return Message.objects.none()
    messages = Message.objects.exclude(lead__deleted_at__isnull=False)
    if scope.everything:
        return messages
    campaigns = Campaign.objects.filter(scope.campaigns())
    return messages.filter(Q(destination__event__campaign__in=campaigns) | Q(destination__job__campaign__in=campaigns))


def messages_in_need(who: Who) -> QuerySet[Message]:
    return messages_for(who).filter(state=Message.State.NEEDS_PERSON)


def messages_in_need_count(who: Who) -> Count:
    return Count.capped(messages_in_need(who).order_by()[: NEED_CAP + 1].count(), NEED_CAP)


def needs_person_badge(who: Who) -> str:
    """Return the number of deliveries and messages for the navigation, or an empty string for none."""
    deliveries, messages = needs_person_count(who), messages_in_need_count(who)
    is_exact = deliveries.exact and messages.exact
    count = Count.capped(deliveries.n + messages.n, NEED_CAP) if is_exact else Count(max(deliveries.n, messages.n), exact=False)
    return str(count) if count.n else ""


def attempts_of_message(message: Message) -> list[Event]:
    """Return the latest attempts at the message, in chronological order."""
    events = Event.objects.filter(lead_id=message.lead_id or 0, kind=Event.Kind.MESSAGE, source__message=message.pk)
    return list(events.order_by("-pk")[:ATTEMPTS_AT_MOST])[::-1]
