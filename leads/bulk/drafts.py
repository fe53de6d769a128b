"""Drafts of bulk actions: leads from several sources add up until the action is started.

A draft is a row, not a session, so that it can be left, reloaded and taken up again, and two of them do not mix. Its
leads are frozen in chunks as those of any action. Whatever changes it drops its preview.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from campaigns.models import Campaign
from config.core.actor import Actor
from config.core.background import runs
from config.core.errors import DomainError
from config.core.ids import in_portions
from config.core.models import Run, User
from config.core.pg_text import without_unstorable
from leads.bulk import id_files, lead_ids
from leads.bulk.lead_ids import NOT_AN_ID, Entry
from leads.bulk.runner import AT_MOST, check, frozen_ids, frozen_leads, queue, type_of
from leads.bulk.undo import Undo, reason_not_to_undo
from leads.lifecycle import CHUNK
from leads.models import BulkAction, BulkChunk, BulkForecast, Lead
from leads.selectors import leads_and_deleted_for, leads_for
from leads.statuses import Refusal

PORTION = 5_000
"""Entries that are looked up at once."""
ENTRIES_AT_MOST = 2 * AT_MOST
SOURCES_KEPT = 20
TITLE_AT_MOST = 100
TYPED = "typed"
"""The source of entries that were typed."""
DELETED, ELSEWHERE = "deleted", "not in this campaign"
REMARKED = "left_out"
"""The key in the answers of an action under which upper apps keep what became of it otherwise than was asked for."""
STARTED = "It has been started already, or discarded."

_MERGE = """
INSERT INTO leads_bulkchunk (action_id, position, lead_ids, state, skipped)
SELECT %s, %s + n, array_agg(id ORDER BY id), 'queued', '{{}}'
FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS n
    FROM (SELECT unnest(lead_ids) FROM leads_bulkchunk WHERE action_id = %s {merged}) AS chosen (id)
) AS numbered
GROUP BY n
"""

_COPY_OMITTED = "COPY leads_omittedentry (action_id, source, line, text, why) FROM STDIN"
_REST = """
INSERT INTO leads_bulkchunk (action_id, position, lead_ids, state, skipped)
SELECT %s, row_number() OVER (ORDER BY position) - 1, lead_ids, 'queued', '{}'
FROM leads_bulkchunk WHERE action_id = %s AND state = 'queued'
"""


@dataclass(frozen=True)
class Added:
    """The outcome of adding a source: how many leads are new, how many were chosen already, and how many entries are no leads."""

    new: int = 0
    repeated: int = 0
    omitted: int = 0


def begin_draft(*, actor: Actor, campaign: Campaign | None = None) -> BulkAction:
    """Create a draft without leads and without a type. With a campaign it takes the leads of that campaign alone."""
    draft = BulkAction(total=0, started_by_id=actor.user_id, campaign=campaign)
    runs.save_draft(draft)
    return draft


@transaction.atomic
def begin_empty(*, actor: Actor, campaign: Campaign | None = None) -> BulkAction:
    """Return a draft without leads: the newest that the actor has begun and added nothing to, or else a new one."""
    own = BulkAction.objects.filter(state=Run.State.DRAFT, started_by=actor.user_id, campaign=campaign, total=0, undoes=None)
    unused = own.exclude(answers__has_key="file").filter(omitted=None).order_by("-pk")
    draft = unused.select_for_update(of=("self",), no_key=True).first() if actor.user_id else None
    if draft is None:
        return begin_draft(actor=actor, campaign=campaign)
    draft.type, draft.settings, draft.signature, draft.answers = "", {}, "", {}
    draft.save(update_fields=["type", "settings", "signature", "answers"])
    return draft


def reason_not_to_go_on(action: BulkAction, who: User) -> str:
    """Return why the user may not go on with the leads that the action did not come to, as shown to users; empty if they may.

    The answers go with it, a comment and a signature among them: so each goes on with their own actions alone.
    """
    if not action.is_over:
        return "It is not over yet: stop it first."
    if action.type == Undo.key:
        return "Undo the action once more instead."
    if action.started_by_id != who.pk:
        return "Only who has begun it can go on with it."
    if not action.chunks.filter(state=BulkChunk.State.QUEUED).exists():
        return "It has come to all of its leads."
    return type_of(action).refusal_for(who)


@transaction.atomic
def draft_rest(action: BulkAction, who: User, *, actor: Actor) -> BulkAction:
    """Create a draft of the same action with exactly the leads that it did not come to. Raises DomainError with why not."""
    if reason := reason_not_to_go_on(action, who):
        raise DomainError(reason, status=409)
    rest = BulkAction(
        type=action.type,
        settings=action.settings,
        signature=action.signature,
        answers={key: answer for key, answer in action.answers.items() if key not in ("file", REMARKED)},
        campaign=action.campaign,
        total=0,
        started_by_id=actor.user_id,
    )
    runs.save_draft(rest)
    with connection.cursor() as cursor:
        cursor.execute(_REST, [rest.pk, action.pk])
    rest.total = frozen_leads(rest)
    rest.selection_source = {"rest of action": action.pk, "sources": {f"not reached by action {action.pk}": rest.total}}
    rest.save(update_fields=["total", "selection_source"])
    return rest


def chosen_leads(draft: BulkAction, who: User) -> QuerySet[Lead]:
    """Return the leads of the action that the user sees now."""
    return leads_for(who).filter(pk__in=frozen_ids(draft))


@transaction.atomic
def add_entries(draft: BulkAction, entries: Iterable[Entry], *, who: User, source: str) -> Added:
    """Add the leads that the entries name. Those that name none that the user may choose are kept with the reason."""
    draft = locked_draft(draft)
    source = without_unstorable(source)[:120]
    ids: set[int] = set()
    read = omitted = 0
    for portion in in_portions(entries, PORTION):
        read += len(portion)
        if read > ENTRIES_AT_MOST:
            raise DomainError(f"More than {ENTRIES_AT_MOST:,} entries are too many at once. Divide them.", field="ids", status=413)
        found, missing = _look_up(draft, portion, who)
        ids.update(found)
        omitted += len(missing)
        _keep_omitted(draft, source, missing)
    before = draft.total or 0
    total = _merge(draft, "UNION SELECT unnest(%s::bigint[])", [sorted(ids)]) if ids else before
    new = total - before
    _note_source(draft, source, new)
    return Added(new, read - omitted - new, omitted)


@transaction.atomic
def add_typed_and_file(draft: BulkAction, typed: Iterable[Entry], file: Iterable[Entry], *, who: User, name: str) -> Added:
    """Add what is typed and the entries of a file beside it, or neither."""
    typed = list(typed)
    parts = [add_entries(draft, typed, who=who, source=TYPED)] if typed else []
    parts.append(add_entries(draft, file, who=who, source=name))
    return Added(*(sum(getattr(part, each) for part in parts) for each in ("new", "repeated", "omitted")))


@transaction.atomic
def add_query(draft: BulkAction, leads: QuerySet[Lead], *, source: dict[str, Any], label: str) -> Added:
    """Freeze the leads that the query selects now. `source` records how they were chosen, without personal data."""
    draft = locked_draft(draft)
    leads = leads.filter(campaign=draft.campaign_id) if draft.campaign_id else leads
    before = draft.total or 0
    try:
        # One more than allowed is enough to refuse: a filter may match all the leads there are.
        chosen, parameters = leads.order_by().values("pk")[: AT_MOST + 1].query.sql_with_params()
    except EmptyResultSet:  # Django knows that the query selects nothing: the user sees no lead
        return Added()
    new = _merge(draft, f"UNION ({chosen})", parameters) - before
    draft.selection_source |= source
    _note_source(draft, label, new)
    return Added(new)


@transaction.atomic
def take_out(draft: BulkAction, entries: Iterable[Entry], *, who: User) -> int:
    """Take leads out of the draft, and return how many were in it."""
    draft = locked_draft(draft)
    ids: set[int] = set()
    for portion in in_portions(entries, PORTION):
        ids.update(_look_up(draft, portion, who)[0])
    before = draft.total or 0
    return before - _merge(draft, "EXCEPT SELECT unnest(%s::bigint[])", [sorted(ids)])


@transaction.atomic
def clear(draft: BulkAction) -> None:
    """Empty the draft of leads and of what was left out."""
    draft = locked_draft(draft)
    _drop_forecast(draft)
    draft.chunks.all().delete()
    draft.omitted.all().delete()
    draft.total, draft.selection_source = 0, {}
    draft.save(update_fields=["total", "selection_source"])


@transaction.atomic
def save_answers(
    draft: BulkAction, answers: Mapping[str, Any], *, type_key: str = "", settings: dict[str, Any] | None = None, signature: str = ""
) -> None:
    """Save the answers to a step, with what follows from them. Raises DomainError for settings that the type refuses."""
    draft = locked_draft(draft)
    if type_key:
        check(type_key, settings)
    draft.type, draft.settings, draft.signature = type_key, settings or {}, signature
    draft.answers = {**draft.answers, **answers}
    draft.save(update_fields=["type", "settings", "signature", "answers"])
    _drop_forecast(draft)


@transaction.atomic
def keep_file(draft: BulkAction, name: str, *, title: str = "") -> None:
    """Remember the file whose column is still to be chosen, in place of an earlier one; with an empty name, none.

    `title` is the name that its owner knows it by.
    """
    draft = locked_draft(draft)
    transaction.on_commit(partial(id_files.delete, draft.answers.pop("file", "")))
    draft.answers.pop("file_title", None)
    draft.answers |= {"file": name, "file_title": without_unstorable(title)[:TITLE_AT_MOST]} if name else {}
    draft.save(update_fields=["answers"])


@transaction.atomic
def start(draft: BulkAction, *, actor: Actor) -> BulkAction:
    """Queue the draft as it was previewed. Raises DomainError where there is no preview of it as it stands now."""
    draft = locked_draft(draft)
    if not BulkForecast.objects.filter(action=draft, state=Run.State.DONE).exists():
        raise DomainError("It has changed since it was previewed. Look at the preview once more.", status=409)
    if draft.undoes and (reason := reason_not_to_undo(draft.undoes)):
        raise DomainError(reason, status=409)
    check(draft.type, draft.settings)
    return queue(draft, total=frozen_leads(draft), actor=actor)


@transaction.atomic
def discard(draft: BulkAction) -> None:
    locked = locked_draft(draft)
    _drop_forecast(locked)
    transaction.on_commit(partial(id_files.delete, locked.answers.get("file", "")))
    locked.delete()


def locked_draft(draft: BulkAction) -> BulkAction:
    """Lock the draft, and return it as it is now."""
    locked = BulkAction.objects.select_for_update(no_key=True).filter(pk=draft.pk, state=Run.State.DRAFT).first()
    if locked is None:
        raise DomainError(STARTED, status=409)
    return locked


def _look_up(draft: BulkAction, entries: Sequence[Entry], who: User) -> tuple[set[int], list[tuple[Entry, str]]]:
    """Return the leads that the entries name, and the entries that name none, each with the reason."""
    keys = [lead_ids.key_of(entry.text) for entry in entries]
    leads = leads_and_deleted_for(who)
    found: dict[int | str, tuple[int, int, bool]] = {}
    for name, kind in (("pk", int), ("lead_hash", str)):
        if wanted := {key for key in keys if isinstance(key, kind)}:
            rows = leads.filter(**{f"{name}__in": wanted}).values_list(name, "pk", "campaign_id", "deleted_at")
            found |= {key: (pk, campaign_id, deleted_at is not None) for key, pk, campaign_id, deleted_at in rows}
    ids: set[int] = set()
    missing: list[tuple[Entry, str]] = []
    for entry, key in zip(entries, keys, strict=True):
        row = found.get(key) if key is not None else None
        if row is None:
            missing.append((entry, NOT_AN_ID if key is None else Refusal.NOT_FOUND))
        elif row[2]:
            missing.append((entry, DELETED))
        elif draft.campaign_id not in (None, row[1]):
            missing.append((entry, ELSEWHERE))
        else:
            ids.add(row[0])
    return ids, missing


def _keep_omitted(draft: BulkAction, source: str, missing: Iterable[tuple[Entry, str]]) -> None:
    """Write the entries with COPY: a file of a million wrong ids is answered within its request."""
    with connection.cursor() as cursor, cursor.copy(_COPY_OMITTED) as copy:
        for entry, why in missing:
            copy.write_row((draft.pk, source, entry.line, without_unstorable(entry.text)[:100], why))


def _merge(draft: BulkAction, merged: str, parameters: Sequence[Any]) -> int:
    """Chunk the leads anew, with others added or taken out, behind the chunks there are, and drop these. Return the number of leads."""
    _drop_forecast(draft)
    last = draft.chunks.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    with connection.cursor() as cursor:
        cursor.execute(_MERGE.format(merged=merged), [draft.pk, first, CHUNK, draft.pk, *parameters])
    draft.chunks.filter(position__lt=first).delete()
    draft.total = frozen_leads(draft)
    if draft.total > AT_MOST:
        raise DomainError(f"Choose at most {AT_MOST:,} leads at once: more are chosen.", field="ids")
    draft.save(update_fields=["total"])
    return draft.total


def _note_source(draft: BulkAction, label: str, new: int) -> None:
    sources = dict(draft.selection_source.get("sources", {}))
    sources[label] = sources.get(label, 0) + new
    kept = dict(list(sources.items())[-SOURCES_KEPT:])
    draft.selection_source = {**draft.selection_source, "sources": kept}
    draft.save(update_fields=["selection_source"])


def _drop_forecast(draft: BulkAction) -> None:
    """Drop the preview, before any chunk is touched: its worker locks the run first, too."""
    BulkForecast.objects.filter(action=draft).delete()
    draft.chunks.exclude(previewed=None).update(previewed=None)
