"""Setting up campaigns: parties, forms, publishers and terms. Every write leaves one audit entry."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from campaigns.extension_points import campaign_resumed
from campaigns.models import (
    Advertiser,
    Agency,
    ApiKey,
    Campaign,
    CampaignForm,
    CampaignLink,
    CampaignPublisher,
    Form,
    FormField,
    Membership,
    Publisher,
)
from campaigns.models.campaign import LONGEST_PROCESS_DELAY
from campaigns.unavailable_terms import refuse_unavailable_terms
from config.core import audit
from config.core.accounts import tokens
from config.core.actor import Actor
from config.core.credentials import encryption
from config.core.errors import DomainError
from config.core.models import Currency, User
from config.core.models.names import check_name

PAGE = "Campaigns"


@transaction.atomic
def create_advertiser(name: str, *, actor: Actor, **details: Any) -> Advertiser:
    check_name(name)
    advertiser = Advertiser.objects.create(name=name, **details)
    audit.record(actor=actor, page="Advertisers", action="advertiser created", obj=advertiser, after={"name": name})
    return advertiser


@transaction.atomic
def create_agency(name: str, *, advertisers: Iterable[Advertiser], actor: Actor, **details: Any) -> Agency:
    check_name(name)
    agency = Agency.objects.create(name=name, **details)
    agency.advertisers.set(advertisers)
    audit.record(actor=actor, page="Agencies", action="agency created", obj=agency, after={"name": name})
    return agency


@transaction.atomic
def create_publisher(name: str, *, actor: Actor, **details: Any) -> Publisher:
    check_name(name)
    publisher = Publisher.objects.create(name=name, **details)
    audit.record(actor=actor, page="Publishers", action="publisher created", obj=publisher, after={"name": name})
    return publisher


@transaction.atomic
def add_member(user: User, party: Agency | Advertiser | Publisher, *, actor: Actor) -> Membership:
    """Make the user work for the party, and see what it may see."""
    membership = Membership.objects.create(user=user, **{type(party).__name__.lower(): party})
    audit.record(actor=actor, page="Users", action="membership added", obj=user, after={"member of": str(party)}, severity="medium")
    return membership


@transaction.atomic
def make_api_key(user: User, publisher: Publisher | None, *, actor: Actor) -> str:
    """Return a new key. It cannot be read again later."""
    key = tokens.new_key("pub")
    ApiKey.objects.create(user=user, publisher=publisher, prefix=key[:12], digest=tokens.digest(key))
    audit.record(actor=actor, page="Users", action="API key made", obj=user, after={"prefix": key[:12]}, severity="medium")
    return key


@transaction.atomic
def create_form(name: str, *, fields: Iterable[Mapping[str, Any]], actor: Actor, language: str = "en") -> Form:
    """Create a form. `fields` are in order, with the attributes of FormField: {name, label, type, required, …}."""
    check_name(name)
    form = Form.objects.create(name=name, slug=_free_slug(name), language=language)
    FormField.objects.bulk_create(FormField(form=form, position=position, **field) for position, field in enumerate(fields))
    audit.record(actor=actor, page="Forms", action="form created", obj=form, after={"name": name})
    return form


@transaction.atomic
def create_campaign(
    name: str,
    *,
    advertiser: Advertiser,
    currency: Currency,
    start: datetime,
    actor: Actor,
    lead_volume: int | None = None,
    signed: bool | None = None,
    **details: Any,
) -> Campaign:
    """Create a campaign.

    Without a lead volume it is uncapped. The payout defaults to contract value / volume. `signed` says whether the
    advertiser's contract is signed at once; None leaves that to the advertiser's auto-sign setting.
    """
    check_name(name)
    refuse_unavailable_terms(details)
    key = tokens.new_key("cmp")
    contract_value = details.get("contract_value")
    if "advertiser_payout" not in details and contract_value and lead_volume:
        details["advertiser_payout"] = round(Decimal(contract_value) / lead_volume, 4)
    campaign = Campaign.objects.create(
        name=name, advertiser=advertiser, currency=currency, start=start, lead_volume=lead_volume, uncapped=lead_volume is None,
        api_key_digest=tokens.digest(key), api_key_sealed=encryption.seal(key), **details,
    )  # fmt: skip
    if advertiser.autosign_contracts if signed is None else signed:
        sign_campaign(campaign, actor=actor)
    audit.record(actor=actor, page=PAGE, action="campaign created", obj=campaign, campaign_id=campaign.pk, after={"name": name})
    return campaign


def api_key_of(campaign: Campaign) -> str:
    return encryption.unseal(bytes(campaign.api_key_sealed))


@transaction.atomic
def sign_campaign(campaign: Campaign, *, actor: Actor) -> None:
    campaign.signed_at = timezone.now()
    campaign.save(update_fields=["signed_at", "updated_at"])
    audit.record(actor=actor, page=PAGE, action="campaign contract signed", obj=campaign, campaign_id=campaign.pk)


@transaction.atomic
def add_form(campaign: Campaign, form: Form, *, actor: Actor) -> CampaignForm:
    campaign_form = CampaignForm.objects.create(campaign=campaign, form=form)
    audit.record(actor=actor, page=PAGE, action="form added", obj=campaign, campaign_id=campaign.pk, after={"form": form.name})
    return campaign_form


@transaction.atomic
def add_link(campaign: Campaign, name: str, *, channel: str = "", destination: str = "", actor: Actor) -> CampaignLink:
    check_name(name)
    link = CampaignLink.objects.create(campaign=campaign, name=name, channel=channel, destination=destination)
    audit.record(actor=actor, page=PAGE, action="link added", obj=campaign, campaign_id=campaign.pk, after={"link": name})
    return link


@transaction.atomic
def assign_publisher(
    campaign: Campaign, publisher: Publisher, *, actor: Actor, payout: Decimal | None = None, cap: int | None = None, **terms: Any
) -> CampaignPublisher:
    """Create an unsigned contract. The publisher's leads are refused until it is signed."""
    refuse_unavailable_terms(terms)
    contract = CampaignPublisher.objects.create(
        campaign=campaign, publisher=publisher, cap=cap, payout=campaign.default_publisher_payout if payout is None else payout, **terms
    )
    after = {"publisher": publisher.name, "payout": str(contract.payout), "cap": cap}
    audit.record(actor=actor, page=PAGE, action="publisher assigned", obj=campaign, campaign_id=campaign.pk, after=after)
    return contract


