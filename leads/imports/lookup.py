"""Look-up of campaign, form, publisher and link named on a command line: by id, or by a unique name."""

import re
from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet

from campaigns.models import Campaign, CampaignLink, Form, Publisher
from config.core.errors import DomainError

SHOW_AT_MOST = 20
_ID = re.compile("[0-9]{1,18}")
Named = TypeVar("Named", Campaign, Form, Publisher, CampaignLink)


def campaign(named: str) -> Campaign:
    return _the_one(Campaign.objects.order_by("-pk"), named, "campaign")


def form(campaign: Campaign, named: str) -> Form:
    return _the_one(campaign.forms.filter(archived_at=None), named, "form")


def publisher(campaign: Campaign, named: str) -> Publisher:
    return _the_one(campaign.publishers.all(), named, "publisher")


def link(campaign: Campaign, named: str) -> CampaignLink:
    return _the_one(campaign.links.filter(status=CampaignLink.Status.ACTIVE), named, "link")


def _the_one(those: "QuerySet[Named]", named: str, what: str) -> Named:
    by_id = those.filter(pk=int(named)) if _ID.fullmatch(named) else those.none()
    found = list(by_id) or list(those.filter(name=named)[:SHOW_AT_MOST])
    if len(found) == 1:
        return found[0]
    if found:
        raise DomainError(f"Several are called {named}: say the id of the {what}. {_listed(found)}.", field=what)
    raise DomainError(f"There is no {what} {named}. There are: {_listed(list(those[: SHOW_AT_MOST + 1])) or 'none'}.", field=what)


def _listed(those: Sequence[Model]) -> str:
    named = [f"{one.pk} {one}" for one in those[:SHOW_AT_MOST]]
    return ", ".join([*named, "…"] if len(those) > SHOW_AT_MOST else named)
