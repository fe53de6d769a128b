"""Changes to destinations: the rules of sending, the signing secrets, and the end of a rest. Each is recorded in the audit trail."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.core import audit
from config.core.actor import Actor
from config.core.background.notify import notify_workers
from config.core.credentials import encryption
from config.core.errors import DomainError
from integrations.delivery import waits
from integrations.destinations.selectors import DestinationOwner, destination_of, locked_destination
from integrations.destinations.signing import new_secret
from integrations.messages.queue import notify_of_messages
from integrations.models import Destination
from integrations.models.destination import WaitReason
from integrations.services import QUEUE, TASK
from leads.privacy import ASKED_MASKED, is_masked
from processr.models import Job
from processr.services.locking import locked_campaign, locked_job

PAGE = "Integrations"
LONGEST_OVERLAP = timedelta(days=7)
USUAL_RESEND = timedelta(days=1)
"""How far back *Resend all that failed since* looks, unless the user says otherwise or it is known since when it fails."""
NO_SECRET = b""
CHANGED = "The secret was changed meanwhile: look at the page as it is now."


@dataclass(frozen=True, slots=True)
class SendingRules:
    """The rules that are kept when something is sent: None is no limit, and no hours are all."""

    per_minute: int | None = None
    hours: Mapping[str, Any] = field(default_factory=dict)
    cap_day: int | None = None
    cap_week: int | None = None
    cap_month: int | None = None

    @classmethod
    def of(cls, destination: Destination) -> "SendingRules":
        return cls(destination.per_minute, destination.hours, destination.cap_day, destination.cap_week, destination.cap_month)


@transaction.atomic
def save_rules(owner: DestinationOwner, rules: SendingRules, *, actor: Actor) -> Destination:
    """Save the rules. What waits for a limit is looked at anew by them."""
    destination = _destination_to_change(owner, actor=actor)
    before = SendingRules.of(destination)
    if rules == before:
        return destination
    for name, value in asdict(rules).items():
        setattr(destination, name, value)
    if destination.waits_for != WaitReason.UNREACHABLE:
        destination.waits_until, destination.waits_for = None, WaitReason.NONE
    destination.save()
    _record(owner, "sending rules changed", actor=actor, before=asdict(before), after=asdict(rules))
    notify_of_destination(destination)
    return destination


@transaction.atomic
def make_secret(owner: DestinationOwner, *, actor: Actor, seen: str) -> str:
    """Sign from now on, with a new secret, which cannot be read again later."""
    destination = _with_secrets_as_seen(owner, actor=actor, seen=seen)
    if destination.signing_secret:
        raise DomainError(CHANGED, status=409)
    return _store_secret(destination, owner, "signing secret made", actor=actor)


@transaction.atomic
def rotate_secret(owner: DestinationOwner, *, actor: Actor, seen: str, overlap: timedelta) -> str:
    """Sign with a new secret, and with the old one too until the overlap is over. An older one than that ends at once."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise DomainError("The old secret stays valid for seven days at most.", field="overlap")
    destination = _with_secrets_as_seen(owner, actor=actor, seen=seen)
    if not destination.signing_secret:
        raise DomainError(CHANGED, status=409)
    destination.previous_secret = destination.signing_secret if overlap else NO_SECRET
    destination.previous_secret_until = timezone.now() + overlap if overlap else None
    after = {"old one valid until": destination.previous_secret_until}
    return _store_secret(destination, owner, "signing secret rotated", actor=actor, after=after)


@transaction.atomic
def end_previous_secret(owner: DestinationOwner, *, actor: Actor) -> None:
    destination = _destination_to_change(owner, actor=actor)
    if not destination.previous_secret:
        return
    destination.previous_secret, destination.previous_secret_until = NO_SECRET, None
    destination.save(update_fields=["previous_secret", "previous_secret_until"])
    _record(owner, "old signing secret ended", actor=actor, severity="medium")


@transaction.atomic
def stop_signing(owner: DestinationOwner, *, actor: Actor) -> None:
    destination = _destination_to_change(owner, actor=actor)
    if not destination.signing_secret:
        return
    destination.signing_secret = destination.previous_secret = NO_SECRET
    destination.previous_secret_until = None
    destination.save(update_fields=["signing_secret", "previous_secret", "previous_secret_until"])
    _record(owner, "signing switched off", actor=actor, severity="high")


@transaction.atomic
def try_now(owner: DestinationOwner, *, actor: Actor) -> bool:
    """End the rest of a destination that did not answer, and return whether it rested."""
    if not end_rest(owner):
        return False
    _record(owner, "tried before its time", actor=actor)
    return True


def end_rest(owner: DestinationOwner) -> bool:
    """End the rest, in the transaction of the caller. It goes on failing until it answers, and is tried with one call at a time."""
    destination = destination_of(owner)
    if not waits.wake(pk=destination.pk):
        return False
    notify_of_destination(destination)
    return True


def secrets_seen(destination: Destination) -> str:
    """Return what a page remembers of the secrets that it shows, so that a page that is sent twice changes them once."""
    return hashlib.sha256(bytes(destination.signing_secret)).hexdigest()[:16] if destination.signing_secret else ""


def _destination_to_change(owner: DestinationOwner, *, actor: Actor) -> Destination:
    """Refuse actors who may not configure what is sent there, as for the settings of the integration itself."""
    if isinstance(owner, Job):
        locked_job(owner.pk, actor=actor)
    else:
        locked_campaign(owner.campaign_id, actor=actor)
        if is_masked(actor):
            raise DomainError(ASKED_MASKED, status=403)
    return locked_destination(owner)


def _with_secrets_as_seen(owner: DestinationOwner, *, actor: Actor, seen: str) -> Destination:
    destination = _destination_to_change(owner, actor=actor)
    if secrets_seen(destination) != seen:
        raise DomainError(CHANGED, status=409)
    return destination


def _store_secret(destination: Destination, owner: DestinationOwner, action: str, *, actor: Actor, after: Any = None) -> str:
    secret = new_secret()
    destination.signing_secret = encryption.seal(secret)
    destination.save(update_fields=["signing_secret", "previous_secret", "previous_secret_until"])
    _record(owner, action, actor=actor, after=after, severity="medium")
    return secret


def notify_of_destination(destination: Destination) -> None:
    """Notify the workers that something may be due there."""
    if destination.job_id:
        notify_workers(QUEUE, destination.job_id, TASK)
    else:
        notify_of_messages([destination.pk])


def _record(owner: DestinationOwner, action: str, *, actor: Actor, severity: str = "low", before: Any = None, after: Any = None) -> None:
    details: dict[str, Any] = {"before": before, "after": after, "severity": severity}
    audit.record(actor=actor, page=PAGE, action=action, obj=owner, campaign_id=owner.campaign_id, notes=str(owner), **details)
