"""The audit trail for support staff. It is read-only."""

import re

from django.contrib.admin import display, register
from django.db.models import F, Func, IntegerField, Q, QuerySet
from django.http import HttpRequest

from config.core.admin import search
from config.core.admin.pages import ReadOnlyAdmin
from config.core.admin.site import site
from config.core.models import AuditEntry, AuditSeal

_OBJECT_REFERENCE = re.compile(r"(?P<type>[a-z_]+\.[a-z_]+)\s+(?P<pk>\S{1,60})")
SHOWN_OF_SEAL = 1_000


@register(AuditEntry, site=site)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "at", "actor_name", "severity", "page", "action", "object_type", "object_id", "campaign_id")
    search_fields = ("id__exact", "campaign_id__exact")
    search_help_text = "Finds by the entry's id, by a campaign's id, or by an object: campaigns.campaign 12"
    fieldsets = (
        (None, {"fields": ("at", "actor_name", "actor_id", "ip", "severity")}),
        ("What", {"fields": ("page", "action", "object_type", "object_id", "campaign_id", "notes")}),
        ("Values", {"fields": ("before", "after")}),
        ("Chain", {"fields": ("xid",)}),
    )

    def search_condition(self, text: str) -> Q:
        if match := _OBJECT_REFERENCE.fullmatch(text):
            return search.NOTHING if "\x00" in text else Q(object_type=match["type"], object_id=match["pk"])
        return super().search_condition(text)


class _JsonLength(Func):
    function = "jsonb_array_length"
    output_field = IntegerField()


@register(AuditSeal, site=site)
class AuditSealAdmin(ReadOnlyAdmin):
    list_display = ("id", "at", "entries_sealed", "sha256")
    search_fields = ("id__exact", "sha256__exact", "previous__exact")
    search_help_text = "Finds by id, or by the seal's or its predecessor's SHA-256."
    fields = ("at", "entries_sealed", "first_entries", "upto", "sha256", "previous")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditSeal]:
        seals: QuerySet[AuditSeal] = super().get_queryset(request)
        return seals.annotate(n=_JsonLength(F("entries"))).defer("entries")

    @display(description="Entries")
    def entries_sealed(self, seal: AuditSeal) -> str:
        return f"{seal.n:,}"  # type: ignore[attr-defined]  # annotated in get_queryset

    @display(description="Their ids")
    def first_entries(self, seal: AuditSeal) -> str:
        rest = ", …" if len(seal.entries) > SHOWN_OF_SEAL else ""
        return ", ".join(map(str, seal.entries[:SHOWN_OF_SEAL])) + rest
