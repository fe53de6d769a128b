"""The queries for value transforms and the fields and leads they read, restricted to those that the user may see."""

from django.db.models import Max, OuterRef, QuerySet, Subquery

from campaigns.models import Advertiser, Campaign, CampaignForm, FormField
from campaigns.scope import Who
from leads.models import Lead
from leads.search import LAST, named_lead
from leads.selectors import leads_for
from processr.job_types import lead
from processr.models import ValueTransform

Owner = Campaign | Advertiser
CAMPAIGNS_LOOKED_AT = 50
"""The number of an advertiser's newest campaigns that are searched for a lead to try a transform on."""


def transforms_of(owner: Owner) -> QuerySet[ValueTransform]:
    """Return the owner's transforms in the order in which they run."""
    return ValueTransform.objects.filter(**{column_of(owner): owner}).order_by("position", "pk")


def column_of(owner: Owner) -> str:
    return "campaign" if isinstance(owner, Campaign) else "advertiser"


def groups_of(owner: Owner) -> dict[str, list[ValueTransform]]:
    """Return the transforms by group name; those without a group come last, under the empty name."""
    groups: dict[str, list[ValueTransform]] = {}
    for transform in transforms_of(owner):
        groups.setdefault(transform.group_name, []).append(transform)
    return dict(sorted(groups.items(), key=lambda group: (not group[0], group[0].casefold())))


def captured_fields(owner: Owner) -> list[str]:
    """Return the names of the fields of the owner's forms."""
    through = {"campaign": owner} if isinstance(owner, Campaign) else {"campaign__advertiser": owner}
    forms = CampaignForm.objects.filter(**through).values("form")
    return list(FormField.objects.filter(form__in=forms, enabled=True).order_by("name").values_list("name", flat=True).distinct())


def readable_fields(owner: Owner) -> list[str]:
    return [*captured_fields(owner), *lead.NAMES]


def lead_to_try(who: Who, owner: Owner, *, name: str = "") -> Lead | None:
    """Return the lead of that name, or without one the newest, among those that `who` sees."""
    leads = leads_for(who)
    if name and name.casefold() != LAST:
        of_owner = {"campaign": owner} if isinstance(owner, Campaign) else {"campaign__advertiser": owner}
        return named_lead(leads.filter(**of_owner), who, name)
    if isinstance(owner, Campaign):
        return leads.filter(campaign=owner).order_by("-pk").first()
    newest_id = _newest_lead_id(owner)
    return leads.filter(pk=newest_id).first() if newest_id else None


def _newest_lead_id(advertiser: Advertiser) -> int | None:
    """Return the id of the advertiser's newest lead, with one index lookup per campaign instead of a walk through the leads."""
    last = Lead.objects.filter(campaign=OuterRef("pk"), deleted_at=None).order_by("-pk").values("pk")[:1]
    newest = Campaign.objects.filter(advertiser=advertiser).order_by("-pk")[:CAMPAIGNS_LOOKED_AT]
    newest_id: int | None = Campaign.objects.filter(pk__in=newest.values("pk")).aggregate(last=Max(Subquery(last)))["last"]
    return newest_id
