"""Who works on which waiting leads: claims with a token, by the database's clock. Part of the lifecycle: it moves processr_status."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import connection

from leads.models import Lead

_CLAIM = """
UPDATE leads_lead AS l SET processr_status = 'processing', claim = %s, claimed_at = clock_timestamp()
FROM (
    SELECT id FROM leads_lead
    WHERE processr_status = 'waiting' AND deleted_at IS NULL AND campaign_id = %s AND lane = ANY(%s)
    ORDER BY lane, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
) AS next WHERE l.id = next.id
RETURNING l.id, l.campaign_id, l.publisher_id, l.link_id, l.form_id, l.captured, l.email, l.phone, l.name_key, l.ip, l.entry_point,
          l.imported, l.processing_counter, l.failed_jobs, l.second_check, l.created_at, l.revision, l.claim
"""


@dataclass(frozen=True)
class Claim:
    """Leads in id order, loaded with what jobs may look at."""

    token: UUID
    leads: list[Lead]


def claim(campaign_id: int, *, limit: int, lanes: tuple[int, ...] = (0, 1)) -> Claim:
    """Take up to `limit` waiting leads of a campaign. The claim is committed with the caller's transaction, before any work."""
    token = uuid4()
    leads = Lead.objects.raw(_CLAIM, [token, campaign_id, list(lanes), limit])
    return Claim(token, sorted(leads, key=lambda lead: lead.pk))


def free(token: UUID) -> int:
    """Give back what a failed turn still holds."""
    return _free("claim = %s", [token])


def free_stale(seconds: int) -> int:
    """Give back what dead workers hold. A worker that is only slow loses its claim too, and `judge` then leaves its leads alone."""
    return _free("claimed_at < clock_timestamp() - make_interval(secs => %s)", [seconds])


def _free(condition: str, parameters: list) -> int:
    """Rows are locked in id order, as everywhere; rows that somebody has locked are being judged right now and are skipped."""
    sql = (
        "UPDATE leads_lead AS l SET processr_status = 'waiting', claim = NULL, claimed_at = NULL FROM ("  # noqa: S608
        f"SELECT id FROM leads_lead WHERE processr_status = 'processing' AND {condition} "
        "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS stale WHERE l.id = stale.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
