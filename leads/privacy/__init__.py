"""Masking of personal data by role: one rule for tables, dialogs, APIs and files, and for searching and sorting.

A text is masked in Python for pages, and in SQL for files that PostgreSQL writes itself. A property test holds that both
give the same text, for each role.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Case, Func, Q, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from campaigns import scope
from campaigns.scope import Who
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import ROLE, DomainError
from config.core.models import User
from leads.models import FlagReason, Lead

_NUMBER = "-?[.,]?[0-9][0-9., '/:-]*(?:[eE][-+]?[0-9]+)?%?"
_BOOLEAN = "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]"
_MASKED = rf"\A(?: *(?:{_NUMBER}|{_BOOLEAN}|.) *|(.).*)\Z"
"""Matches every text. Its group is the character that is shown. It means the same in Python and in PostgreSQL."""
_MASK = r"\1••••"
MASKED_ROLES = frozenset({roles.ADMIN_MASKED, roles.ADVERTISER, roles.REPORT})
OTHER_SIDES = {
    roles.PUBLISHER: frozenset({"advertiser_billable", "over_allocation"}),
    roles.ADVERTISER: frozenset({"publisher_billable"}),
    roles.ADVERTISER_REPORT: frozenset({"publisher_billable"}),
    roles.AGENCY_CALL_CENTRE: frozenset({"publisher_billable"}),
}
"""Axes that are hidden from a role because they show what the other party pays or earns."""
MASKED_READS = ("advertiser_billable", "campaign__advertiser__visible_fields")
"""The columns of a lead that the masks depend on."""


def sees_personal_data(who: Who) -> bool:
    """Return whether the user sees the personal data of all leads in their view.

    Advertiser report users see only those of billable leads.
    """
    return who.role not in MASKED_ROLES and who.role != roles.ADVERTISER_REPORT


def sees_values_of(who: Who, lead: Lead) -> bool:
    if who.role == roles.ADVERTISER_REPORT:
        return lead.advertiser_billable
    return who.role not in MASKED_ROLES


def sees_provider_logs(who: Who) -> bool:
    """Return whether the user may read the exact requests and answers of providers (decision 20)."""
    return who.role == roles.ADMIN or (who.role == roles.SUPER and getattr(who, "can_see_provider_logs", False))


SEEN_MASKED = ROLE.lifts("You see this lead masked: only those who see it unmasked may have its values tried, sent or previewed.")


def refusal_to_use(who: Who, lead: Lead) -> str:
    """Return why `who` may not have the values of the lead tried by a job, sent as a test or shown in a preview; empty if they may.

    What comes of the values tells about them, however it is masked: whoever sets up the job decides what it asks.
    """
    return "" if sees_values_of(who, lead) and sees_results(who) else SEEN_MASKED


own_reasons: set[str] = set()
"""The reasons that the product itself writes, of flags and in notes: no person has typed them, so every role reads them."""


def own_reason(text: str) -> str:
    """Return a reason that the product itself writes, as one that every role reads."""
    own_reasons.add(text)
    return text


UNMASKED_ROLES = ", ".join(roles.LABELS[role] for role in roles.LABELS if role in roles.MANAGES_CAMPAIGNS - MASKED_ROLES)
"""The roles that set campaigns up and see their leads unmasked, in words."""
COMMENT_HIDDEN = ROLE.lifts("Comment hidden: personal data is masked for your role")
REASON_HIDDEN = ROLE.lifts("Reason hidden: personal data is masked for your role")
ASKED_MASKED = ROLE.lifts(
    "You see leads masked, and this decides what is asked of their values, which the outcomes tell: it is set by roles that see leads "
    f"unmasked ({UNMASKED_ROLES})."
)


def is_masked(actor: Actor) -> bool:
    """Return whether the actor is a user who sees leads masked. An actor without a user (the system, a command) is not."""
    return actor.user_id is not None and User.objects.filter(pk=actor.user_id, role__in=MASKED_ROLES).exists()


def refuse_to_ask(actor: Actor, *, field: str | None = None) -> None:
    """Refuse that an actor who sees leads masked decides what is asked of their values (decision 33).

    Everything that is saved and then runs over leads calls this: settings and conditions of jobs, value transforms. The
    outcomes tell about the values, however these are masked: whoever chooses the questions reads them letter by letter.
    """
    if is_masked(actor):
        raise DomainError(ASKED_MASKED, field=field, status=403)


def person_for(who: Who, name: str) -> str:
    """Return the name of a person as the user may see it. The names they know are read once for each request, not for each row."""
    if not hasattr(who, "names_known"):
        who.names_known = scope.names_known_to(who)  # type: ignore[attr-defined]
    return scope.shown_name(name, who.names_known)  # type: ignore[attr-defined]


def shown_fields(who: Who, lead: Lead) -> frozenset[str]:
    """Return the fields that the advertiser lets its own users see unmasked."""
    return frozenset(lead.campaign.advertiser.visible_fields) if who.role in roles.ADVERTISER_SIDE else frozenset()


def sees_results(who: Who) -> bool:
    """Return whether the user sees transformed and enriched values. Publishers see what they have sent (decision 33)."""
    return who.role != roles.PUBLISHER


def values_for(who: Who, lead: Lead) -> dict[str, str]:
    """Return the lead's values as `who` may see them."""
    return shown_values(who, lead, lead.values if sees_results(who) else lead.captured)


def shown_values(who: Who, lead: Lead, values: Mapping[str, object]) -> dict[str, str]:
    """Return values of the lead's fields as `who` may see them, by field: captured ones, or what transforms and jobs made of them."""
    if sees_values_of(who, lead):
        return {field: text_of(value) for field, value in values.items()}
    return {field: shown_value(who, lead, field, value) for field, value in values.items()}


