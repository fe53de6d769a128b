"""Leads and their records for support staff. Leads change through the lifecycle only, so almost every page is read-only."""

from typing import ClassVar

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns.models import Publisher
from config.core.admin import EditableAdmin, ReadOnlyAdmin, search, site
from config.core.admin.display import link, search_link
from config.core.lists.markup import markup
from config.core.models import User
from leads.intake import normalize
from leads.models import (
    BulkAction,
    BulkChunk,
    BulkForecast,
    ColumnMap,
    DailyTally,
    FlagReason,
    FlagReasonCategory,
    FoundLead,
    FullSearch,
    Lead,
    LeadExport,
    LeadImport,
    LeadImportPart,
    LeadNote,
    LeadPicture,
    LeadSearch,
    OmittedEntry,
    PriceEntry,
    TallyDelta,
)
from leads.search import matching_leads
from leads.selectors import leads_for

LEAD_GENERATOR = {"publisher": "Lead Generator", "publisher_id": "Lead Generator"}
BY_LEAD = "Finds by its own id, or by the lead's."
BY_CAMPAIGN = "Finds by its own id, or by the campaign's."


def _staff_user(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the site is open to support staff only"
    return request.user


@register(Lead, site=site)
class LeadAdmin(ReadOnlyAdmin):
    """Admin of leads. Deleted leads are not shown."""

    words = LEAD_GENERATOR
    list_display = (
        "id", "created_at", "campaign", "lead_generator", "email", "name", "current_status", "delivery_status", "processr_status",
    )  # fmt: skip
    list_filter = ("current_status", "delivery_status", "advertiser_billable")
    list_select_related = ("campaign", "publisher")
    search_fields = ("id__exact",)
    search_help_text = "Finds by id or lead hash; by how words of name, company or e-mail address begin; by telephone number or campaign."
    fieldsets = (
        (None, {"fields": ("created_at", "updated_at", "written_about_it")}),
        ("Came by", {
            "fields": ("campaign", "publisher", "publisher_sub_id", "link", "form", "entry_point", "imported", "external_id", "ip", "host",
                       "user_agent", "landing_page_url", "request_id", "opt_in", "double_opt_in"),
        }),
        ("Values", {"fields": ("captured", "transformed", "enriched")}),
        ("Found by", {"fields": ("email", "phone", "name_key", "lead_hash")}),
        ("Compared by", {
            "fields": ("transformed_email", "transformed_phone", "transformed_name_key"),
            "description": "What jobs compare in place of the e-mail address, telephone and name that were captured.",
        }),
        ("Status", {
            "fields": ("current_status", "qa_status", "second_check", "arrived_as_test", "delivery_status", "processr_status",
                       "hold_reason", "first_delivered_at", "suppressed"),
            "description": "Moved by the lifecycle alone. Flag and manage leads on the Leads page.",
        }),
        ("Flag", {"fields": ("flag_reason", "flag_category", "flag_comment", "flagged_by", "flagged_at")}),
        ("Score", {"fields": ("score", "max_score", "hardfail", "errored", "qa_result", "failed_jobs", "processing_counter")}),
        ("Billing", {
            "fields": ("publisher_billable", "advertiser_billable", "over_allocation", "contract_slot", "campaign_slot",
                       "publisher_payout", "publisher_payout_base", "advertiser_payout", "advertiser_payout_base", "replacement_type",
                       "replacement_comment"),
        }),
        ("Work", {"fields": ("claim", "claimed_at", "lane", "revision", "captured_revision")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        return leads_for(_staff_user(request)).order_by(*(self.ordering or ()))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Search as the Leads page does. A number with more digits than a row id is a telephone number."""
        text = search_term.strip()
        if not text:
            return queryset, False
        return queryset.filter(search.NOTHING if "\x00" in text else matching_leads(text, _staff_user(request))), False

    def view_on_site(self, lead: Lead) -> str:
        return reverse("lead", args=[lead.pk])

    @display(description="Lead Generator", empty_value="—")
    def lead_generator(self, lead: Lead) -> Publisher | None:
        return lead.publisher

    @display(description="Name")
    def name(self, lead: Lead) -> str:
        """The name as it was captured: `name_key`, by which leads are found, is folded."""
        return " ".join(filter(None, (str(lead.captured.get(part) or "") for part in (normalize.FIRST_NAME, normalize.LAST_NAME)))) or "—"

    @display(description="Written about it")
    def written_about_it(self, lead: Lead) -> SafeString:
        tables = {"leadnote": "notes", "priceentry": "price entries"}
        return markup("{} · {}", *(search_link(f"leads_{name}", lead.pk, text) for name, text in tables.items()))


class _LeadRecordAdmin(ReadOnlyAdmin):
    search_fields: ClassVar[tuple[str, ...]] = ("id__exact", "lead_id__exact")
    search_help_text = BY_LEAD

    @display(description="Lead")
    def lead_shown(self, row: LeadNote | PriceEntry | LeadSearch | LeadPicture) -> SafeString | str:
        return link("leads_lead", row.lead_id)


@register(LeadNote, site=site)
class LeadNoteAdmin(_LeadRecordAdmin):
    list_display = ("id", "lead_shown", "at", "actor_name", "kind", "reason", "action_id")
    fields = ("lead_shown", "at", "actor_name", "actor_id", "kind", "changes", "reason", "comment", "action_id")


@register(PriceEntry, site=site)
class PriceEntryAdmin(_LeadRecordAdmin):
    search_fields = ("id__exact", "lead__id__exact")
    list_display = ("id", "lead_shown", "side", "sign", "amount", "currency", "base_amount", "cause", "at")
    fields = ("lead_shown", "side", "sign", "amount", "currency", "rate", "base_amount", "contract", "cause", "at")


@register(LeadSearch, site=site)
class LeadSearchAdmin(_LeadRecordAdmin):
    called = "Lead search entries"
    search_fields = ("lead__id__exact",)
    search_help_text = "Finds by the lead's id."
    sortable_by = ()
    list_display = ("lead_shown", "campaign_id")
    fields = ("lead_shown", "campaign_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadSearch]:
        return super().get_queryset(request).defer("tsv")


@register(LeadPicture, site=site)
class LeadPictureAdmin(_LeadRecordAdmin):
    search_fields = ("lead__id__exact",)
    search_help_text = "Finds by the lead's id."
    list_display = ("lead_shown", "content_type", "attempts", "due_at", "fetched_at")
    fields = ("lead_shown", "address", "content_type", "attempts", "due_at", "fetched_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadPicture]:
        return super().get_queryset(request).defer("content")


class _CountAdmin(ReadOnlyAdmin):
    words = LEAD_GENERATOR
    list_display = (
        "id", "campaign_id", "lead_generator", "day", "current_status", "delivery_status", "publisher_billable", "advertiser_billable", "n",
    )  # fmt: skip
    search_fields = ("id__exact", "campaign_id__exact")
    search_help_text = BY_CAMPAIGN

    @display(description="Lead Generator", empty_value="—")
    def lead_generator(self, row: DailyTally | TallyDelta) -> int | None:
        return row.publisher_id


@register(DailyTally, site=site)
class DailyTallyAdmin(_CountAdmin):
    """Admin of tallies. A row without a day sums up all days; campaign 0 sums up all campaigns."""


@register(TallyDelta, site=site)
class TallyDeltaAdmin(_CountAdmin):
    """Admin of the changes that are not yet added to the tallies."""


class _RunAdmin(ReadOnlyAdmin):
    search_fields: ClassVar[tuple[str, ...]] = ("id__exact",)
    list_select_related: ClassVar[tuple[str, ...]] = ("started_by",)


@register(BulkAction, site=site)
class BulkActionAdmin(_RunAdmin):
    list_display = ("id", "type", "state", "done", "failed", "total", "started_by", "created_at")
    list_filter = ("state",)


@register(BulkChunk, site=site)
class BulkChunkAdmin(ReadOnlyAdmin):
    """Admin of chunks. Their frozen data are long, so only the page of a chunk loads them."""

    list_display = ("id", "action", "position", "state")
    list_select_related = ("action",)
    search_fields = ("id__exact", "action__id__exact")
    search_help_text = "Finds by its own id, or by the bulk action's."

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkChunk]:
        return super().get_queryset(request).defer("lead_ids", "found", "skipped", "previewed")


@register(BulkForecast, site=site)
class BulkForecastAdmin(_RunAdmin):
    list_display = ("id", "action", "state", "done", "total", "started_by", "created_at")
    list_select_related = ("action", "started_by")
    list_filter = ("state",)


@register(OmittedEntry, site=site)
class OmittedEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "action", "source", "line", "text", "why")
    list_select_related = ("action",)
    search_fields = ("id__exact", "action__id__exact")
    search_help_text = "Finds by its own id, or by the bulk action's."


@register(LeadImport, site=site)
class LeadImportAdmin(_RunAdmin):
    words = LEAD_GENERATOR
    list_display = ("id", "campaign", "file", "state", "done", "failed", "repeated", "started_by", "created_at")
    list_select_related = ("campaign", "started_by")
    list_filter = ("state",)
    search_fields = ("id__exact", "campaign__id__exact", "sha256__exact")
    search_help_text = "Finds by its own id, by the campaign's, or by the file's SHA-256."


@register(LeadImportPart, site=site)
class LeadImportPartAdmin(ReadOnlyAdmin):
    """Admin of parts. Their lines and leads are long, so only the page of a part loads them."""

    list_display = ("id", "run", "first_line", "last_line")
    list_select_related = ("run",)
    search_fields = ("id__exact", "run__id__exact")
    search_help_text = "Finds by its own id, or by the import's."

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadImportPart]:
        return super().get_queryset(request).defer("lines", "lead_ids")


@register(LeadExport, site=site)
class LeadExportAdmin(_RunAdmin):
    list_display = ("id", "state", "format", "done", "total", "started_by", "created_at")
    list_filter = ("state",)


@register(FullSearch, site=site)
class FullSearchAdmin(_RunAdmin):
    list_display = ("id", "description", "campaign", "state", "done", "total", "started_by", "created_at")
    list_select_related = ("campaign", "started_by")
    list_filter = ("state",)


@register(FoundLead, site=site)
class FoundLeadAdmin(ReadOnlyAdmin):
    list_display = ("id", "search", "lead_id")
    list_select_related = ("search",)
    search_fields = ("id__exact", "search__id__exact")
    search_help_text = "Finds by its own id, or by the search's."


@register(ColumnMap, site=site)
class ColumnMapAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "use", "user", "advertiser")
    list_select_related = ("user", "advertiser")
    search_fields = ("id__exact", "name__icontains")
    search_help_text = "Finds by id, or by a part of the name."


@register(FlagReason, site=site)
class FlagReasonAdmin(EditableAdmin):
    """Admin of the reasons offered to users. Notes keep the text that was chosen at the time."""

    set_once = ("flag",)
    list_display = ("id", "flag", "name", "position", "is_other", "has_categories")
    list_filter = ("flag",)
    sortable_by = ("id", "name")
    search_fields = ("id__exact", "name__icontains")
    search_help_text = "Finds by id, or by a part of the name."
    fields = ("flag", "name", "position", "is_other", "has_categories")


@register(FlagReasonCategory, site=site)
class FlagReasonCategoryAdmin(EditableAdmin):
    """Admin of the categories of reasons. A category can be added, but not changed or deleted."""

    may = frozenset({"add"})
    list_display = ("id", "reason", "name", "added_at")
    list_select_related = ("reason",)
    search_fields = ("id__exact", "name__icontains")
    search_help_text = "Finds by id, or by a part of the name."
    autocomplete_fields = ("reason",)
    fields = ("reason", "name", "added_at")
    readonly_fields = ("added_at",)
