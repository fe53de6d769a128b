"""Saved tables and notifications of users."""

from django.contrib.admin import register

from config.core.admin.pages import EditableAdmin, ReadOnlyAdmin
from config.core.admin.site import site
from config.core.models import Notification, SavedTable


@register(SavedTable, site=site)
class SavedTableAdmin(EditableAdmin):
    """Admin of saved tables. Deleting one gives the user the default table."""

    may = frozenset({"delete"})
    severity = "low"
    list_display = ("id", "user", "table", "name", "per_page", "shared_with", "agency", "is_default")
    list_select_related = ("user",)
    search_fields = ("id__exact", "user__username__exact")
    search_help_text = "Finds by id, or by the whole user name."
    fields = readonly_fields = ("user", "table", "name", "columns", "order", "filter", "per_page", "shared_with", "agency", "is_default")


@register(Notification, site=site)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "at", "kind", "text", "read_at")
    list_select_related = ("user",)
    search_fields = ("id__exact", "user__username__exact")
    search_help_text = "Finds by id, or by the whole user name."
    fields = ("user", "at", "kind", "key", "text", "url", "read_at", "mail_due_at", "mail_attempts", "mailed_at")
