"""Hears of waiting leads and rings for the engine."""

from typing import Any

from config.panel.ring import ring
from leads.signals import leads_waiting
from processr.tasks import QUEUE, TASK

BELLS_AT_MOST = 16  # each wakes one worker, which serves every campaign: more bells than workers wake nobody


def connect() -> None:
    leads_waiting.connect(ring_for_the_engine, dispatch_uid="processr rings for waiting leads")


def ring_for_the_engine(*, campaign_ids: set[int], **_: Any) -> None:
    for campaign_id in sorted(campaign_ids)[:BELLS_AT_MOST]:
        ring(QUEUE, campaign_id, TASK)
