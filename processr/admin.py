"""Admin pages of jobs, plans, events and lists.

Jobs are changed through their services, which validate settings and cause a new plan. Models without a service are
read-only for that reason.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action, display, register
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.core.actor import actor_of
from config.core.admin import EditableAdmin, ReadOnlyAdmin, search, site
from config.core.admin.display import link
from config.core.errors import DomainError
from leads.intake import normalize
from leads.values import emails, telephones, texts
from processr import services
from processr.job_types.registry import job_types
from processr.lists.kinds import fold_value
from processr.lists.selectors import suppressed_phones
from processr.models import (
    Event,
    FieldValue,
    GroupCondition,
    IndexedField,
    Job,
    JobDelta,
    JobGroup,
    JobTally,
    Plan,
    SuppressedEmail,
    SuppressedName,
    SuppressedPhone,
    Trial,
    ValidationList,
    ValidationListValue,
    ValueImport,
    ValueTransform,
)

BY_CAMPAIGN = ("id__exact", "campaign__id__exact")
NOTHING_TO_COMPARE = "Nothing is left of this to compare leads by."


@register(Job, site=site)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "label", "job_type", "category", "stage", "score", "hardfail", "enabled", "removed_at")
    list_filter = ("category", "enabled")
    list_select_related = ("campaign",)
    search_fields = (*BY_CAMPAIGN, "label__icontains")
    search_help_text = "Finds by its own id, by the campaign's, or by a part of the label."
    fieldsets = (
        (None, {"fields": ("campaign", "job_type", "category", "label", "enabled", "removed_at")}),
        ("Scoring", {"fields": ("stage", "score", "hardfail", "on_error", "after_enrichment", "group", "visible", "lock_state")}),
        ("Routing", {
            "fields": ("route_by_score_minimum", "route_by_score_maximum", "routing_values", "always_deliver", "deliver_test_leads"),
        }),
        ("Settings", {"fields": ("config", "mapping", "credential")}),
        ("Changed", {"fields": ("updated_at", "updated_by")}),
    )  # fmt: skip
    actions = ("enable", "disable")

    @display(description="Type")
    def job_type(self, job: Job) -> str:
        """Show a retired type by its key."""
        registered = job_types.get(job.type)
        return registered.label if registered else job.type

    @action(description="Enable: from the next run on")
    def enable(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._change_each(request, jobs, services.enable_job, "enabled")

    @action(description="Disable: from the next run on")
    def disable(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._change_each(request, jobs, services.disable_job, "disabled")

    @transaction.atomic
    def _change_each(self, request: HttpRequest, jobs: QuerySet[Job], change: Callable[..., Job], participle: str) -> None:
        """Apply the change in the order of campaigns, as each call locks the job's campaign."""
        changed = 0
        for pk in jobs.filter(removed_at=None).order_by("campaign_id", "pk").values_list("pk", flat=True):
            try:
                change(pk, actor=actor_of(request))
            except DomainError as refusal:
                messages.warning(request, f"Job {pk}: {refusal}")
            else:
                changed += 1
        messages.success(request, f"{changed} {participle}.")


@register(JobGroup, site=site)
class JobGroupAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "name", "score")
    list_select_related = ("campaign",)
    search_fields = (*BY_CAMPAIGN, "name__icontains")
    search_help_text = "Finds by its own id, by the campaign's, or by a part of the name."


@register(GroupCondition, site=site)
class GroupConditionAdmin(ReadOnlyAdmin):
    list_display = ("id", "job", "field")
    list_select_related = ("job",)
    search_fields = ("id__exact", "job__id__exact")
    search_help_text = "Finds by its own id, or by the job's."


@register(ValueTransform, site=site)
class ValueTransformAdmin(ReadOnlyAdmin):
    list_display = ("id", "label", "campaign", "advertiser", "type", "source_field", "new_field", "position")
    list_select_related = ("campaign", "advertiser")
    search_fields = (*BY_CAMPAIGN, "advertiser__id__exact", "label__icontains")
    search_help_text = "Finds by its own id, by the campaign's or advertiser's, or by a part of the label."


@register(Plan, site=site)
class PlanAdmin(ReadOnlyAdmin):
    """Plans without their body, which is long and shown only on a plan's own page."""

    list_display = ("id", "campaign", "number", "made_by", "at")
    list_select_related = ("campaign",)
    search_fields = BY_CAMPAIGN
    search_help_text = "Finds by its own id, or by the campaign's."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).defer("body")


