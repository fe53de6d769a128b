"""Selectors of leads. All code that reads leads for a user goes through them."""

import json
from collections.abc import Collection
from functools import reduce
from operator import or_

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, Func, IntegerField, JSONField, OuterRef, Q, QuerySet, Value

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from config.core.accounts import roles
from leads import privacy
from leads.models import BulkAction, FlagReason, FlagReasonCategory, FullSearch, Lead, LeadNote
from leads.statuses import BILLED_AXES, CurrentStatus, DeliveryStatus

FIRST_CHANGES_READ = 500
"""Changes of the data of one lead that are read, from the first, to find what was captured."""
FIRST_BYTES_READ = 200_000
"""Bytes of these changes, as they are stored. People and programs change few values at once; who fills notes is not read to the end."""
LAST_CHANGES_READ = 100
"""The newest changes of the data of one lead among which that of a field is looked for."""
CHANGES_SHOWN = 20
"""Changes of one note that a list of notes has. The note alone has all of them."""
CHANGES_OF_PAGE = 100
CHARACTERS_SHOWN = 255
"""Characters of a value in a list of notes: all of the reason of a flag, by which its mask is decided."""


def leads_for(who: Who) -> QuerySet[Lead]:
    """Return the leads that `who` may see. Deleted leads are never included."""
    return leads_and_deleted_for(who).filter(deleted_at=None)


def leads_and_deleted_for(who: Who) -> QuerySet[Lead]:
    """Return the leads that `who` may see, and those that `who` could see before they were deleted, for an undo alone."""
    if not who.is_authenticated or who.role not in roles.SEES_LEADS:
        return Lead.objects.none()
    scope, leads = scope_of(who), Lead.objects.all()
    if scope.everything:
        return leads
    if scope.advertisers:
        own = leads.filter(campaign__in=Campaign.objects.filter(scope.campaigns()))
        return own.filter(current_status=CurrentStatus.VALID) if scope.valid_only else own
    if scope.publishers:
        return leads.filter(publisher__in=scope.publishers)
    return Lead.objects.none()


def errored_leads(who: Who, campaign: Campaign) -> QuerySet[Lead]:
    """Return the leads with a job that could not check them in their last run (decision 5)."""
    return leads_for(who).filter(campaign=campaign, errored=True)


def newest_notes(who: Who, lead_ids: Collection[int], at_most: int) -> dict[int, list[int]]:
    """Return the ids of the newest notes of each lead, the newest first, in one query whatever their number."""
    notes = notes_told_to(who, LeadNote.objects.filter(lead_id=OuterRef("pk"))).order_by("-pk").values("pk")[:at_most]
    return dict(Lead.objects.filter(pk__in=lead_ids).order_by().values_list("pk", ArraySubquery(notes)))


def notes_for(who: Who) -> QuerySet[LeadNote]:
    """Return the notes of leads that the user sees."""
    return notes_told_to(who, LeadNote.objects.filter(Exists(leads_for(who).filter(pk=OuterRef("lead_id")))))


def notes_of(who: Who, lead: Lead) -> QuerySet[LeadNote]:
    """Return the notes of a lead that the user sees, as far as they are told of them."""
    return notes_told_to(who, LeadNote.objects.filter(lead_id=lead.pk))


def notes_told_to(who: Who, notes: QuerySet[LeadNote]) -> QuerySet[LeadNote]:
    """Leave out what is about the billing of the other party alone, and what people add by hand for those who manage campaigns."""
    if who.role not in roles.MANAGES_CAMPAIGNS:
        notes = notes.exclude(kind=LeadNote.Kind.COMMENT)
    hidden = privacy.OTHER_SIDES.get(who.role)
    if not hidden:
        return notes
    own = [Q(changes__contains=[[axis]]) for axis in BILLED_AXES if axis not in hidden]
    return notes.filter(~Q(kind=LeadNote.Kind.CONTRACT) | reduce(or_, own))


