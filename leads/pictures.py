"""Pictures of people, which enrichment names by address. Workers fetch and keep them, so that no browser calls a third party.

A row is written in the transaction that judges the lead; rows that are due are the queue. An attempt is claimed by moving
the next one into the future, so a worker may die at any moment, and there are three attempts at most.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.scope import Who
from config.core import http
from config.core.background.notify import notify_workers
from leads import privacy
from leads.models import Lead, LeadPicture
from leads.signals import Move, leads_moving

QUEUE, TASK = "work", "leads.tasks.fetch_pictures"
FIELDS = tuple(f"{name}{end}" for name in ("photo", "avatar", "picture", "image") for end in ("", "Url", "URL", "_url"))
"""The enriched fields that may hold the address of a picture; the first that does counts."""
LONGEST_ADDRESS = 2_000
LIMITS = http.Limits(connect=3, read=5, total=5, size=200_000)
PAUSES = (timedelta(minutes=10), timedelta(hours=3))
"""The time from each attempt to the next. After the last one there is none."""
AT_ONCE = 8
PASSING = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses after which another attempt may succeed."""
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result of an attempt: a picture with its type, or none. `is_final` says that another attempt is of no use."""

    content: bytes = b""
    content_type: str = ""
    is_final: bool = True


def connect() -> None:
    leads_moving.connect(remember, dispatch_uid="leads remembers the pictures that enrichment names")


def address_of(enriched: Mapping[str, object]) -> str:
    """Return the https address of the picture that enrichment names; an empty text if it names none."""
    values = (value.strip() for name in FIELDS if isinstance(value := enriched.get(name), str))
    return next((value for value in values if _is_address(value)), "")


def remember(*, moves: Sequence[Move], cause: str, **_: Any) -> None:
    """Queue the pictures of leads that were judged, where their address is new. The caller has the leads locked."""
    if cause != "judge":
        return
    named = Lead.objects.filter(pk__in=[move.lead_id for move in moves], enriched__has_any_keys=FIELDS).order_by("pk")
    addresses = {pk: address for pk, enriched in named.values_list("pk", "enriched") if (address := address_of(enriched))}
    if not addresses:
        return
    known = dict(LeadPicture.objects.filter(pk__in=addresses).values_list("pk", "address"))
    now = timezone.now()
    new = [LeadPicture(lead_id=pk, address=address, due_at=now) for pk, address in addresses.items() if known.get(pk) != address]
    if new:
        changed = ["address", "content", "content_type", "attempts", "due_at", "fetched_at"]
        LeadPicture.objects.bulk_create(new, update_conflicts=True, unique_fields=["lead"], update_fields=changed)
        notify_workers(QUEUE, "pictures", TASK)


def picture_for(who: Who, lead: Lead) -> QuerySet[LeadPicture]:
    """Return the picture of a lead that the user sees, if there is one, and they see its values and what enrichment made.

    That of another address than the lead has now is none.
    """
    address = address_of(lead.enriched)
    if not (address and privacy.sees_values_of(who, lead) and privacy.sees_results(who)):
        return LeadPicture.objects.none()
    return LeadPicture.objects.filter(pk=lead.pk, address=address).exclude(content_type="")


def fetch_due(*, seconds: float) -> bool:
    """Fetch the pictures that are due, for as long as the time allows. Return whether some may be left."""
    until = monotonic() + seconds
    while monotonic() < until:
        claimed = _claim()
        if not claimed:
            return False
        live = [picture for picture in claimed if picture.lead.deleted_at is None]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # Threads log with the context of the task.
            results = [pool.submit(copy_context().run, _fetch, picture.address) for picture in live]
        for picture, result in zip(live, results, strict=True):
            _store(picture, result.result())
    return True


def _claim() -> list[LeadPicture]:
    """Claim the next pictures that are due. Those of deleted leads are given up."""
    now = timezone.now()
    with transaction.atomic():
        due = LeadPicture.objects.filter(due_at__lte=now).order_by("due_at").select_related("lead")
        found = list(due.only("address", "attempts", "lead__deleted_at").select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
        for picture in found:
            left = PAUSES[picture.attempts : picture.attempts + 1] if picture.lead.deleted_at is None else ()
            picture.due_at = now + left[0] if left else None
            picture.attempts += 1
        LeadPicture.objects.bulk_update(found, ["due_at", "attempts"])
    return found


def _fetch(address: str) -> Fetched:
    """Fetch a picture, without the database."""
    try:
        answer = http.request("GET", address, limits=LIMITS, headers={"Accept": "image/webp, image/png, image/jpeg, image/gif"})
    except http.Unreachable:
        return Fetched(is_final=False)
    except http.NoAnswer:
        return Fetched()
    if answer.status != 200:
        return Fetched(is_final=answer.status not in PASSING)
    content_type = type_of(answer.content)
    return Fetched(answer.content, content_type) if content_type else Fetched()


def type_of(content: bytes) -> str:
    """Return the type of a picture by its first bytes, whatever the sender says; an empty text for anything else, such as SVG."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((name for beginning, name in SIGNATURES.items() if content.startswith(beginning)), "")


def _store(picture: LeadPicture, fetched: Fetched) -> None:
    """Keep what was fetched, unless the lead has been given another address meanwhile."""
    row = LeadPicture.objects.filter(pk=picture.pk, address=picture.address)
    if fetched.content_type:
        row.update(content=fetched.content, content_type=fetched.content_type, fetched_at=timezone.now(), due_at=None)
    elif fetched.is_final:
        row.update(due_at=None)


def _is_address(value: str) -> bool:
    try:
        return len(value) <= LONGEST_ADDRESS and http.target_of(value).scheme == "https"
    except http.AddressRefused:
        return False