def shown_value(who: Who, lead: Lead, field: str, value: object) -> str:
    """Return a value of a field as `who` may see it: as it was captured, as a transform or a job made it, or as a job has seen it."""
    text = text_of(value)
    if sees_values_of(who, lead) or field in shown_fields(who, lead):
        return text
    return mask_of_field(text, text_of(lead.captured.get(field)))


def original_for(who: Who, lead: Lead, field: str, value: str) -> str:
    """Return what a field was captured with before it was changed, as `who` may see it: masked by itself, as in the notes."""
    return value if sees_values_of(who, lead) or field in shown_fields(who, lead) else mask_value(value)


def masked_for(who: Who, lead: Lead, text: str) -> str:
    """Return a text of a lead, which is no value of a field, as `who` may see it."""
    return text if sees_values_of(who, lead) else mask_value(text)


def reason_for(who: Who, lead: Lead, reason: str) -> str:
    """Return the reason of a flag as `who` may see it: one that a person has typed may hold personal data, as a comment may."""
    return reason if not reason or sees_values_of(who, lead) or is_listed_reason(who, reason) else REASON_HIDDEN


def reason_of_action(who: Who, reason: str) -> str:
    """Return the reason of an action on many leads as the user may see it."""
    return reason if not reason or sees_personal_data(who) or is_listed_reason(who, reason) else REASON_HIDDEN


def reason_sql(who: Who, reason: Combinable) -> Combinable:
    """Return the SQL of the reason of the present flag as the user may see it, as `reason_for` does, for queries of Lead."""
    if sees_personal_data(who):
        return reason
    seen = Q(flag_reason="") | reads_reason(who)
    return Case(When(seen, then=reason), default=Value(REASON_HIDDEN), output_field=TextField())


def reads_reason(who: Who) -> Q:
    """Return the condition on Lead that the user may read the reason of its present flag.

    A filter by reasons has it, and a negated one inside the negation, so that nobody finds out a reason by trying.
    """
    if sees_personal_data(who):
        return Q()
    listed = Q(flag_reason__in=FlagReason.objects.order_by().values("name")) | Q(flag_reason__in=sorted(own_reasons))
    return listed | Q(advertiser_billable=True) if who.role == roles.ADVERTISER_REPORT else listed


def is_listed_reason(who: Who, reason: str) -> bool:
    """Return whether it is one of the reasons that are offered or that the product itself writes.

    They are read once for each request, not for each row.
    """
    if not hasattr(who, "reasons_listed"):
        who.reasons_listed = frozenset(FlagReason.objects.values_list("name", flat=True))  # type: ignore[attr-defined]
    return reason in own_reasons or reason in who.reasons_listed  # type: ignore[attr-defined]


def masked_sql(who: Who, text: Combinable, *, captured: Combinable | None = None, field: str = "") -> Combinable:
    """Return the SQL of a text of leads as `who` may see it, for queries of Lead.

    `field` is the name of the lead's field whose value it is, and `captured` its captured value.
    """
    if sees_personal_data(who):
        return text
    seen = Q(advertiser_billable=True) if who.role == roles.ADVERTISER_REPORT else Q()
    if field and who.role in roles.ADVERTISER_SIDE:
        seen |= Q(campaign__advertiser__visible_fields__contains=[field])
    mask: Combinable = Coalesce(MaskedText(text), Value(""), output_field=TextField())
    if captured is not None:
        of_field = Coalesce(MaskedText(captured), Value(HIDDEN), output_field=TextField())
        mask = Case(When(Exact(text, Value("")), then=Value("")), default=of_field, output_field=TextField())
    return Case(When(seen, then=text), default=mask, output_field=TextField()) if seen else mask


def mask(captured: Mapping[str, str]) -> dict[str, str]:
    return {name: mask_value(value) for name, value in captured.items()}


HIDDEN = "••••"


def mask_of_field(text: str, captured: str) -> str:
    """Return the mask of a field's value: that of its captured value, whatever was made of it, or dots where none was captured.

    What a transform or a job makes of a value may begin with any of its letters, so its own first letter is never shown.
    """
    return (mask_value(captured) or HIDDEN) if text else ""


def mask_value(value: object) -> str:
    """Return the first character, so that a user recognises a known row, and never the length.

    Nothing is shown of a boolean and of a number, of which the first character would tell all or most.
    """
    return re.sub(_MASKED, _MASK, text_of(value), flags=re.DOTALL)


def text_of(value: object) -> str:
    """Return the text of a value of a JSON column as PostgreSQL's ->> does, and nothing for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json.dumps(value, ensure_ascii=False)


class MaskedText(Func):
    """The mask of `mask_value` in SQL, but null for an empty text."""

    template = "nullif(regexp_replace(%(expressions)s), '')"
    output_field = TextField()

    def __init__(self, text: Combinable) -> None:
        super().__init__(text, Value(_MASKED), Value(_MASK))


def sees_money(who: Who) -> bool:
    """Return whether the user is told what a bulk action does to billing and allocation: on pages and in API v4 alike.

    What it does concerns both parties, so nobody is told of it from whom an axis of the other side is hidden.
    """
    return who.role in roles.MANAGES_CAMPAIGNS and who.role not in OTHER_SIDES


def sees_deliveries(who: Who) -> bool:
    """Return whether the user is told what a bulk action does to deliveries, which names integrations."""
    return who.role in roles.MANAGES_CAMPAIGNS


def sees_capabilities(who: Who) -> bool:
    """Return whether the user sees lead hashes and event ids: anyone who knows one can change the lead."""
    return who.role in roles.HOLDS_CAPABILITIES
