"""Admin pages of parties, campaigns, contracts and forms.

Nothing can be deleted here, as leads reference all of it. Fields are read-only if a change of them needs a recount or a
service.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action, display, register
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns import program_logins
from campaigns.models import (
    Advertiser,
    Agency,
    ApiKey,
    Campaign,
    CampaignForm,
    CampaignLink,
    CampaignPublisher,
    CredentialOwner,
    Form,
    FormField,
    Membership,
    Publisher,
)
from campaigns.selectors import campaign_status
from campaigns.services import plan_changed
from config.core.actor import actor_of
from config.core.admin import EditableAdmin, ReadOnlyAdmin, site
from config.core.admin.display import search_link
from config.core.lists.markup import markup

LEAD_GENERATOR = {"publisher": "Lead Generator"}
BY_CAMPAIGN = ("id__exact", "campaign__id__exact")
CHANGES_THE_PLAN = frozenset({"threshold", "use_value_transforms", "test_mode"})
MOST_OPTIONS, LONGEST_OPTION = 1_000, 255
CONTACT_FIELDS = (("first_name", "last_name"), "email", "telephone", "country", "url", "notes", "created_at")


class PartyAdmin(EditableAdmin):
    sortable_by = ("id", "name")
    search_fields = ("id__exact", "name__icontains", "email__icontains")
    search_help_text = "Finds by id, or by a part of name or e-mail address."
    readonly_fields = ("created_at",)


class AdvertiserAdminForm(forms.ModelForm):
    def clean_visible_fields(self) -> list[str]:
        names = self.cleaned_data["visible_fields"] or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValidationError('A list of field names: ["firstName", "company"]')
        return names


@register(Advertiser, site=site)
class AdvertiserAdmin(PartyAdmin):
    form = AdvertiserAdminForm
    list_display = ("id", "name", "email", "country", "account_manager", "campaign_manager")
    list_select_related = ("account_manager", "campaign_manager")
    autocomplete_fields = ("account_manager", "campaign_manager")
    fieldsets = (
        (None, {"fields": ("name", "account_manager", "campaign_manager")}),
        ("Contact", {"fields": CONTACT_FIELDS}),
        ("Contracts", {"fields": ("autosign_contracts", "publisher_terms")}),
        ("Leads", {"fields": ("visible_fields",)}),
    )


@register(Agency, site=site)
class AgencyAdmin(PartyAdmin):
    """The advertisers of an agency decide what its users see, so changes are recorded with high severity."""

    severity = "high"
    list_display = ("id", "name", "email", "country")
    autocomplete_fields = ("advertisers",)
    fieldsets = ((None, {"fields": ("name", "advertisers")}), ("Contact", {"fields": CONTACT_FIELDS}))


@register(CredentialOwner, site=site)
class CredentialOwnerAdmin(ReadOnlyAdmin):
    """The advertisers that credentials belong to. The Credential Manager sets them."""

    list_display = ("id", "credential", "advertiser")
    list_select_related = ("credential", "advertiser")
    search_fields = ("id__exact", "credential__id__exact", "advertiser__id__exact")
    search_help_text = "Finds by its own id, by the credential's, or by the advertiser's."


@register(Publisher, site=site)
class PublisherAdmin(PartyAdmin):
    called = "Lead Generators"
    list_display = ("id", "name", "email", "country")
    fieldsets = ((None, {"fields": ("name",)}), ("Contact", {"fields": CONTACT_FIELDS}))


class MembershipAdminForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if sum(bool(cleaned.get(party)) for party in ("agency", "advertiser", "publisher")) != 1:
            raise ValidationError("One agency, one advertiser or one Lead Generator: exactly one of the three.")
        return cleaned


@register(Membership, site=site)
class MembershipAdmin(EditableAdmin):
    """Memberships are added or deleted, never changed."""

    may = frozenset({"add", "delete"})
    severity = "high"
    form = MembershipAdminForm
    words = LEAD_GENERATOR
    list_display = ("id", "user", "agency", "advertiser", "lead_generator")
    list_select_related = ("user", "agency", "advertiser", "publisher")
    search_fields = ("id__exact", "user__username__exact")
    search_help_text = "Finds by id, or by the whole user name."
    autocomplete_fields = fields = ("user", "agency", "advertiser", "publisher")

    @display(description="Lead Generator", empty_value="—")
    def lead_generator(self, membership: Membership) -> Publisher | None:
        return membership.publisher


@register(ApiKey, site=site)
class ApiKeyAdmin(ReadOnlyAdmin):
    called = "API keys"
    words = LEAD_GENERATOR
    list_display = ("id", "shown_as", "user", "lead_generator", "created_at", "last_used_on", "revoked_at")
    list_select_related = ("user", "publisher")
    search_fields = ("id__exact", "prefix__startswith", "user__username__exact", "publisher__name__icontains")
    search_help_text = "Finds by id, by how the key begins, by the whole user name, or by a part of the Lead Generator's name."
    fields = ("shown_as", "user", "publisher", "created_at", "last_used_on", "revoked_at")
    actions = ("revoke",)

    @display(description="Key")
    def shown_as(self, key: ApiKey) -> str:
        return str(key)

    @display(description="Lead Generator", empty_value="—")
    def lead_generator(self, key: ApiKey) -> Publisher | None:
        return key.publisher

    @action(description="Revoke: nobody gets in with it any more")
    @transaction.atomic
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        active_keys = list(keys.filter(revoked_at=None).select_related("user"))
        for key in active_keys:
            program_logins.revoke_key(key, actor=actor_of(request))
        messages.success(request, f"{len(active_keys)} revoked.")


@register(Campaign, site=site)
class CampaignAdmin(EditableAdmin):
    may = frozenset({"change"})
    list_display = ("id", "name", "advertiser", "status", "start", "end", "lead_volume", "test_mode")
    list_select_related = ("advertiser",)
    sortable_by = ("id", "name")
    search_fields = ("id__exact", "name__icontains", "advertiser__name__icontains", "reference__startswith")
    search_help_text = "Finds by id, by a part of the campaign's or advertiser's name, or by how the purchase order begins."
    autocomplete_fields = ("account_manager", "campaign_manager")
    fieldsets = (
        (None, {"fields": ("name", "advertiser", "status", "related_tables")}),
        ("When", {
            "fields": ("start", "end", "end_extension", "signed_at", "paused_at", "pause_reason", "pause_integrations", "resume_at"),
            "description": "Pause and resume it on its own page.",
        }),
        ("Kept as", {"fields": ("country", "sector", "category", "market", "reference", "account_manager", "campaign_manager")}),
        ("Money", {
            "fields": ("currency", "contract_value", "lead_volume", "uncapped", "slots_taken", "advertiser_payout",
                       "default_publisher_payout"),
            "description": "A new payout is for leads that become billable from now on.",
        }),
        ("What is done to its leads", {
            "fields": ("threshold", "use_value_transforms", "test_mode", "hold_over_delivery", "process_delay", "plan_number", "served_at"),
        }),
        ("Allowed", {
            "fields": ("allow_bulk_edit", "publisher_imports", "call_centre", "accept_webhook_verdicts", "accept_lead_appends",
                       "checked_values_per_day"),
            "description": "Call centre shows the campaign, and its Valid leads, to the call centre of its agency. With webhook verdicts, "
                           "whoever knows the hash of a lead may mark it as Valid or Invalid (/api/webhook/validate/<hash>); with lead "
                           "appends, add and change its values (/ajax/lead-append/<hash>).",
        }),
        ("Made", {"fields": ("is_template", "created_at", "updated_at")}),
    )  # fmt: skip
    readonly_fields = (
        "advertiser", "status", "related_tables", "signed_at", "paused_at", "pause_reason", "pause_integrations", "resume_at", "currency",
        "lead_volume", "uncapped", "slots_taken", "plan_number", "served_at", "is_template", "created_at", "updated_at",
    )  # fmt: skip

    @display(description="Status")
    def status(self, campaign: Campaign) -> str:
        return campaign_status(campaign)

    @display(description="On other pages")
    def related_tables(self, campaign: Campaign) -> SafeString:
        contracts = search_link("campaigns_campaignpublisher", campaign.pk, "contracts")
        links = search_link("campaigns_campaignlink", campaign.pk, "links")
        forms_used = search_link("campaigns_campaignform", campaign.pk, "forms")
        return markup("{} · {} · {}", contracts, links, forms_used)

    def view_on_site(self, campaign: Campaign) -> str:
        return reverse("campaign", args=[campaign.pk])

    def campaign_of(self, obj: Model) -> int:
        campaign_id: int = obj.pk
        return campaign_id

    def save_model(self, request: HttpRequest, obj: Model, form: forms.Form, change: bool) -> None:
        """Increase the plan number first, as that takes the lock under which plans are compiled."""
        if CHANGES_THE_PLAN & set(form.changed_data):
            plan_changed(obj.pk)
        super().save_model(request, obj, form, change)


@register(CampaignPublisher, site=site)
class ContractAdmin(EditableAdmin):
    """Contracts. Caps are read-only, as they hold slots that leads have taken."""

    may = frozenset({"change"})
    called = "Contracts"
    words = LEAD_GENERATOR
    list_display = ("id", "campaign", "lead_generator", "status", "type", "payout", "cap", "slots_taken")
    list_select_related = ("campaign", "publisher")
    search_fields = (*BY_CAMPAIGN, "campaign__name__icontains", "publisher__name__icontains")
    search_help_text = "Finds by id, by the campaign's id, or by a part of the campaign's or Lead Generator's name."
    fieldsets = (
        (None, {"fields": ("campaign", "publisher", "type", "enabled", "signed_at", "signed_by", "created_at")}),
        ("Terms", {
            "fields": ("payout", "contract_value", "minimum_leads", "cap", "slots_taken", "terms"),
            "description": "A new payout is for leads that become billable from now on.",
        }),
    )  # fmt: skip
    readonly_fields = ("campaign", "publisher", "type", "signed_at", "signed_by", "cap", "slots_taken", "created_at")

    @display(description="Lead Generator")
    def lead_generator(self, contract: CampaignPublisher) -> Publisher:
        return contract.publisher


@register(CampaignLink, site=site)
class LinkAdmin(EditableAdmin):
    may = frozenset({"change"})
    list_display = ("id", "name", "campaign", "channel", "status", "destination")
    list_select_related = ("campaign",)
    search_fields = (*BY_CAMPAIGN, "name__icontains")
    search_help_text = "Finds by id, by the campaign's id, or by a part of the name."
    fields = ("campaign", "name", "channel", "destination", "placeholder", "status", "notes")
    readonly_fields = ("campaign",)


@register(CampaignForm, site=site)
class CampaignFormAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "form", "added_at")
    list_select_related = ("campaign", "form")
    search_fields = (*BY_CAMPAIGN, "form__id__exact")
    search_help_text = "Finds by its own id, the campaign's or the form's."


@register(Form, site=site)
class FormAdmin(EditableAdmin):
    may = frozenset({"change"})
    list_display = ("id", "name", "slug", "language", "archived_at", "updated_at")
    sortable_by = ("id", "name")
    search_fields = ("id__exact", "name__icontains", "slug__startswith")
    search_help_text = "Finds by id, by a part of the name, or by how the address begins."
    fields = ("name", "slug", "language", "form_fields", "archived_at", "updated_at")
    readonly_fields = ("slug", "form_fields", "archived_at", "updated_at")

    @display(description="Fields")
    def form_fields(self, form: Form) -> SafeString:
        return search_link("campaigns_formfield", form.pk, "Show them")


class FormFieldAdminForm(forms.ModelForm):
    def clean_options(self) -> list[list[str]]:
        """Validate the options. Answers are checked against them, so a malformed one would refuse or break every lead."""
        options = self.cleaned_data["options"] or []
        if not isinstance(options, list) or len(options) > MOST_OPTIONS or not all(map(_is_option, options)):
            raise ValidationError('A list of pairs, key and text: [["GB", "United Kingdom"], ["IE", "Ireland"]]')
        return options


def _is_option(option: object) -> bool:
    return isinstance(option, list) and len(option) == 2 and all(isinstance(text, str) and len(text) <= LONGEST_OPTION for text in option)


@register(FormField, site=site)
class FormFieldAdmin(EditableAdmin):
    """Form fields. Name and type are read-only: leads keep captured values under the name."""

    may = frozenset({"change"})
    form = FormFieldAdminForm
    list_display = ("id", "form", "name", "label", "type", "required", "enabled", "position")
    list_select_related = ("form",)
    search_fields = ("id__exact", "form__id__exact", "name__startswith")
    search_help_text = "Finds by its own id, by the form's, or by how the name begins."
    fields = ("form", "name", "type", "label", "required", "enabled", "max_length", "options", "placeholder", "css_class", "position")
    readonly_fields = ("form", "name", "type")
