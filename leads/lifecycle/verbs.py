"""The verbs of the lifecycle. Each is defined by its rule: what it does to one lead, and why.

Called with a set of leads, a verb moves them (`leads.lifecycle.writing`). Its `rule` is also what a preview plans with
(`leads.lifecycle.planning`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Generic, ParamSpec
from uuid import UUID

from django.utils import timezone

from campaigns.selectors import consent_fields
from config.core.actor import SYSTEM, Actor
from config.core.background.clock import database_now
from leads.intake import normalize, search_index, validation
from leads.intake.search_index import SearchedLead
from leads.lifecycle import guards
from leads.lifecycle.notes import REQUEUED, SENT_AGAIN
from leads.lifecycle.planning import MoveRule
from leads.lifecycle.state import Cause, LeadChange, LeadState
from leads.lifecycle.writing import Moved, move
from leads.models import Lead, LeadNote
from leads.statuses import CurrentStatus, DeliveryStatus, ProcessrStatus, QaStatus, Refusal, SecondCheck
from leads.values import field_names, texts

Arguments = ParamSpec("Arguments")
Kind = LeadNote.Kind
IfAsRead = Callable[[Lead], bool]
"""Returns whether the captured values of a lead, as they are under the lock of an edit, are those that its editor has read."""
ALREADY = {
    SecondCheck.VALID: Refusal.ALREADY_VALID,
    SecondCheck.INVALID: Refusal.ALREADY_INVALID,
    SecondCheck.TEST: Refusal.ALREADY_TEST,
}


class Verb(Generic[Arguments]):
    """A verb, made of the function that returns its rule: `flag(ids, …)` moves leads, `flag.rule(…)` is for planning."""

    def __init__(self, rule: Callable[Arguments, MoveRule]) -> None:
        self.rule = rule
        update_wrapper(self, rule)

    def __call__(self, ids: list[int], /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Moved:
        return move(ids, self.rule(*args, **kwargs))


@dataclass(frozen=True)
class Verdict:
    """The engine's result for one lead; `qa_result` is in the shape of the API."""

    lead_id: int
    qa_status: str
    score: int
    max_score: int
    hardfail: bool
    errored: bool
    qa_result: dict[str, Any]
    failed_jobs: list[int]
    transformed: dict[str, str]
    enriched: dict[str, str]
    suppressed: bool = False
    transformed_email: str | None = None
    transformed_phone: str | None = None
    transformed_name_key: str | None = None


VERDICT_COLUMNS = (
    "score", "max_score", "hardfail", "errored", "qa_result", "failed_jobs", "transformed", "enriched", "suppressed", "transformed_email",
    "transformed_phone", "transformed_name_key",
)  # fmt: skip
"""The columns of a lead that take their values from its verdict as they are."""


def judge(verdicts: Iterable[Verdict], *, token: UUID, actor: Actor = SYSTEM) -> Moved:
    """Write the engine's results. Leads that no longer carry `token` are refused."""
    by_lead = {verdict.lead_id: verdict for verdict in verdicts}

    def apply(change: LeadChange) -> str | None:
        after, verdict = change.after, by_lead[change.after.id]
        if after.claim != token:
            return Refusal.CLAIM_LOST
        _end_claim(after, ProcessrStatus.COMPLETE)
        after.qa_status = verdict.qa_status
        if verdict.qa_status == QaStatus.TEST and not after.processing_counter:
            after.arrived_as_test = True
        after.processing_counter += 1
        after.update_current_status()
        change.payload = {name: getattr(verdict, name) for name in VERDICT_COLUMNS}
        return None

    return move(list(by_lead), MoveRule(Cause("judge", Kind.STATUS, actor), apply))


@Verb
def hold(*, reason: str, token: UUID | None = None, actor: Actor = SYSTEM) -> MoveRule:
    """Put leads on hold until `release`; with a token, only those that still carry it."""

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if token is not None and after.claim != token:
            return Refusal.CLAIM_LOST
        if token is None and after.claim is not None:
            return Refusal.BEING_PROCESSED
        if after.processr_status == ProcessrStatus.HELD:
            return Refusal.ALREADY_HELD
        _end_claim(after, ProcessrStatus.HELD)
        after.hold_reason = reason
        return None

    return MoveRule(Cause("hold", Kind.STATUS, actor), apply)


