"""The display of a lead to a user: values, statuses and their reasons, in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.errors import ROLE
from config.core.lists import badges, times
from config.core.lists.markup import markup
from leads import privacy
from leads.lifecycle.notes import AXES
from leads.models import Lead, LeadNote
from leads.shown_status import ShownStatus
from leads.statuses import CurrentStatus, DeliveryStatus, ProcessrStatus, QaStatus, SecondCheck, percentage

UNDER_WAY = frozenset({ProcessrStatus.WAITING, ProcessrStatus.PROCESSING})
"""Leads that are not judged yet, or will be judged again: the next poll may bring a change."""


@dataclass(frozen=True, slots=True)
class Flagging:
    """The reason for which a user flagged a lead."""

    reason: str
    comment: str
    by: str

    def in_words(self, *, with_comment: bool) -> list[str]:
        comment = self.comment if with_comment or not self.comment else privacy.COMMENT_HIDDEN
        return [text for text in (self.reason, comment, f"Flagged by {self.by}") if text]


def flagging_of(lead: Lead) -> Flagging | None:
    return Flagging(lead.flag_reason, lead.flag_comment, lead.flagged_by) if lead.second_check and lead.flagged_at else None


def flagging_for(who: Who, lead: Lead) -> Flagging | None:
    """Return the flagging as the user may see it: the person by a name they know."""
    flagging = flagging_of(lead)
    if flagging is None:
        return None
    return replace(flagging, by=privacy.person_for(who, flagging.by), reason=privacy.reason_for(who, lead, flagging.reason))


def reasons_of(lead: Lead) -> list[str]:
    """Return the jobs' reasons why the lead is not Valid."""
    return list(lead.qa_result.get("qaReasons", ()))


def qa_badge(lead: Lead, *, key: str = "qa") -> SafeString | str:
    """Return the badge of the QA status, with the score and its place in the campaign's bands."""
    if not lead.qa_status:
        return "—"
    look = badges.BADGE_STYLES[lead.qa_status]
    return markup(
        '<button type="button" class="status status-{0}" popovertarget="{1}" popovertargetaction="show">'
        '<i class="bi bi-{2}" aria-hidden="true"></i>{3}</button><div class="reasons" id="{1}" popover>{4}</div>',
        look.colour,
        f"reasons-{lead.pk}-{key}",
        look.icon,
        QaStatus(lead.qa_status).label,
        score_bands(lead, reasons=reasons_of(lead)),
    )


def score_bands(lead: Lead, *, reasons: Collection[str] = ()) -> SafeString:
    """Return the score as a place in the campaign's bands."""
    return _render_score(lead.score, lead.max_score, lead.campaign.threshold, tuple(reasons), hardfail=lead.hardfail)


@lru_cache(maxsize=1024)
def _render_score(score: int, max_score: int, threshold: int, reasons: tuple[str, ...], *, hardfail: bool) -> SafeString:
    """Render the score. It is cached because few scores differ on a page of leads."""
    share = percentage(score, max_score)
    context = {
        "score": score,
        "max_score": max_score,
        "share": share,
        "here": min(98.5, share),
        "threshold": threshold,
        "above": 100 - threshold,
        "reasons": reasons,
        "hardfail": hardfail,
    }
    return render_to_string("leads/_score.html", context)


def second_check_badge(who: Who, lead: Lead) -> SafeString | str:
    if not lead.second_check:
        return "—"
    return badges.badge(lead.second_check, SecondCheck(lead.second_check).label, reasons=_flag_reasons(who, lead), key=f"{lead.pk}-second")


def current_badge(who: Who, lead: Lead, *, prefix: str = "") -> SafeString:
    """Return the badge of the Current Status. `prefix` begins its id, where the lead stands in the same document twice."""
    label = CurrentStatus(lead.current_status).label
    return badges.badge(lead.current_status, label, reasons=current_reasons(who, lead), key=f"{prefix}{lead.pk}-current")


def current_reasons(who: Who, lead: Lead) -> Collection[str]:
    """Return the reasons of the Current Status: those of the flag, or those of the jobs."""
    return _flag_reasons(who, lead) if lead.second_check else reasons_of(lead)


def delivery_badge(lead: Lead, *, prefix: str = "") -> SafeString:
    label, delivered_at = DeliveryStatus(lead.delivery_status).label, lead.first_delivered_at
    if delivered_at is None:
        return badges.badge(lead.delivery_status, label)
    return badges.badge(
        lead.delivery_status, label, heading=f"First delivered {times.exact(delivered_at)}", key=f"{prefix}{lead.pk}-delivery"
    )


def processr_badge(status: ShownStatus) -> SafeString:
    return badges.badge(status.look, status.label)


def billable_badge(billable: bool) -> SafeString:
    return badges.badge("billable", "Yes") if billable else badges.badge("not_billable", "No")


def _flag_reasons(who: Who, lead: Lead) -> Collection[str]:
    flagging = flagging_for(who, lead)
    if flagging is None:
        return ()
    return flagging.in_words(with_comment=privacy.sees_values_of(who, lead))


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note as a user may see it. `changes` have the axis or the field, and its values before and after."""

    by: str
    changes: list[tuple[str, Any, Any]]
    reason: str
    comment: str


_OF_RECEIVERS = (LeadNote.Kind.DELIVERY, LeadNote.Kind.FEEDBACK)
"""The kinds of notes that name receivers."""


def note_for(who: Who, lead: Lead, note: LeadNote, changes: Sequence[Any] | None = None) -> ShownNote:
    """Return a note of the lead, with all of its changes or those given, as `selectors.in_short` reads them.

    Values and comments hold personal data, and are masked where the lead is.

    Where a lead is delivered to, and why not, and who gives feedback for which reason, is told to those who manage campaigns: others
    read that it is delivered, and what became of the feedback.
    """
    unmasked = privacy.sees_values_of(who, lead)
    told = note.kind not in _OF_RECEIVERS or who.role in roles.MANAGES_CAMPAIGNS
    hidden = privacy.OTHER_SIDES.get(who.role, frozenset())
    changes = [(axis, old, new) for axis, old, new in (note.changes if changes is None else changes) if axis not in hidden]
    if note.kind != LeadNote.Kind.DATA:
        changes = [(axis if told or axis in AXES else note.get_kind_display(), old, new) for axis, old, new in changes]
    elif not unmasked:
        changes = [(field, privacy.mask_value(old or ""), privacy.mask_value(new or "")) for field, old, new in changes]
    if not unmasked:
        changes = [(axis, *(_reason_in_change(who, lead, axis, value) for value in values)) for axis, *values in changes]
    reads_reason = unmasked or not note.reason or _is_of_the_system(note) or privacy.is_listed_reason(who, note.reason)
    return ShownNote(
        by=privacy.person_for(who, note.actor_name),
        changes=changes,
        reason=_typed_text("Reason", note.reason if told else "", unmasked=reads_reason),
        comment=_typed_text("Comment", note.comment if told else "", unmasked=unmasked),
    )


def _reason_in_change(who: Who, lead: Lead, axis: str, value: Any) -> Any:
    return privacy.reason_for(who, lead, value) if axis == "flag_reason" else value


def _is_of_the_system(note: LeadNote) -> bool:
    """Return whether the note is of a delivery by an integration, whose reason is its name."""
    return note.kind == LeadNote.Kind.DELIVERY and note.actor_id is None


def _typed_text(label: str, text: str, *, unmasked: bool) -> str:
    return text if unmasked or not text else ROLE.lifts(f"{label} hidden: personal data is masked for your role.")
