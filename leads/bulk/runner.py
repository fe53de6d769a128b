"""The runner of bulk actions.

The ids are frozen in id order. One lifecycle verb is applied to them chunk by chunk, exactly once to each (decision 9).
"""

from collections.abc import Collection, Generator, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, Func, QuerySet
from django.urls import reverse
from django.utils import timezone
from typing_extensions import override

from config.core.actor import Actor
from config.core.background import runs
from config.core.background.runs import EndNotification, Progress, RunType
from config.core.errors import DomainError
from config.core.ids import in_portions
from config.core.models import Run, User
from leads import lifecycle
from leads.bulk import effects, id_files, results
from leads.bulk.actions import BulkType, bulk_types
from leads.lifecycle import CHUNK
from leads.lifecycle.state import Seen, records
from leads.models import BulkAction, BulkChunk, Lead
from leads.selectors import leads_and_deleted_for, leads_for

AT_ONCE = 100
"""The largest number of leads that is processed within the request; more are run in the background."""
AT_MOST = 1_000_000
NOTIFICATION_KIND = "bulk_action"
UNKNOWN, UNKNOWN_HASHES = "unknown", "unknown_hashes"
"""In the source of an action: the number of hashes that are of no lead, and the first `UNKNOWN_AT_MOST` of them."""
UNKNOWN_AT_MOST = 100

_FREEZE = """
INSERT INTO leads_bulkchunk (action_id, position, lead_ids, state, skipped)
SELECT %s, n, array_agg(id ORDER BY id), 'queued', '{{}}'
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS n FROM ({chosen}) AS chosen (id)) AS numbered
GROUP BY n
"""

_REASONS = """
SELECT why, count(*) FROM leads_bulkchunk, jsonb_each_text(skipped) AS of_lead (id, why)
WHERE action_id = %s
GROUP BY why
ORDER BY count(*) DESC, min(of_lead.id::bigint)
"""


@runs.run_types.register
class BulkActionRun(RunType[BulkAction, int]):
    """The run of a bulk action. Its parts are the chunks of frozen ids, and its position is the number of the next chunk."""

    key = "bulk_action"
    page = "Leads"

    @classmethod
    def rows(cls) -> QuerySet[BulkAction]:
        return BulkAction.objects.select_related("started_by", "undoes")

    @classmethod
    @override
    def tidy(cls) -> None:
        id_files.delete_left_behind(_named_by_drafts)

    def parts(self) -> Generator[int, None, None]:
        chunks = self.run.chunks.filter(position__gte=self.run.position).order_by("position")
        yield from chunks.values_list("position", flat=True)

    def write(self, part: int) -> Progress:
        """Apply the action to one chunk, and save its record. Rights and sight are those of the starter now."""
        action, chunk = self.run, self.run.chunks.select_for_update(no_key=True).get(position=part)
        if chunk.state != BulkChunk.State.QUEUED:
            return Progress(part + 1)
        chunk.action = action
        action.started_by = self.starter()
        rule = rule_of(chunk, actor=self.actor)
        moved = lifecycle.move(chunk.lead_ids, rule, among=visible_leads(action, rule))
        type_of(action).after_move(chunk, moved)
        chunk.state, chunk.skipped = BulkChunk.State.DONE, {str(pk): why for pk, why in sorted(moved.refused.items())}
        chunk.found = records(change.before for change in moved.changes)
        chunk.save(update_fields=["state", "skipped", "found"])
        return Progress(part + 1, done=len(moved.ids), failed=len(moved.refused))

    def clean_up(self) -> None:
        id_files.delete(self.run.answers.get("file", ""))

    @override
    def is_open_to(self, user: User) -> bool:
        return not type_of(self.run).refusal_for(user)

    def record_end(self) -> None:
        action = self.run
        after = {"leads": action.total, "done": action.done, "skipped": action.failed}
        self.record(f"{self.label}: {action.state}", after=after, notes=action.error)

    def notification(self) -> EndNotification | None:
        action = self.run
        bulk_type = bulk_types.get(action.type)
        verb = bulk_type.done if bulk_type else "done"
        result = f"{action.done:,} lead{'' if action.done == 1 else 's'} {verb}, {action.failed:,} skipped"
        return EndNotification(NOTIFICATION_KIND, self.label, result, reverse("bulk_action", args=[action.pk]))

    @property
    def label(self) -> str:
        """Return the label of the action; its key, where the type no longer exists."""
        bulk_type = bulk_types.get(self.run.type)
        return bulk_type.label if bulk_type else self.run.type


def _named_by_drafts(names: Collection[str]) -> Collection[str]:
    """Return those of the names that drafts keep for the choice of a column."""
    drafts = BulkAction.objects.filter(state=Run.State.DRAFT, answers__file__in=list(names))
    return set(drafts.values_list("answers__file", flat=True))


class RequestedBulkActionRun(BulkActionRun):
    """The run of a small action within its request: the answer tells how it ended."""

    def notification(self) -> None:
        return None


@transaction.atomic
def begin(
    type_key: str,
    ids: Iterable[int],
    *,
    actor: Actor,
    settings: dict[str, Any] | None = None,
    signature: str = "",
    unknown: Collection[str] = (),
) -> BulkAction:
    """Create an action over these ids; ids that its starter may not see are skipped later.

    `unknown` are the lead hashes among what was chosen that are of no lead that its starter sees. Raises DomainError where
    nothing or too much is chosen, and for an unknown type.
    """
    lead_ids = sorted(set(ids))
    source: dict[str, Any] = {"leads": len(lead_ids)}
    if unknown:
        source |= {UNKNOWN: len(unknown), UNKNOWN_HASHES: list(unknown)[:UNKNOWN_AT_MOST]}
    action = create(type_key, actor=actor, settings=settings, source=source, signature=signature)
    chunks = enumerate(in_portions(lead_ids, CHUNK))
    BulkChunk.objects.bulk_create(BulkChunk(action=action, position=n, lead_ids=chunk) for n, chunk in chunks)
    return queue(action, total=len(lead_ids), actor=actor)