@Verb
def release(*, reason: str, actor: Actor, action_id: int | None = None) -> MoveRule:
    """Put leads that are on hold before judgement, for this reason, back into the queue."""

    def apply(change: LeadChange) -> str | None:
        if change.after.processr_status != ProcessrStatus.HELD or change.after.hold_reason != reason:
            return Refusal.NOT_HELD
        change.after.hold_reason = ""
        change.after.processr_status = ProcessrStatus.WAITING
        return None

    return MoveRule(Cause("release", Kind.STATUS, actor, action_id=action_id), apply)


@Verb
def release_delivery(*, actor: Actor, action_id: int | None = None) -> MoveRule:
    """Release leads that are held over delivery: no job runs again, and what waits of theirs to be sent is due (decision 39).

    A lead takes a slot if there is one, else it is delivered over its allocation (decision 26).
    """

    def apply(change: LeadChange) -> str | None:
        if not change.after.is_held_over_delivery:
            return Refusal.NOT_HELD_OVER_DELIVERY
        change.after.hold_reason = ""
        return None

    return MoveRule(Cause("release_delivery", Kind.DELIVERY, actor, action_id=action_id), apply)


@Verb
def requeue(*, actor: Actor, lane: int = 1, action_id: int | None = None) -> MoveRule:
    """Queue judged or held leads for another run over their captured values."""

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.processr_status == ProcessrStatus.WAITING:
            return Refusal.ALREADY_WAITING
        if after.processr_status == ProcessrStatus.PROCESSING:
            return Refusal.BEING_PROCESSED
        after.processr_status, after.hold_reason, after.lane = ProcessrStatus.WAITING, "", lane
        return None

    return MoveRule(Cause("requeue", Kind.STATUS, actor, REQUEUED, action_id=action_id), apply)


@Verb
def flag(
    flag: str,
    *,
    actor: Actor,
    reason: str,
    category: str = "",
    comment: str = "",
    on_arrival: bool = False,
    action_id: int | None = None,
    extras: Mapping[str, Any] | None = None,
) -> MoveRule:
    """Set the second check, and the flag's columns (decision 36). Test also resets the delivery status (decision 7).

    A lead with this flag moves for another reason, category or comment, or where `extras` ask for something in its
    campaign (decision 37). `on_arrival` says that the lead has just been received as a test.
    """
    already, now = ALREADY[SecondCheck(flag)], timezone.now()

    def apply(change: LeadChange) -> str | None:
        after = change.after
        is_same = (after.second_check, after.flag_reason, after.flag_category, after.flag_comment) == (flag, reason, category, comment)
        if is_same and not _asks_for_more(extras, after):
            return already
        after.second_check = flag
        after.flag_reason, after.flag_category, after.flag_comment = reason, category, comment
        after.flagged_by, after.flagged_at = actor.name, now
        after.update_current_status()
        if flag == SecondCheck.TEST:
            after.delivery_status = DeliveryStatus.NOT_DELIVERED
            after.arrived_as_test = after.arrived_as_test or on_arrival
        return None

    return MoveRule(Cause("flag", Kind.STATUS, actor, reason, comment, action_id, extras or {}), apply)


@Verb
def unflag(*, actor: Actor, comment: str = "", action_id: int | None = None) -> MoveRule:
    def apply(change: LeadChange) -> str | None:
        after = change.after
        if not after.second_check:
            return Refusal.NOT_FLAGGED
        after.second_check = after.flag_reason = after.flag_category = after.flag_comment = after.flagged_by = ""
        after.flagged_at = None
        after.update_current_status()
        return None

    return MoveRule(Cause("unflag", Kind.STATUS, actor, comment=comment, action_id=action_id), apply)


@Verb
def mark_delivered(*, actor: Actor, reason: str = "", action_id: int | None = None) -> MoveRule:
    """Mark Valid leads as delivered."""
    return _delivered(Cause("mark_delivered", Kind.DELIVERY, actor, reason, action_id=action_id))


@Verb
def mark_sent(*, reason: str, actor: Actor = SYSTEM) -> MoveRule:
    """Mark leads that an integration has sent as delivered: Valid ones, and those that came as tests (decision 7)."""
    return _delivered(Cause("mark_sent", Kind.DELIVERY, actor, reason), tests_too=True)


