"""The claims of deliveries: which worker sends which of them. Claims carry a token. Times are those of the database's clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from integrations.base import types_sent_singly
from integrations.delivery.outcome import RowT
from integrations.models import Delivery
from integrations.models.outbox_row import OutboxRow
from leads.lifecycle.claims import key
from leads.models import Lead

OPEN = """
job.enabled AND job.removed_at IS NULL AND job.type = ANY(%(types)s)
AND (campaign.pause_integrations AND campaign.paused_at <= statement_timestamp()) IS NOT TRUE
"""
"""The condition under which an integration is served.

It is enabled, its type exists and sends, and it is not paused with its campaign (decision 25).
"""

_DELIVERY_COLUMNS = tuple(field.attname for field in Delivery._meta.concrete_fields)
_READ = frozenset({
    "id", "lead_hash", "campaign_id", "publisher_id", "link_id", "form_id", "publisher_sub_id", "captured", "transformed", "enriched",
    "email", "phone", "name_key", "ip", "host", "entry_point", "landing_page_url", "imported", "current_status", "processing_counter",
    "failed_jobs", "request_id", "created_at",
})  # fmt: skip
"""The columns of a lead that are sent or recorded. Reading only these takes half the time of reading all of them."""
_LEAD_FIELDS = [field for field in Lead._meta.concrete_fields if field.attname in _READ]
_LEAD_COLUMNS = tuple(field.attname for field in _LEAD_FIELDS)
_FIELDS = [*_LEAD_FIELDS, *Delivery._meta.concrete_fields]

# The lead is locked as well: an action that holds a lead's lock finds its deliveries in the state it has seen. The lock is shared, so
# that two integrations can claim the same lead at once. The lead is read under the lock, or it could be outdated.
# The CTE is materialized so that the choice is made once.
_CLAIM = f"""
WITH next AS MATERIALIZED (
    SELECT d.id AS due, {", ".join(f"lead.{column}" for column in _LEAD_COLUMNS)}
    FROM integrations_delivery AS d JOIN leads_lead AS lead ON lead.id = d.lead_id
    WHERE d.state = 'queued' AND d.job_id = %(job)s AND d.not_before <= statement_timestamp() AND EXISTS (
        SELECT FROM processr_job AS job JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
        WHERE job.id = %(job)s AND {OPEN}
    )
    ORDER BY d.not_before, d.id LIMIT %(limit)s
    FOR NO KEY UPDATE OF d SKIP LOCKED FOR SHARE OF lead SKIP LOCKED
), claimed AS (
    UPDATE integrations_delivery AS d SET state = 'sending', claim = %(token)s, claimed_at = clock_timestamp()
    FROM next WHERE d.id = next.due RETURNING d.*
)
SELECT {", ".join(f"next.{column}" for column in _LEAD_COLUMNS)}, {", ".join(f"claimed.{column}" for column in _DELIVERY_COLUMNS)}
FROM claimed JOIN next ON next.due = claimed.id ORDER BY claimed.not_before, claimed.id
"""  # noqa: S608


def claim(job_id: int, *, token: UUID, limit: int) -> list[Delivery]:
    """Claim up to `limit` due deliveries, with their leads as they are now; none if the integration is not served any more.

    The claim is committed before anything is sent. The worker's session holds the lock on the token: see
    `leads.lifecycle.claims.lock_token`.
    """
    parameters = {"job": job_id, "limit": limit, "token": token, "types": types_sent_singly()}
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_CLAIM, parameters)
        rows = cursor.fetchall()
    compiler = Delivery.objects.all().query.get_compiler(connection=connection)
    converters = compiler.get_converters([field.get_col(field.model._meta.db_table) for field in _FIELDS])
    deliveries = []
    for values in compiler.apply_converters(rows, converters):
        delivery: Delivery = Delivery.from_db(connection.alias, _DELIVERY_COLUMNS, values[len(_LEAD_COLUMNS) :])
        delivery.lead = Lead.from_db(connection.alias, _READ, values[: len(_LEAD_COLUMNS)])
        deliveries.append(delivery)
    return deliveries


def tokens_in_use(model: type[OutboxRow]) -> list[UUID]:
    """Return the tokens of rows that are being sent. There is one per running turn, and a turn has few rows."""
    sending = model._default_manager.filter(state=OutboxRow.State.SENDING)
    return [token for token in sending.values_list("claim", flat=True).order_by("claim").distinct() if token]


def has_owner(token: UUID) -> bool:
    """Return whether a live session holds the lock on the token.

    A process that is killed loses its session, and with it the lock. If there is no owner, this transaction holds the
    token's lock until it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key(token)])
        return not cursor.fetchone()[0]


def claimed_rows(model: type[RowT], token: UUID, *, for_seconds: float = 0) -> list[RowT]:
    """Return the rows that have been in state sending under the token for at least so many seconds."""
    rows = model._default_manager.filter(state=OutboxRow.State.SENDING, claim=token, claimed_at__lte=Now() - timedelta(seconds=for_seconds))
    return list(rows.select_related("lead").order_by("pk"))


@dataclass(frozen=True, slots=True)
class ClaimStanding:
    """The standing of a token with a row, which was found in `state`.

    Its claim may have been taken away because its worker seemed dead. As long as nobody else has acted on the row
    since, `is_untouched` is true.
    """

    state: str
    is_claimed: bool
    is_untouched: bool


def claim_standings(token: UUID, claimed: Collection[OutboxRow]) -> dict[int, ClaimStanding]:
    """Return the rows of one table, as they were claimed, that still carry the token's claim, or lost it and are not being sent by others.

    To be called under the locks of their leads, or of the rows themselves where these are all that is locked: whoever ends or takes a
    claim holds them.
    """
    attempts = {row.pk: row.attempts for row in claimed}
    if not attempts:
        return {}
    (model,) = {type(row) for row in claimed}
    rows = model._default_manager.filter(Q(claim=token) | Q(claim=None, lost_claim=token), pk__in=attempts)
    found = {}
    for pk, state, claim, tried, first_tried_at in rows.values_list("pk", "state", "claim", "attempts", "first_tried_at"):
        is_open = state in (OutboxRow.State.QUEUED, OutboxRow.State.NEEDS_PERSON)
        untouched = claim is None and is_open and tried == attempts[pk] + 1 and first_tried_at is not None
        found[pk] = ClaimStanding(state, is_claimed=claim is not None, is_untouched=untouched)
    return found
