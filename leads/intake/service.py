"""The service that stores incoming leads from every entry point: one lead of a webhook, or a chunk of an import."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.db import connection
from django.utils import timezone

from campaigns.submission import SubmissionContext, SubmissionRefusal
from config.core import enterprise
from config.core.errors import DomainError
from leads.intake import normalize, search_index, validation
from leads.intake.validation import FieldProblem
from leads.models import Lead
from leads.models.tally import KEYS
from leads.signals import leads_waiting
from leads.statuses import EntryPoint

LIVE_LANE, IMPORT_LANE = 0, 1


class SubmissionRefused(DomainError):
    def __init__(self, closed: SubmissionRefusal) -> None:
        super().__init__(str(closed), status=403)
        self.closed = closed


class FieldsRefused(DomainError):
    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("Validation failed", status=400)
        self.problems = problems


class Origin(NamedTuple):
    """The origin of a lead, as far as the sender states it. `external_id` is the sender's own number for it."""

    external_id: str | None = None
    publisher_sub_id: str = ""
    ip: str | None = None
    host: str = ""
    user_agent: str = ""
    landing_page_url: str = ""


NO_ORIGIN = Origin()


@dataclass(frozen=True, slots=True)
class OpenSubmission:
    """A submission context that is open for leads. Its construction raises SubmissionRefused for one that is closed."""

    context: SubmissionContext

    def __post_init__(self) -> None:
        if self.context.closed:
            raise SubmissionRefused(self.context.closed)


@dataclass(frozen=True, slots=True)
class IncomingLead:
    """A validated lead that is to be stored. `row_digest` is that of its row in an imported file."""

    captured: dict[str, str]
    opt_in: bool | None = None
    origin: Origin = NO_ORIGIN
    row_digest: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReceivedLead:
    """The result of storing a lead.

    `created` is False when its external id existed: then `lead_id` is the existing lead, and `differs` is True when its
    values differ, so that nothing was stored.
    """

    lead_id: int
    created: bool
    differs: bool = False


def check_open(context: SubmissionContext) -> OpenSubmission:
    """Return the context as one that takes leads. Raise SubmissionRefused if it is closed."""
    return OpenSubmission(context)


def receive_lead(
    submission: OpenSubmission, values: Mapping[str, object], *, entry_point: EntryPoint, origin: Origin = NO_ORIGIN
) -> ReceivedLead:
    """Validate the values against the form and store the lead. A repeated external id returns the first lead again."""
    checked = validation.validate(submission.context.fields, values)
    if checked.problems:
        raise FieldsRefused(checked.problems)
    lead = IncomingLead(captured=checked.values, opt_in=checked.opt_in, origin=origin)
    received = receive_leads(submission, [lead], entry_point=entry_point)[0]
    if received.differs:
        raise DomainError(f"externalId {origin.external_id} was sent before with other values: see lead {received.lead_id}.", status=409)
    return received


def receive_leads(submission: OpenSubmission, leads: Sequence[IncomingLead], *, entry_point: EntryPoint) -> list[ReceivedLead]:
    """Store the leads and count them in one statement, whatever their number. The results are in the order of the leads.

    The statement is a transaction by itself, so the caller needs none.
    """
    context = submission.context
    rows: list[dict[str, Any]] = [
        {
            "lead_hash": secrets.token_hex(16),
            "captured": lead.captured,
            "opt_in": lead.opt_in,
            **lead.origin._asdict(),
            "row_digest": lead.row_digest and str(lead.row_digest),
            **normalize.columns(lead.captured),
        }
        for lead in leads
    ]
    new_ids = _insert(context, rows, entry_point)
    if new_ids:
        leads_waiting.send(sender=None, campaign_ids={context.campaign.pk})
    existing = leads_by_external_id(context, [row["external_id"] for row in rows if row["lead_hash"] not in new_ids])
    received = []
    for row in rows:
        if row["lead_hash"] in new_ids:
            received.append(ReceivedLead(new_ids[row["lead_hash"]], created=True))
        else:
            lead_id, captured = existing[row["external_id"]]
            received.append(ReceivedLead(lead_id, created=False, differs=captured != row["captured"]))
    return received