@Verb
def mark_undelivered(*, actor: Actor, reason: str = "", action_id: int | None = None) -> MoveRule:
    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.current_status != CurrentStatus.VALID:
            return Refusal.NOT_VALID
        if after.delivery_status != DeliveryStatus.DELIVERED:
            return Refusal.NOT_DELIVERED
        after.delivery_status = DeliveryStatus.NOT_DELIVERED
        return None

    return MoveRule(Cause("mark_undelivered", Kind.DELIVERY, actor, reason, action_id=action_id), apply)


@Verb
def send_again(
    *,
    actor: Actor,
    comment: str = "",
    action_id: int | None = None,
    extras: Mapping[str, Any] | None = None,
    named: Mapping[int, Sequence[str]] | None = None,
) -> MoveRule:
    """Send Valid leads once more to what `extras` ask for in their campaigns.

    No status changes; the note says to what, which `named` has by campaign.
    """

    def apply(change: LeadChange) -> str | None:
        if change.after.current_status != CurrentStatus.VALID:
            return Refusal.NOT_VALID
        change.told = [[name, "", "asked for"] for name in (named or {}).get(change.after.campaign_id, ())]
        return None if _asks_for_more(extras, change.after) else Refusal.NOT_CHOSEN

    return MoveRule(Cause("send_again", Kind.DELIVERY, actor, SENT_AGAIN, comment, action_id, extras or {}), apply)


@Verb
def mark_replacement(*, actor: Actor, comment: str = "", action_id: int | None = None) -> MoveRule:
    """Mark leads as replacements. This is metadata: no status changes."""
    return _set_replacement("replacement", Refusal.ALREADY_REPLACEMENT, comment, actor, action_id)


@Verb
def unmark_replacement(*, actor: Actor, comment: str = "", action_id: int | None = None) -> MoveRule:
    """Clear the replacement type; the comment stays."""
    return _set_replacement("", Refusal.NO_REPLACEMENT, comment, actor, action_id)


def edit(
    values: Mapping[int, Mapping[str, str]], *, actor: Actor, reason: str = "", comment: str = "", if_as_read: IfAsRead | None = None
) -> Moved:
    """Merge new captured values into the old ones, per lead. They are stripped as at the intake.

    A running claim is ended and the lead processed again, as the run read the old values.

    Leads that are delivered or about to be sent are refused (decision 11), and those of which `if_as_read` says, of the
    lead as it is under the lock, that it is not as its editor has read it.
    """
    return _merge(values, Cause("edit", Kind.DATA, actor, reason, comment), if_as_read, is_guarded=True)


def append(values: Mapping[int, Mapping[str, str]], *, actor: Actor, reason: str = "") -> Moved:
    """Merge new captured values into the old ones, per lead, whatever its state: it may be delivered or in a batch (decision 11).

    A running claim goes on: the verdict is of the values that the run has read, as if the append had come right after it,
    which does not process the lead either. Otherwise, whoever knows the hash could keep the lead from ever being judged.
    Leads are refused whose consent would be given by it.
    """
    return _merge(values, Cause("append", Kind.DATA, actor, reason), None, is_guarded=False)


@Verb
def delete(*, actor: Actor, reason: str = "", action_id: int | None = None) -> MoveRule:
    """Delete leads softly: they are hidden and not counted; notes, audit entries and price entries stay (decision 10)."""
    now = database_now()

    def apply(change: LeadChange) -> str | None:
        if change.after.processr_status == ProcessrStatus.PROCESSING:
            _end_claim(change.after, ProcessrStatus.WAITING)
        change.after.deleted_at = now
        return None

    return MoveRule(Cause("delete", Kind.STATUS, actor, reason, action_id=action_id), apply)


@Verb
def restore(*, actor: Actor, action_id: int | None = None) -> MoveRule:
    def apply(change: LeadChange) -> str | None:
        if change.after.deleted_at is None:
            return Refusal.NOT_DELETED
        change.after.deleted_at = None
        return None

    return MoveRule(Cause("restore", Kind.STATUS, actor, action_id=action_id), apply, reaches_deleted=True)


@Verb
def undo(
    records: Mapping[int, Mapping[str, Any]],
    revisions: Mapping[int, int],
    *,
    actor: Actor,
    reason: str = "",
    kind: str = Kind.STATUS,
    action_id: int | None = None,
) -> MoveRule:
    """Put leads back as an action found them (`LeadState.record`), if their revisions are still those that it left (decision 29)."""

    def apply(change: LeadChange) -> str | None:
        change.after.restore(records[change.before.id])
        return None

    return MoveRule(Cause("undo", kind, actor, reason, action_id=action_id), apply, reaches_deleted=True).if_unchanged(revisions)


