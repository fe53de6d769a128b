"""The reasons for which leads are flagged, as admins keep them. Notes and leads keep the text that was chosen at the time.

Each service locks the reasons of the flag before it reads them, so that of two admins the second finds what the first has
left, and a reason that is gone is refused.
"""

from django.db import transaction
from django.db.models import Max, QuerySet

from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.pg_text import is_storable
from leads.models import FlagReason, FlagReasonCategory

PAGE = "Flag Reasons"
LONGEST_NAME, LONGEST_CATEGORY = 255, 120
MOST_REASONS, MOST_CATEGORIES = 100, 500


@transaction.atomic
def add_reason(flag: str, name: str, *, actor: Actor) -> FlagReason:
    """Add a reason behind the others of its flag."""
    if flag not in FlagReason.Flag.values:
        raise DomainError("There is no such flag.", field="flag")
    others = _lock_reasons(flag)
    name = _clean(name, LONGEST_NAME, others)
    if others.count() >= MOST_REASONS:
        raise DomainError(f"A flag has at most {MOST_REASONS} reasons.", field="name")
    last = others.aggregate(last=Max("position"))["last"] or 0
    reason = FlagReason.objects.create(flag=flag, name=name, position=last + 1)
    audit.record(actor=actor, page=PAGE, action="Reason added", obj=reason, after={"flag": flag, "name": name})
    return reason


@transaction.atomic
def rename_reason(reason: FlagReason, name: str, *, actor: Actor) -> None:
    reason = _locked(reason)
    others = FlagReason.objects.filter(flag=reason.flag).exclude(pk=reason.pk)
    before, reason.name = reason.name, _clean(name, LONGEST_NAME, others)
    reason.save(update_fields=["name"])
    audit.record(actor=actor, page=PAGE, action="Reason renamed", obj=reason, before={"name": before}, after={"name": reason.name})


@transaction.atomic
def remove_reason(reason: FlagReason, *, actor: Actor) -> None:
    """Remove a reason from those that are offered. One whose categories are permanent stays, and so does Other."""
    reason = _locked(reason)
    if reason.is_other:
        raise DomainError("“Other” asks for a reason of one's own, and always stays.", status=409)
    if reason.categories.exists():
        raise DomainError("It has categories, which are permanent, and stays with them.", status=409)
    audit.record(actor=actor, page=PAGE, action="Reason removed", obj=reason, before={"flag": reason.flag, "name": reason.name})
    reason.delete()


@transaction.atomic
def move_up(reason: FlagReason, *, actor: Actor) -> None:
    """Let the reason change places with the one before it."""
    reason = _locked(reason)
    reasons = list(FlagReason.objects.filter(flag=reason.flag).order_by("position", "id"))
    place = next(place for place, other in enumerate(reasons) if other.pk == reason.pk)
    if place == 0:
        return
    reasons[place - 1 : place + 1] = reversed(reasons[place - 1 : place + 1])
    for position, other in enumerate(reasons, start=1):
        other.position = position
    FlagReason.objects.bulk_update(reasons, ["position"])
    audit.record(actor=actor, page=PAGE, action="Reason moved", obj=reason, after={"position": place})


@transaction.atomic
def add_category(reason: FlagReason, name: str, *, actor: Actor) -> FlagReasonCategory:
    """Add a category, which is permanent: it can never be edited or deleted."""
    reason = _locked(reason)
    if not reason.has_categories:
        raise DomainError(f"{reason.name} has no categories.", status=409)
    name = _clean(name, LONGEST_CATEGORY, reason.categories.all())
    if name.casefold() == "none":
        raise DomainError("“None” is there already: it says that no category was chosen.", field="name")
    if reason.categories.count() >= MOST_CATEGORIES:
        raise DomainError(f"A reason has at most {MOST_CATEGORIES} categories.", field="name")
    category = FlagReasonCategory.objects.create(reason=reason, name=name)
    audit.record(actor=actor, page=PAGE, action="Reason category added", obj=category, after={"reason": reason.name, "name": name})
    return category


def _lock_reasons(flag: str) -> QuerySet[FlagReason]:
    """Lock the reasons of a flag, of which one always stays. Return them as they are from then on, with those added meanwhile."""
    reasons = FlagReason.objects.filter(flag=flag)
    list(reasons.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return reasons


def _locked(reason: FlagReason) -> FlagReason:
    """Return the reason as it is under the lock. Raises DomainError for one that is gone."""
    found = _lock_reasons(reason.flag).filter(pk=reason.pk).first()
    if found is None:
        raise DomainError("This reason was removed meanwhile.", status=404, field="name")
    return found


def _clean(name: str, longest: int, others: object) -> str:
    """Return the name on one line. Raise DomainError for an empty one, one that is too long, and one that is there already."""
    name = " ".join(name.split())
    if not name or len(name) > longest or not is_storable(name):
        raise DomainError(f"Give a name of at most {longest} characters.", field="name")
    if others.filter(name__iexact=name).exists():  # type: ignore[attr-defined]  # reasons or categories
        raise DomainError(f"“{name}” is there already.", field="name")
    return name
