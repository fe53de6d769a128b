"""Terms that have columns, but that nothing carries out yet. They are refused wherever they could be set."""

from collections.abc import Mapping
from typing import Any

from campaigns.models import CampaignPublisher
from config.core.errors import DomainError

REASONS = {
    "type": "Fixed contracts cannot be made yet, because nothing bills them. Choose CPL.",
}


def refuse_unavailable_terms(terms: Mapping[str, Any]) -> None:
    if terms.get("type", CampaignPublisher.Type.CPL) != CampaignPublisher.Type.CPL:
        raise DomainError(REASONS["type"], field="type")