def delivered_by_hand(lead: Lead) -> LeadNote | None:
    """Return the note by which the lead became delivered, where a person and no integration has marked it; None for all others."""
    if lead.delivery_status != DeliveryStatus.DELIVERED:
        return None
    notes = LeadNote.objects.filter(lead_id=lead.pk, kind=LeadNote.Kind.DELIVERY).order_by("-pk")
    marked = notes.filter(changes__contains=[["delivery_status", DeliveryStatus.NOT_DELIVERED, DeliveryStatus.DELIVERED]]).first()
    return marked if marked and marked.actor_id is not None else None


def leads_of_notes(notes: Collection[LeadNote]) -> dict[int, Lead]:
    """Return by id the leads of notes that the user sees, with the column that their masks depend on."""
    return Lead.objects.only("advertiser_billable").in_bulk({note.lead_id for note in notes})


class _FirstChanges(Func):
    """The first changes of a note with shortened values, cut in the database: one note may hold a megabyte."""

    output_field = JSONField()
    template = f"""(
        SELECT coalesce(jsonb_agg(shown.change ORDER BY place), '[]')
        FROM jsonb_array_elements(jsonb_path_query_array(%(expressions)s, '$[0 to {CHANGES_SHOWN - 1}]'))
            WITH ORDINALITY AS first (change, place)
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(
                CASE WHEN jsonb_typeof(value) = 'string' AND char_length(value #>> '{{}}') > {CHARACTERS_SHOWN}
                THEN to_jsonb(left(value #>> '{{}}', {CHARACTERS_SHOWN}) || '…') ELSE value END ORDER BY part
            ) AS change
            FROM jsonb_array_elements(first.change) WITH ORDINALITY AS whole (value, part)
        ) AS shown
    )"""


def in_short(notes: QuerySet[LeadNote]) -> QuerySet[LeadNote]:
    """Return the notes with `first_changes` and the `number_of_changes` in place of all their changes.

    Values that are longer than CHARACTERS_SHOWN are cut, and end in an ellipsis.
    """
    number = Func("changes", function="jsonb_array_length", output_field=IntegerField())
    return notes.defer("changes").annotate(first_changes=_FirstChanges("changes"), number_of_changes=number)


def changes_from(notes: QuerySet[LeadNote], start: int) -> QuerySet[LeadNote]:
    """Return the notes with a page of their changes, from this place, as `first_changes`. Their values are whole."""
    path = Value(f"$[{start} to {start + CHANGES_OF_PAGE - 1}]")
    number = Func("changes", function="jsonb_array_length", output_field=IntegerField())
    page = Func("changes", path, template="jsonb_path_query_array(%(expressions)s::jsonpath)", output_field=JSONField())
    return notes.defer("changes").annotate(first_changes=page, number_of_changes=number)


def last_change(lead: Lead, field: str) -> LeadNote | None:
    """Return the newest note with a change of this captured field, which it has as `change`."""
    newest = LeadNote.objects.filter(lead_id=lead.pk, kind=LeadNote.Kind.DATA).order_by("-pk").values("pk")[:LAST_CHANGES_READ]
    change = Func(
        "changes", Value(json.dumps({"field": field})), output_field=JSONField(), arg_joiner=", 'strict $[*] ? (@[0] == $field)', ",
        template="jsonb_path_query_first(%(expressions)s::jsonb)",
    )  # fmt: skip
    notes = LeadNote.objects.filter(pk__in=newest).defer("changes").annotate(change=change)
    return notes.filter(change__isnull=False).order_by("-pk").first()


_FIRST_VALUES = """
WITH sized AS MATERIALIZED (
    SELECT id, changes, sum(pg_column_size(changes)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (SELECT id, changes FROM leads_leadnote WHERE lead_id = %(lead)s AND kind = 'data' ORDER BY id LIMIT %(notes)s) AS oldest
), note AS MATERIALIZED (
    SELECT id, changes FROM sized WHERE coalesce(before, 0) < %(bytes)s
), first AS MATERIALIZED (
    SELECT change ->> 0 AS field, min(note.id) AS id FROM note, jsonb_array_elements(note.changes) AS change GROUP BY 1
)
SELECT change ->> 0, coalesce(change ->> 1, '')
FROM note, jsonb_array_elements(note.changes) AS change, first
WHERE first.id = note.id AND first.field = change ->> 0
"""
# Raw SQL: the notes of one lead may hold many megabytes, of which only the first value of each field is needed.