@transaction.atomic
def sign_contract(contract: CampaignPublisher, *, signed_by: str, actor: Actor) -> None:
    contract.signed_at, contract.signed_by = timezone.now(), signed_by
    contract.save(update_fields=["signed_at", "signed_by"])
    audit.record(actor=actor, page=PAGE, action="publisher contract signed", obj=contract, campaign_id=contract.campaign_id)


@transaction.atomic
def pause(campaign_id: int, *, actor: Actor, reason: str = "", integrations: bool = False, resume_at: datetime | None = None) -> Campaign:
    """Pause a campaign: new leads are refused, and those already accepted are still processed (decision 25)."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.paused_at is not None:
        raise DomainError("The campaign is paused already.", status=409)
    if resume_at is not None and resume_at <= timezone.now():
        raise DomainError("The time to resume must lie in the future.", field="resume_at")
    campaign.paused_at, campaign.pause_reason = timezone.now(), reason
    campaign.pause_integrations, campaign.resume_at = integrations, resume_at
    campaign.save(update_fields=["paused_at", "pause_reason", "pause_integrations", "resume_at", "updated_at"])
    after = {"reason": reason, "integrations": integrations, "resume_at": resume_at.isoformat() if resume_at else None}
    audit.record(actor=actor, page=PAGE, action="campaign paused", obj=campaign, campaign_id=campaign.pk, after=after, severity="medium")
    return campaign


@transaction.atomic
def resume(campaign_id: int, *, actor: Actor) -> Campaign:
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.paused_at is None:
        raise DomainError("The campaign is not paused.", status=409)
    campaign.paused_at, campaign.pause_reason, campaign.pause_integrations, campaign.resume_at = None, "", False, None
    campaign.save(update_fields=["paused_at", "pause_reason", "pause_integrations", "resume_at", "updated_at"])
    audit.record(actor=actor, page=PAGE, action="campaign resumed", obj=campaign, campaign_id=campaign.pk, severity="medium")
    campaign_resumed.send(sender=None, campaign_id=campaign.pk)
    return campaign


@transaction.atomic
def change_dates(campaign_id: int, *, actor: Actor, start: datetime | None = None, end: datetime | None = None) -> Campaign:
    """Change the dates that are given."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    before = {"start": campaign.start.isoformat(), "end": campaign.end.isoformat() if campaign.end else None}
    campaign.start, campaign.end = start or campaign.start, end or campaign.end
    if campaign.end is not None and campaign.end <= campaign.start:
        raise DomainError("The campaign must end after it starts.", field="end")
    campaign.save(update_fields=["start", "end", "updated_at"])
    after = {"start": campaign.start.isoformat(), "end": campaign.end.isoformat() if campaign.end else None}
    audit.record(actor=actor, page=PAGE, action="campaign dates changed", obj=campaign, campaign_id=campaign.pk, before=before, after=after)
    return campaign


@transaction.atomic
def change_holds(campaign_id: int, *, hold_over_delivery: bool, process_delay: int, actor: Actor) -> Campaign:
    """Set whether leads are held over delivery, and how many minutes they wait after their arrival before they are delivered.

    Both are for what is judged and queued from now on: nothing that waits is released or given another time by it (decision 39).
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if not 0 <= process_delay <= LONGEST_PROCESS_DELAY:
        raise DomainError(f"The process delay is between 0 and {LONGEST_PROCESS_DELAY:,} minutes.", field="amount")
    after = {"hold_over_delivery": hold_over_delivery, "process_delay": process_delay}
    changed = {name: value for name, value in after.items() if getattr(campaign, name) != value}
    if not changed:
        return campaign
    before = {name: getattr(campaign, name) for name in changed}
    for name, value in changed.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=[*changed, "updated_at"])
    audit.record(actor=actor, page=PAGE, action="holds changed", obj=campaign, campaign_id=campaign.pk, before=before, after=changed)
    return campaign


def plan_changed(campaign_id: int) -> None:
    """Increase the plan number, so that the next run compiles a new plan. The update waits for a compilation in progress."""
    Campaign.objects.filter(pk=campaign_id).update(plan_number=F("plan_number") + 1)


def _free_slug(name: str) -> str:
    """Return an unused slug. Forms may share a name, but not a slug."""
    base = slugify(name)[:100] or "form"
    slug, number = base, 1
    while Form.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