@transaction.atomic
def begin_for_query(
    type_key: str, leads: QuerySet[Lead], *, actor: Actor, source: dict[str, Any], settings: dict[str, Any] | None = None
) -> BulkAction:
    """Create an action over the leads that the query selects now. `source` records how they were chosen."""
    action = create(type_key, actor=actor, settings=settings, source=source)
    try:
        # One more than allowed is enough to refuse: a filter may match all the leads there are.
        chosen, parameters = leads.order_by().values("pk")[: AT_MOST + 1].query.sql_with_params()
    except EmptyResultSet:  # Django knows that the query selects nothing: the user sees no lead
        return queue(action, total=0, actor=actor)
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE.format(chosen=chosen), [action.pk, CHUNK, *parameters])
    return queue(action, total=frozen_leads(action), actor=actor)


def run_or_queue(type_key: str, ids: Iterable[int], *, actor: Actor, settings: dict[str, Any] | None = None) -> BulkAction:
    """Create an action, and for a few leads run it: then the returned action is over."""
    return run_if_few(begin(type_key, ids, actor=actor, settings=settings))


def run_if_few(action: BulkAction) -> BulkAction:
    if (action.total or 0) <= AT_ONCE:
        runs.work_on(RequestedBulkActionRun, action.pk)
        action.refresh_from_db()
    return action


def skipped_leads(action: BulkAction, *, at_most: int) -> dict[int, str]:
    """Map the ids of skipped leads to their reasons, the first `at_most` by id."""
    return dict(islice(results.skipped(action), at_most))


def skip_reasons(action: BulkAction) -> list[tuple[str, int]]:
    """Return the reasons of all skipped leads with their numbers, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, [action.pk])
        return list(cursor)


def moved_leads(action: BulkAction, *, at_most: int | None = None) -> list[int]:
    """Return the ids that were not skipped, also if they were put back since: all of them, or the first `at_most` by id."""
    return list(islice(results.moved(action), at_most))


def type_of(action: BulkAction) -> BulkType:
    """Return the type of the action. Raises DomainError for a type that no longer exists; the run then fails with that message."""
    bulk_type = bulk_types.get(action.type)
    if bulk_type is None:
        raise DomainError(f"There is no action “{action.type}” any more.", status=409)
    return bulk_type()


def rule_of(chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
    """Return the rule of the action's type, with the refusals of upper apps. What a preview has shown has to be as it was (decision 42)."""
    rule = type_of(chunk.action).rule(chunk, actor=actor).guarded(partial(effects.refusals, chunk.action))
    return rule if chunk.previewed is None else rule.if_as_seen(seen_leads(chunk.previewed))


def seen_leads(previewed: Mapping[str, Any]) -> dict[int, Seen]:
    """Return the leads of a chunk as its preview found them."""
    return {pk: tuple(seen) for seen, lead_ids in previewed["seen"] for pk in lead_ids}


def visible_leads(action: BulkAction, rule: lifecycle.MoveRule) -> QuerySet[Lead]:
    """Return the leads that the starter may see now; deleted leads are among them only for a rule that reaches them."""
    if action.started_by is None:
        return Lead.objects.none()
    return leads_and_deleted_for(action.started_by) if rule.reaches_deleted else leads_for(action.started_by)


def frozen_ids(action: BulkAction) -> QuerySet[BulkChunk, int]:
    """Return the ids in the chunks as a query, for a condition on leads or their records."""
    unnested = Func(F("lead_ids"), function="unnest", output_field=BigIntegerField())
    return action.chunks.order_by().annotate(one=unnested).values_list("one", flat=True)


def frozen_leads(action: BulkAction) -> int:
    """Return the number of leads in the chunks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cardinality(lead_ids)), 0) FROM leads_bulkchunk WHERE action_id = %s", [action.pk])
        return int(cursor.fetchone()[0])


def check(type_key: str, settings: Mapping[str, Any] | None) -> None:
    bulk_type = bulk_types.get(type_key)
    if bulk_type is None:
        raise DomainError(f"There is no action “{type_key}”.", field="type")
    bulk_type().check(settings or {})


def create(
    type_key: str,
    *,
    actor: Actor,
    source: dict[str, Any],
    settings: dict[str, Any] | None = None,
    undoes: BulkAction | None = None,
    signature: str = "",
) -> BulkAction:
    """Create an action without leads. Raises DomainError for an unknown type or settings that are wrong."""
    check(type_key, settings)
    return BulkAction.objects.create(
        type=type_key, settings=settings or {}, selection_source=source, started_by_id=actor.user_id, undoes=undoes, signature=signature
    )


def queue(action: BulkAction, *, total: int, actor: Actor) -> BulkAction:
    if not total and UNKNOWN not in action.selection_source:
        raise DomainError("No lead is chosen.", field="leads")
    if total > AT_MOST:
        raise DomainError(f"Choose at most {AT_MOST:,} leads at once: more are chosen.", field="leads")
    action.total, action.saved_at = total, timezone.now()
    action.save(update_fields=["total", "saved_at"])
    label = type_of(action).label
    work = BulkActionRun(action)
    # Hashes stay out of the trail: whoever knows that of a lead can change it.
    source = {key: value for key, value in action.selection_source.items() if key != UNKNOWN_HASHES}
    work.record(f"{label}: leads chosen", actor=actor, after={"leads": total, **source})
    runs.queue(work)
    return action
