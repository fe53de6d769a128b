"""The service that stores incoming leads from every entry point: one lead of a webhook, or a chunk of an import."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Field
from django.utils import timezone

from campaigns.submission import SubmissionContext, SubmissionRefusal
from config.core import enterprise
from config.core.errors import DomainError
from leads.intake import normalize, validation
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


NOTHING_SAID = Origin()


@dataclass(frozen=True, slots=True)
class IncomingLead:
    """A validated lead that is to be stored."""

    captured: dict[str, str]
    opt_in: bool | None = None
    origin: Origin = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class ReceivedLead:
    """The result of storing a lead.

    `created` is False when its external id existed: then `lead_id` is the existing lead, and `differs` is True when its
    values differ, so that nothing was stored.
    """

    lead_id: int
    created: bool
    differs: bool = False


def receive_lead(
    door: SubmissionContext, sent: Mapping[str, object], *, entry_point: EntryPoint, origin: Origin = NOTHING_SAID
) -> ReceivedLead:
    """Validate the values against the form and store the lead. A repeated external id returns the first lead again."""
    check_open(door)
    checked = validation.validate(door.fields, sent)
    if checked.problems:
        raise FieldsRefused(checked.problems)
    arrival = IncomingLead(captured=checked.values, opt_in=checked.opt_in, origin=origin)
    received = receive_leads(door, [arrival], entry_point=entry_point)[0]
    if received.differs:
        raise DomainError(f"externalId {origin.external_id} was sent before with other values: see lead {received.lead_id}.", status=409)
    return received


def receive_leads(door: SubmissionContext, arrivals: Sequence[IncomingLead], *, entry_point: EntryPoint) -> list[ReceivedLead]:
    """Store the leads and count them in one statement, whatever their number. The results are in the order of the arrivals.

    The statement is a transaction by itself, so the caller needs none.
    """
    check_open(door)
    rows = [_row(arrival) for arrival in arrivals]
    ids = _insert(door, rows, entry_point)
    if ids:
        leads_waiting.send(sender=None, campaign_ids={door.campaign.pk})
    earlier = known_by(door, [row["external_id"] for row in rows if row["lead_hash"] not in ids])
    return [_received(row, ids, earlier) for row in rows]


def check_open(door: SubmissionContext) -> None:
    if door.closed:
        raise SubmissionRefused(door.closed)


def _row(arrival: IncomingLead) -> dict[str, Any]:
    return {
        "lead_hash": secrets.token_hex(16),
        "captured": arrival.captured,
        "opt_in": arrival.opt_in,
        **arrival.origin._asdict(),
        **normalize.columns(arrival.captured),
    }


def _insert(door: SubmissionContext, rows: list[dict[str, Any]], entry_point: EntryPoint) -> dict[str, int]:
    """Insert the leads, and map the hashes of the new ones to their ids. A concurrent insert of the same external id waits here."""
    now = timezone.now()
    parameters: dict[str, Any] = {
        "rows": json.dumps(rows),
        "campaign_id": door.campaign.pk,
        "publisher_id": door.publisher_id,
        "link_id": door.link_id,
        "form_id": door.form_id,
        "entry_point": entry_point,
        "imported": entry_point == EntryPoint.IMPORT,
        "lane": IMPORT_LANE if entry_point == EntryPoint.IMPORT else LIVE_LANE,
        "created_at": now,
        "updated_at": now,
        "day": now.astimezone(enterprise.zone()).date(),
    }
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_statement(), parameters)
        return dict(cursor.fetchall())


def known_by(door: SubmissionContext, external_ids: Sequence[str]) -> dict[str | None, tuple[int, dict[str, str]]]:
    """Map external ids to the existing leads and their values, deleted ones included."""
    if not external_ids:
        return {}
    leads = Lead.objects.filter(campaign=door.campaign, publisher=door.publisher_id, external_id__in=external_ids)
    return {external_id: (pk, captured) for external_id, pk, captured in leads.values_list("external_id", "pk", "captured")}


def _received(row: dict[str, Any], ids: dict[str, int], earlier: dict[str | None, tuple[int, dict[str, str]]]) -> ReceivedLead:
    if row["lead_hash"] in ids:
        return ReceivedLead(ids[row["lead_hash"]], created=True)
    lead_id, captured = earlier[row["external_id"]]
    return ReceivedLead(lead_id, created=False, differs=captured != row["captured"])


_OF_THE_LEAD = {
    "lead_hash": "text",
    "captured": "jsonb",
    "opt_in": "boolean",
    "external_id": "text",
    "publisher_sub_id": "text",
    "ip": "inet",
    "host": "text",
    "user_agent": "text",
    "landing_page_url": "text",
    "email": "text",
    "phone": "text",
    "name_key": "text",
}
_OF_THE_DOOR = ("campaign_id", "publisher_id", "link_id", "form_id", "entry_point", "imported", "lane", "created_at", "updated_at")


@cache
def _defaults() -> dict[str, str]:
    """Return the defaults of the columns that are not set here, so that a new column of the model needs no change here."""
    said = {"id", *_OF_THE_LEAD, *_OF_THE_DOOR}
    return {str(field.column): _literal(field) for field in Lead._meta.concrete_fields if field.column not in said}


def _literal(field: Field) -> str:
    """Return the default as SQL, which is put into the statement once instead of into the parameters of every call."""
    value = field.get_db_prep_save(field.get_default(), connection)
    return str(connection.ops.compose_sql("%s", [value])).replace("%", "%%")  # type: ignore[attr-defined]  # psycopg's operations have it


@cache
def _statement() -> str:
    same = {**{column: f"%({column})s" for column in _OF_THE_DOOR}, **_defaults()}
    return f"""
WITH come AS (
    INSERT INTO leads_lead ({", ".join((*_OF_THE_LEAD, *same))})
    SELECT {", ".join((*_OF_THE_LEAD, *same.values()))}
    FROM jsonb_to_recordset(%(rows)s) AS row({", ".join(f"{column} {kind}" for column, kind in _OF_THE_LEAD.items())})
    ON CONFLICT (campaign_id, publisher_id, external_id) WHERE external_id IS NOT NULL DO NOTHING
    RETURNING id, lead_hash
), counted AS (
    INSERT INTO leads_tallydelta ({", ".join(KEYS)}, n)
    SELECT {", ".join(same.get(key, f"%({key})s") for key in KEYS)}, count(*) FROM come HAVING count(*) > 0
)
SELECT lead_hash, id FROM come
"""  # noqa: S608
