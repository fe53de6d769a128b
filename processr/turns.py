"""Whose turn it is: live leads before imported ones, and of the campaigns that wait the one that was served longest ago."""

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection, transaction

# The walk jumps along the partial index of waiting leads, from one (lane, campaign) to the next: it costs as many steps as campaigns
# wait, however many leads wait in each and however many campaigns there are.
_NEXT = """
WITH RECURSIVE waiting AS (
    (SELECT lane, campaign_id FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL
     ORDER BY lane, campaign_id LIMIT 1)
    UNION ALL
    SELECT following.lane, following.campaign_id FROM waiting CROSS JOIN LATERAL (
        SELECT lane, campaign_id FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL
          AND (lane, campaign_id) > (waiting.lane, waiting.campaign_id)
        ORDER BY lane, campaign_id LIMIT 1
    ) AS following
)
SELECT campaign.id, waiting.lane FROM waiting JOIN campaigns_campaign AS campaign ON campaign.id = waiting.campaign_id
WHERE campaign.id || ':' || waiting.lane <> ALL(%s)
ORDER BY waiting.lane, campaign.served_at NULLS FIRST, campaign.id LIMIT 1
"""
_UNLOCKED = " FOR NO KEY UPDATE OF campaign SKIP LOCKED"
PICK_LOCK = 7_310_005
"""One pick after the other: one that had looked before another was marked would take the same campaign again."""


class Turn(NamedTuple):
    campaign_id: int
    lane: int


def next_turn(*, without: Collection[Turn] = ()) -> Turn | None:
    """The next campaign to serve, marked as served so that another worker takes another one; None when nothing waits.

    A campaign whose row is locked (by the billing of its leads) is passed over while others wait; when all are locked, the first is
    taken unmarked: its leads are claimed one by one anyway.
    """
    resting = [f"{turn.campaign_id}:{turn.lane}" for turn in without]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PICK_LOCK])
        cursor.execute(_NEXT + _UNLOCKED, [resting])
        if row := cursor.fetchone():
            cursor.execute("UPDATE campaigns_campaign SET served_at = clock_timestamp() WHERE id = %s", [row[0]])
        else:
            cursor.execute(_NEXT, [resting])
            row = cursor.fetchone()
    return Turn(*row) if row else None