def _merge(values: Mapping[int, Mapping[str, str]], cause: Cause, if_as_read: IfAsRead | None, *, is_guarded: bool) -> Moved:
    """Write captured values, per lead. A field that is spelled in another case is that field.

    The old values are read under the lock of the move, so that of two edits at once neither undoes the other. Consent
    follows from the consent fields of the lead's form where one of them changes.
    """
    leads: dict[int, Lead] = {}
    consents: dict[int, list[str]] = {}

    def read_values(lead_ids: Collection[int]) -> Mapping[int, str]:
        columns = ("captured", "captured_revision", "transformed", "form_id", "opt_in", *normalize.Derived._fields)
        leads.update(Lead.objects.only(*columns).in_bulk(lead_ids))
        consents.update(consent_fields(lead.form_id for lead in leads.values() if lead.form_id))
        return {}

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if is_guarded and after.delivery_status == DeliveryStatus.DELIVERED:
            return Refusal.DELIVERED_LOCKED
        lead = leads[after.id]
        old = lead.captured
        new = {**old, **{field_names.spelled_as(name, old): texts.strip(value) for name, value in values[after.id].items()}}
        if old == new:
            return Refusal.UNCHANGED
        if if_as_read and not if_as_read(lead):
            return Refusal.CHANGED_SINCE
        if field_names.grow_too_large(old, new):
            return Refusal.TOO_MANY_VALUES
        names = [field_names.spelled_as(name, new) for name in consents.get(lead.form_id or 0, ())]
        if not is_guarded and any(_gives_consent(old.get(name), new.get(name)) for name in names):
            return Refusal.CONSENT
        if is_guarded and after.processr_status == ProcessrStatus.PROCESSING:
            _end_claim(after, ProcessrStatus.WAITING)
        opt_in = validation.consent_of(names, new) if any(old.get(name) != new.get(name) for name in names) else lead.opt_in
        lead.captured, derived = new, normalize.derive(new)
        lead.email, lead.phone, lead.name_key = derived
        compared = normalize.derive_compared(lead, lead.transformed)
        columns = {**derived._asdict(), **normalize.transformed_columns(derived, compared)}
        change.payload = {"captured": new, "captured_revision": after.revision, "opt_in": opt_in, **columns}
        words = search_index.words_of(new, derived, campaign_id=after.campaign_id, publisher_id=after.publisher_id)
        change.searched = SearchedLead(after.id, after.campaign_id, words)
        change.data = [[name, old.get(name), new[name]] for name in new if old.get(name) != new[name]]
        return None

    guarded = (guards.uneditable, read_values) if is_guarded else (read_values,)
    return move(list(values), MoveRule(cause, apply, guards=guarded))


def _gives_consent(old: object, new: object) -> bool:
    return bool(validation.tick_of(str(new)) and not validation.tick_of(str(old)))


def _set_replacement(replacement_type: str, already: str, comment: str, actor: Actor, action_id: int | None) -> MoveRule:
    def apply(change: LeadChange) -> str | None:
        if change.after.replacement_type == replacement_type:
            return already
        change.after.replacement_type = replacement_type
        change.after.replacement_comment = comment or change.after.replacement_comment
        return None

    return MoveRule(Cause("metadata", Kind.METADATA, actor, comment=comment, action_id=action_id), apply)


def _delivered(cause: Cause, *, tests_too: bool = False) -> MoveRule:
    """Return the rule for Valid leads. The time of the first delivery is never changed."""
    now = database_now()

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.current_status != CurrentStatus.VALID and not (tests_too and after.came_as_test):
            return Refusal.NOT_VALID
        if after.delivery_status == DeliveryStatus.DELIVERED:
            return Refusal.ALREADY_DELIVERED
        after.delivery_status = DeliveryStatus.DELIVERED
        after.first_delivered_at = after.first_delivered_at or now
        return None

    return MoveRule(cause, apply)


def _asks_for_more(extras: Mapping[str, Any] | None, lead: LeadState) -> bool:
    """Return whether an upper app is asked for something in the campaign of the lead: each of the extras is by campaign."""
    return any(by_campaign.get(lead.campaign_id) for by_campaign in (extras or {}).values())


def _end_claim(state: LeadState, processr_status: str) -> None:
    state.processr_status, state.claim, state.claimed_at = processr_status, None, None
