"""Claims on waiting leads, by token and by the database's clock. They are part of the lifecycle because they write processr_status."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import connection, transaction

from config.core.database.sessions import require_own_session
from leads.models import Lead

# A CTE selects the rows once. A sub-query could be evaluated again for each joined row, and would skip the rows locked before.
_CLAIM = """
WITH next AS MATERIALIZED (
    SELECT id FROM leads_lead
    WHERE processr_status = 'waiting' AND deleted_at IS NULL AND campaign_id = %(campaign)s AND lane = ANY(%(lanes)s)
      AND (%(plan)s::int IS NULL OR %(plan)s = (SELECT plan_number FROM campaigns_campaign WHERE id = %(campaign)s))
    ORDER BY lane, id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE leads_lead AS l SET processr_status = 'processing', claim = %(token)s, claimed_at = clock_timestamp()
FROM next WHERE l.id = next.id
RETURNING l.id, l.campaign_id, l.publisher_id, l.link_id, l.form_id, l.captured, l.email, l.phone, l.name_key, l.ip, l.entry_point,
          l.imported, l.processing_counter, l.failed_jobs, l.second_check, l.created_at, l.revision, l.claim
"""

_ORPHANS = """
WITH tokens AS MATERIALIZED (SELECT DISTINCT claim FROM leads_lead WHERE processr_status = 'processing')
SELECT claim FROM tokens
WHERE pg_try_advisory_xact_lock(('x' || left(replace(claim::text, '-', ''), 16))::bit(64)::bigint)
"""


_RENEW = """
UPDATE leads_lead AS l SET claimed_at = clock_timestamp() FROM (
    SELECT id FROM leads_lead WHERE id = ANY(%s) AND claim = %s ORDER BY id FOR NO KEY UPDATE
) AS kept WHERE l.id = kept.id
"""


@dataclass(frozen=True)
class Claim:
    """Claimed leads in id order, loaded with the columns that jobs read."""

    token: UUID
    leads: list[Lead]


def claim(campaign_id: int, *, limit: int, lanes: tuple[int, ...] = (0, 1), plan_number: int | None = None) -> Claim:
    """Claim up to `limit` waiting leads of a campaign. The caller's transaction commits the claim before any work.

    With `plan_number`, nothing is claimed unless the campaign's plan has this number.

    The session holds an advisory lock on the token while the worker lives: call `unlock_token` when the work is over, however
    it ended.
    """
    token = uuid4()
    lock_token(token)
    parameters = {"campaign": campaign_id, "lanes": list(lanes), "plan": plan_number, "limit": limit, "token": token}
    leads = sorted(Lead.objects.raw(_CLAIM, parameters), key=lambda lead: lead.pk)
    if not leads:
        unlock_token(token)
    return Claim(token, leads)


def renew(token: UUID, lead_ids: Sequence[int]) -> None:
    """Renew the claim on the leads the token still holds, for work that waits longer than the limit for hanging workers."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [list(lead_ids), token])


def still_claimed(token: UUID, lead_ids: Sequence[int]) -> set[int]:
    """Return the ids that the token still holds. They are read without a lock, so that some may be lost immediately afterwards."""
    return set(Lead.objects.filter(pk__in=lead_ids, claim=token).values_list("pk", flat=True))


def lock_token(token: UUID) -> None:
    """Lock the token until `unlock_token` or the end of the session."""
    require_own_session("A worker")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key(token)])


def unlock_token(token: UUID) -> None:
    """Unlock the token. The next sweep frees leads that it still holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key(token)])


def free_orphans() -> int:
    """Free the leads of dead workers: a killed process loses its session, and with it the lock on its token."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ORPHANS)
            tokens = [token for (token,) in cursor.fetchall()]
        return _free("claim = ANY(%s)", [tokens]) if tokens else 0


def free_stale(seconds: int) -> int:
    """Free leads that are claimed for longer than any work takes, by workers that hang.

    A worker that is only slow loses its claim too; `judge` then refuses its leads.
    """
    return _free("claimed_at < clock_timestamp() - make_interval(secs => %s)", [seconds])


def key(token: UUID) -> int:
    """Return the key of the token's advisory lock."""
    return int.from_bytes(token.bytes[:8], "big", signed=True)


def _free(condition: str, parameters: list) -> int:
    """Free leads. Rows are locked in id order, as everywhere; locked rows are being judged at this moment and are skipped."""
    sql = (
        "UPDATE leads_lead AS l SET processr_status = 'waiting', claim = NULL, claimed_at = NULL FROM ("  # noqa: S608
        f"SELECT id FROM leads_lead WHERE processr_status = 'processing' AND {condition} "
        "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS stale WHERE l.id = stale.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