@register(Event, site=site)
class EventAdmin(ReadOnlyAdmin):
    sortable_by = ()
    list_display = ("id", "lead_shown", "kind", "outcome", "reason_in_short", "run_number", "plan_number", "started_at", "duration_ms")
    search_fields = ("id__exact", "lead_id__exact")
    search_help_text = "Finds by the lead's id, or by the event's."
    fieldsets = (
        (None, {"fields": ("lead_shown", "campaign_id", "kind", "outcome", "reason", "job_id")}),
        ("Run", {"fields": ("run_number", "plan_number", "submitted_at", "started_at", "duration_ms", "source", "xid")}),
        ("Steps", {"fields": ("steps_run", "steps")}),
        ("Exchange", {"fields": ("message",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).defer("steps", "message", "source")

    @display(description="Lead")
    def lead_shown(self, event: Event) -> SafeString | str:
        return link("leads_lead", event.lead_id)

    @display(description="Reason")
    def reason_in_short(self, event: Event) -> str:
        return event.reason[:80] or "—"


@register(JobTally, site=site)
class JobTallyAdmin(ReadOnlyAdmin):
    sortable_by = ()
    list_display = ("job_id", "passed", "failed", "errored", "skipped", "failing_since")
    search_fields = ("job_id__exact",)
    search_help_text = "Finds by the job's id."


@register(JobDelta, site=site)
class JobDeltaAdmin(ReadOnlyAdmin):
    """Deltas that are not folded into the tallies yet."""

    list_display = ("id", "job_id", "passed", "failed", "errored", "skipped")
    search_fields = ("id__exact", "job_id__exact")
    search_help_text = "Finds by its own id, or by the job's."


@register(ValidationList, site=site)
class ValidationListAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "advertiser", "private", "version", "value_count", "updated_at")
    list_select_related = ("advertiser",)
    sortable_by = ("id", "name")
    search_fields = ("id__exact", "name__icontains")
    search_help_text = "Finds by id, or by a part of the name."


@register(ValidationListValue, site=site)
class ValidationListValueAdmin(ReadOnlyAdmin):
    list_display = ("id", "list", "value")
    list_select_related = ("list",)
    search_fields = ("id__exact", "list__id__exact")
    search_help_text = "Finds by its own id, by the list's, or by the whole value."

    def search_condition(self, text: str) -> Q:
        """Find values too, through the index of each list; there are few lists."""
        value = search.NOTHING if "\x00" in text else Q(list__in=ValidationList.objects.values("pk"), key=fold_value(text))
        return super().search_condition(text) | value


@register(ValueImport, site=site)
class ValueImportAdmin(ReadOnlyAdmin):
    """Imports of values. A run without a file deletes a list."""

    list_display = ("id", "target", "list", "name", "state", "total", "done", "failed", "added", "repeated", "created_at")
    list_select_related = ("list",)
    search_fields = ("id__exact", "list__id__exact")
    search_help_text = "Finds by its own id, or by the list's."


@register(Trial, site=site)
class TrialAdmin(ReadOnlyAdmin):
    """Trials of the last minutes. What is tried, and what came of it, is for the user who began it."""

    list_display = ("id", "kind", "campaign", "state", "started_by", "created_at")
    list_select_related = ("campaign", "started_by")
    search_fields = BY_CAMPAIGN
    exclude = ("request", "result")


class _SuppressedAdmin(EditableAdmin):
    """Suppressed entries: added and deleted, never changed. They are stored folded, as leads are compared."""

    may = frozenset({"add", "delete"})
    severity = "high"
    readonly_fields = ("added_at",)


class SuppressedEmailAdminForm(forms.ModelForm):
    def clean_email(self) -> str:
        email = emails.canonical(self.cleaned_data["email"])
        if "@" not in email:
            raise ValidationError(NOTHING_TO_COMPARE)
        return email


class SuppressedPhoneAdminForm(forms.ModelForm):
    def clean_phone(self) -> str:
        if refusal := telephones.refusal_of(self.cleaned_data["phone"]):
            raise ValidationError(refusal)
        phone = telephones.key(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError(NOTHING_TO_COMPARE)
        return phone


class SuppressedNameAdminForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Set the key that leads are compared by, so that two spellings of a name are one entry."""
        cleaned = super().clean() or {}
        name = texts.fold_accents(f"{cleaned.get('first_name', '')} {cleaned.get('last_name', '')}")
        key = texts.cut(name, normalize.length_of("name_key"))
        if SuppressedName.objects.filter(name_key=key).exists():
            raise ValidationError("This name is suppressed already.")
        self.instance.name_key = key
        return cleaned


@register(SuppressedEmail, site=site)
class SuppressedEmailAdmin(_SuppressedAdmin):
    form = SuppressedEmailAdminForm
    list_display = ("id", "email", "added_at")
    search_fields = ("id__exact", "email__startswith")
    search_help_text = "Finds by id, or by the address or how it begins."
    fields = ("email", "added_at")

    def search_condition(self, text: str) -> Q:
        email = emails.canonical(text)
        return super().search_condition(email) if email else search.NOTHING


@register(SuppressedPhone, site=site)
class SuppressedPhoneAdmin(_SuppressedAdmin):
    form = SuppressedPhoneAdminForm
    list_display = ("id", "phone", "added_at")
    search_fields = ("phone__startswith",)
    search_help_text = "Finds by the number or how it begins."
    fields = ("phone", "added_at")

    def search_condition(self, text: str) -> Q:
        return suppressed_phones(text)


@register(SuppressedName, site=site)
class SuppressedNameAdmin(_SuppressedAdmin):
    form = SuppressedNameAdminForm
    list_display = ("id", "first_name", "last_name", "added_at")
    search_fields = ("id__exact", "name_key__startswith")
    search_help_text = "Finds by id, or by the name or how it begins."
    fields = ("first_name", "last_name", "added_at")

    def search_condition(self, text: str) -> Q:
        name = texts.fold_accents(text)
        return super().search_condition(name) if name else search.NOTHING


@register(IndexedField, site=site)
class IndexedFieldAdmin(ReadOnlyAdmin):
    """Fields whose values are indexed for comparing leads. A periodic task fills and removes them."""

    list_display = ("id", "name", "filled_to", "ready_at", "unused_since")
    search_fields = ("id__exact", "name__icontains")
    search_help_text = "Finds by its own id, or by a part of the name."


@register(FieldValue, site=site)
class FieldValueAdmin(ReadOnlyAdmin):
    list_display = ("id", "field", "lead_id", "campaign_id", "key")
    list_select_related = ("field",)
    search_fields = ("id__exact", "lead_id__exact")
    search_help_text = "Finds by its own id, or by the lead's."
