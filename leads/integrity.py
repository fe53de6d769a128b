"""Integrity checks: tallies, billing, notes and words of searches agree with the leads. Each returns its problems as messages."""

from random import randint

from django.db import connection

from config.core import enterprise
from leads.intake import search_index
from leads.models.tally import EVERYWHERE, KEYS

SHOW_AT_MOST = 20

_LEAD_KEYS = """
    campaign_id, publisher_id, (created_at AT TIME ZONE %s)::date AS day, current_status, delivery_status,
    publisher_billable, advertiser_billable
"""
_TALLIES = f"""
WITH counted AS (
    SELECT {", ".join(KEYS)}, sum(n) AS n FROM (
        SELECT {", ".join(KEYS)}, n FROM leads_dailytally WHERE day IS NOT NULL AND campaign_id <> {EVERYWHERE}
        UNION ALL SELECT {", ".join(KEYS)}, n FROM leads_tallydelta
    ) AS parts GROUP BY {", ".join(KEYS)}
), real AS (
    SELECT {", ".join(KEYS)}, count(*) AS n
    FROM (SELECT {_LEAD_KEYS} FROM leads_lead WHERE deleted_at IS NULL) AS leads GROUP BY {", ".join(KEYS)}
), both_sides AS (SELECT *, n AS counted, 0 AS real FROM counted UNION ALL SELECT *, 0, n FROM real)
SELECT campaign_id, publisher_id, day, current_status, sum(counted), sum(real) FROM both_sides
GROUP BY {", ".join(KEYS)} HAVING sum(counted) <> sum(real) LIMIT {SHOW_AT_MOST}
"""  # noqa: S608
_TOTALS = f"""
SELECT coalesce(t.campaign_id, d.campaign_id), coalesce(t.n, 0), coalesce(d.n, 0)
FROM (SELECT campaign_id, sum(n) AS n FROM leads_dailytally WHERE day IS NULL GROUP BY 1) AS t
FULL JOIN (SELECT campaign_id, sum(n) AS n FROM leads_dailytally WHERE day IS NOT NULL GROUP BY 1) AS d USING (campaign_id)
WHERE coalesce(t.n, 0) <> coalesce(d.n, 0) LIMIT {SHOW_AT_MOST}
"""  # noqa: S608
_EVERYWHERE = f"""
SELECT * FROM (
    SELECT sum(n) FILTER (WHERE campaign_id = {EVERYWHERE}) AS everywhere, sum(n) FILTER (WHERE campaign_id <> {EVERYWHERE}) AS added_up
    FROM leads_dailytally WHERE day IS NULL
) AS sums WHERE everywhere <> added_up
"""  # noqa: S608
_BILLING = f"""
SELECT l.id, s.side, l.billable, s.n FROM (
    SELECT id, 'publisher' AS side, publisher_billable AS billable FROM leads_lead
    UNION ALL SELECT id, 'advertiser', advertiser_billable FROM leads_lead
) AS l JOIN LATERAL (
    SELECT l.side, coalesce(sum(sign), 0) AS n FROM leads_priceentry AS p WHERE p.lead_id = l.id AND p.side = l.side
) AS s ON true WHERE s.n <> l.billable::int LIMIT {SHOW_AT_MOST}
"""  # noqa: S608
_SLOTS = f"""
SELECT 'contract', c.id, c.slots_taken, n FROM campaigns_campaignpublisher AS c JOIN LATERAL (
    SELECT count(*) AS n FROM leads_lead WHERE campaign_id = c.campaign_id AND publisher_id = c.publisher_id AND contract_slot
) AS held ON true WHERE c.slots_taken IS NOT NULL AND c.slots_taken <> n
UNION ALL
SELECT 'campaign', c.id, c.slots_taken, n FROM campaigns_campaign AS c JOIN LATERAL (
    SELECT count(*) AS n FROM leads_lead WHERE campaign_id = c.id AND campaign_slot
) AS held ON true WHERE c.slots_taken IS NOT NULL AND c.slots_taken <> n LIMIT {SHOW_AT_MOST}
"""  # noqa: S608
_NOTES = f"""
SELECT l.id FROM leads_lead AS l WHERE l.revision > 0
AND NOT EXISTS (SELECT 1 FROM leads_leadnote AS n WHERE n.lead_id = l.id) LIMIT {SHOW_AT_MOST}
"""  # noqa: S608


_WITHOUT_WORDS = f"""
SELECT id FROM leads_lead AS l WHERE NOT EXISTS (SELECT FROM leads_leadsearch AS s WHERE s.lead_id = l.id) LIMIT {SHOW_AT_MOST}
"""  # noqa: S608
SAMPLES, SAMPLED_LEADS = 20, 1_000
"""The parts of the table of words that are compared with what they are made of: the newest leads, and others by chance."""


def tallies() -> list[str]:
    wrong = [
        f"campaign {campaign}, publisher {publisher}, {day}, {status}: tallied {counted}, there are {real}"
        for campaign, publisher, day, status, counted, real in _rows(_TALLIES, [str(enterprise.zone())])
    ]
    wrong += [f"campaign {campaign}: total {total}, its days add up to {days}" for campaign, total, days in _rows(_TOTALS)]
    return wrong + [f"all campaigns: total {total}, they add up to {campaigns}" for total, campaigns in _rows(_EVERYWHERE)]


def billing() -> list[str]:
    flags = [f"lead {pk}: {side} billable {flag}, entries add up to {n}" for pk, side, flag, n in _rows(_BILLING)]
    return flags + [f"{kind} {pk}: {taken} slots taken, {n} leads hold one" for kind, pk, taken, n in _rows(_SLOTS)]


def notes() -> list[str]:
    return [f"lead {pk} was changed but has no note" for (pk,) in _rows(_NOTES)]


def search() -> list[str]:
    """Find every lead without words, and compare the words of samples of leads with their values."""
    wrong = [f"lead {pk} has no words to be searched by" for (pk,) in _rows(_WITHOUT_WORDS)]
    ((newest,),) = _rows("SELECT coalesce(max(id), 0) FROM leads_lead")
    ends = {newest, *(randint(1, newest) for _ in range(SAMPLES) if newest > SAMPLED_LEADS)}  # noqa: S311  (a sample, no secret)
    differing = {pk for end in ends for pk in search_index.wrong_leads(end - SAMPLED_LEADS, end)}
    return wrong + [f"lead {pk} is searched by other words than its values have" for pk in sorted(differing)[:SHOW_AT_MOST]]


def _rows(sql: str, parameters: list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or [])
        rows: list[tuple] = cursor.fetchall()
        return rows