def _insert(context: SubmissionContext, rows: list[dict[str, Any]], entry_point: EntryPoint) -> dict[str, int]:
    """Insert the leads, and map the hashes of the new ones to their ids. A concurrent insert of the same external id waits here."""
    now = timezone.now()
    parameters: dict[str, Any] = {
        "rows": json.dumps(rows),
        "words": json.dumps([{"lead_hash": row["lead_hash"], "words": _words(context, row)} for row in rows]),
        "campaign_id": context.campaign.pk,
        "publisher_id": context.publisher_id,
        "link_id": context.link_id,
        "form_id": context.form_id,
        "entry_point": entry_point,
        "imported": entry_point == EntryPoint.IMPORT,
        "lane": IMPORT_LANE if entry_point == EntryPoint.IMPORT else LIVE_LANE,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        "created_at": now,
        "updated_at": now,
        "day": now.astimezone(enterprise.zone()).date(),
    }
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_statement(), parameters)
        return dict(cursor.fetchall())


def _words(context: SubmissionContext, row: dict[str, Any]) -> str:
    derived = normalize.Derived(row["email"], row["phone"], row["name_key"])
    words = search_index.words_of(row["captured"], derived, campaign_id=context.campaign.pk, publisher_id=context.publisher_id)
    return search_index.joined(words)


def leads_by_external_id(context: SubmissionContext, external_ids: Sequence[str]) -> dict[str | None, tuple[int, dict[str, str]]]:
    """Map external ids to the existing leads and their values, deleted ones included."""
    if not external_ids:
        return {}
    leads = Lead.objects.filter(campaign=context.campaign, publisher=context.publisher_id, external_id__in=external_ids)
    return {external_id: (pk, captured) for external_id, pk, captured in leads.values_list("external_id", "pk", "captured")}


_ROW_COLUMNS = {
    "lead_hash": "text",
    "captured": "jsonb",
    "opt_in": "boolean",
    "external_id": "text",
    "publisher_sub_id": "text",
    "ip": "inet",
    "host": "text",
    "user_agent": "text",
    "landing_page_url": "text",
    "row_digest": "uuid",
    "email": "text",
    "phone": "text",
    "name_key": "text",
}
_SHARED_COLUMNS = (
    "campaign_id", "publisher_id", "link_id", "form_id", "entry_point", "imported", "lane", "request_id", "created_at", "updated_at",
)  # fmt: skip


@cache
def _statement() -> str:
    """Return the statement. Columns that are not set here have the model's defaults, so that a new column needs no change here.

    The defaults are literals in the statement, and not parameters of every call.
    """
    shared = {column: f"%({column})s" for column in _SHARED_COLUMNS}
    for field in Lead._meta.concrete_fields:
        if field.column not in {"id", *_ROW_COLUMNS, *_SHARED_COLUMNS}:
            value = field.get_db_prep_save(field.get_default(), connection)
            literal = connection.ops.compose_sql("%s", [value])  # type: ignore[attr-defined]  # psycopg's operations have it
            shared[str(field.column)] = str(literal).replace("%", "%%")
    return f"""
WITH come AS (
    INSERT INTO leads_lead ({", ".join((*_ROW_COLUMNS, *shared))})
    SELECT {", ".join((*_ROW_COLUMNS, *shared.values()))}
    FROM jsonb_to_recordset(%(rows)s) AS row({", ".join(f"{column} {kind}" for column, kind in _ROW_COLUMNS.items())})
    ON CONFLICT (campaign_id, publisher_id, external_id) WHERE external_id IS NOT NULL DO NOTHING
    RETURNING id, lead_hash
), counted AS (
    INSERT INTO leads_tallydelta ({", ".join(KEYS)}, n)
    SELECT {", ".join(shared.get(key, f"%({key})s") for key in KEYS)}, count(*) FROM come HAVING count(*) > 0
), searched AS (
    INSERT INTO leads_leadsearch (lead_id, campaign_id, tsv)
    SELECT come.id, {shared["campaign_id"]}, {search_index.vector_sql("come.id", "row.words")}
    FROM come JOIN jsonb_to_recordset(%(words)s) AS row(lead_hash text, words text) USING (lead_hash)
)
SELECT lead_hash, id FROM come
"""  # noqa: S608