def first_values(lead: Lead) -> dict[str, str]:
    """Return what fields held before they were changed for the first time, empty for those that were added, in one query.

    The caller shows them as the user may see them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_VALUES, {"lead": lead.pk, "notes": FIRST_CHANGES_READ, "bytes": FIRST_BYTES_READ})
        return dict(cursor.fetchall())


def drafts_for(who: Who) -> QuerySet[BulkAction]:
    """Return the user's own bulk actions, drafts among them: nobody sees a draft of somebody else."""
    return BulkAction.objects.filter(started_by=who.pk).select_related("started_by", "campaign", "undoes")


def bulk_actions_for(who: Who) -> QuerySet[BulkAction]:
    """Return the user's own actions, or all actions for users who see everything. Drafts are none yet."""
    actions = BulkAction.objects.exclude(state=BulkAction.State.DRAFT).select_related("started_by", "campaign", "undoes")
    return actions if who.role in roles.SEES_EVERYTHING else actions.filter(started_by=who.pk)


def full_searches_for(who: Who) -> QuerySet[FullSearch]:
    """Return the user's own searches, whatever the role: nobody sees those of others."""
    return FullSearch.objects.filter(started_by=who.pk).select_related("started_by", "campaign")


def lead_of_publisher(who: Who, publisher_id: int, lead_id: int) -> Lead | None:
    """Return the lead with only the columns that its publisher may read. For publishers it is one query, including their scope."""
    if who.role != roles.PUBLISHER:
        return leads_for(who).only(*_RESULT_COLUMNS).filter(publisher=publisher_id, pk=lead_id).first()
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_RESULT, {"lead": lead_id, "publisher": publisher_id, "user": who.pk})
        row = cursor.fetchone()
    if row is None:
        return None
    as_json = {"captured", "qa_result"}
    values = [json.loads(value) if name in as_json else value for name, value in zip(_RESULT_COLUMNS, row, strict=True)]
    return Lead.from_db(connection.alias, _RESULT_COLUMNS, values)


_RESULT_COLUMNS = (
    "id", "captured", "qa_status", "second_check", "current_status", "score", "max_score", "hardfail", "errored", "qa_result",
    "flag_reason",
)  # fmt: skip
"""In the order of the model's fields, as `from_db` requires."""
# Written by hand: programs poll each lead until it is judged, and the ORM takes longer to build this query than PostgreSQL to run it.
_RESULT = """
SELECT id, captured::text, qa_status, second_check, current_status, score, max_score, hardfail, errored, qa_result::text, flag_reason
FROM leads_lead
WHERE id = %(lead)s AND publisher_id = %(publisher)s AND deleted_at IS NULL
    AND EXISTS (SELECT FROM campaigns_membership WHERE user_id = %(user)s AND publisher_id = %(publisher)s)
"""


def lead_with_hash(lead_hash: str) -> Lead | None:
    """Return the lead with its campaign, for whoever knows its hash: the hash is the key. A deleted lead is none."""
    return Lead.objects.filter(lead_hash=lead_hash.lower(), deleted_at=None).select_related("campaign").first()


def lead_with_values(who: Who, lead_id: int) -> Lead | None:
    """Return the lead with what the masks of its values depend on, None where the user does not see it."""
    return leads_for(who).filter(pk=lead_id).select_related("campaign__advertiser").first()


def billable_column(who: Who) -> str:
    """Return the flag that `who` means by billable: whether the publisher earns, or for other roles, whether the advertiser pays."""
    return "publisher_billable" if who.role == roles.PUBLISHER else "advertiser_billable"


def all_flag_reasons() -> QuerySet[FlagReason]:
    """Return the reasons for all flags, for the admins who keep them."""
    return FlagReason.objects.all()


def flag_reasons(flags: Collection[str]) -> QuerySet[FlagReason]:
    """Return the reasons for these flags in their order, with the categories of those that have some."""
    return FlagReason.objects.filter(flag__in=flags).prefetch_related("categories")


def flag_reason_categories() -> QuerySet[FlagReasonCategory]:
    return FlagReasonCategory.objects.select_related("reason")
