"""Tables of lists and of their entries."""

from collections.abc import Callable
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString

from config.core.lists.markup import markup
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from processr.models import SuppressedEmail, SuppressedName, SuppressedPhone, ValidationList, ValidationListValue

REMOVES = "remove-entries"
"""The id of the form that the buttons of the rows belong to."""


class ListsTable(ListTable):
    key = "validation-lists"
    sorts = {"id": "id", "name": "name"}
    default_sort = "name"
    cards = ("name", "value_count", "advertiser", "updated_at")
    caption = "Validation lists"

    id = IdColumn(verbose_name="ID")
    name = TextColumn(linkify=lambda record: reverse("validation_list", kwargs={"pk": record.pk}))
    advertiser = TextColumn(accessor="advertiser__name", default="System: all campaigns")
    private = tables.Column(empty_values=())
    value_count = NumberColumn(verbose_name="Value Count")
    updated_at = TimeColumn(verbose_name="Changed")
    actions = tables.Column(empty_values=())

    def __init__(self, *args: Any, may_change: Callable[[ValidationList], bool], **options: Any) -> None:
        super().__init__(*args, **options)
        self.may_change = may_change

    def render_private(self, record: ValidationList) -> SafeString | str:
        return markup('<span class="soft"><i class="bi bi-lock" aria-hidden="true"></i> {}</span>', "Private") if record.private else "—"

    def render_actions(self, record: ValidationList) -> SafeString | str:
        if not self.may_change(record):
            return ""
        address = reverse("validation_list_settings", kwargs={"pk": record.pk})
        return markup('<a class="btn btn-small" href="{}" aria-label="Settings of {}">Settings</a>', address, record.name)


class EntryTable(ListTable):
    """A table of entries. Its Remove buttons belong to a form beside the table."""

    remove = tables.Column(verbose_name="", empty_values=(), attrs={"td": {"class": "number"}})

    class Meta(ListTable.Meta):
        sequence = ("...", "remove")

    def render_remove(self, record: Any) -> SafeString:
        return markup(
            '<button class="btn btn-small" form="{}" name="id" value="{}" aria-label="Remove {}">Remove</button>',
            REMOVES,
            record.pk,
            record,
        )


class ValueTable(EntryTable):
    key = "validation-list-values"
    sorts = {"value": "key"}
    default_sort = "value"
    cards = ("value", "remove")
    caption = "Values"

    id = IdColumn(verbose_name="ID")
    value = TextColumn()

    class Meta(EntryTable.Meta):
        model = ValidationListValue
        fields = ("id", "value")


class EmailTable(EntryTable):
    key = "suppressed-emails"
    sorts = {"email": "email", "id": "id"}
    default_sort = "email"
    cards = ("email", "added_at", "remove")
    caption = "Suppressed e-mail addresses"

    id = IdColumn(verbose_name="ID")
    email = TextColumn(verbose_name="E-mail")
    added_at = TimeColumn(verbose_name="Added")

    class Meta(EntryTable.Meta):
        model = SuppressedEmail
        fields = ("id", "email", "added_at")


class NameTable(EntryTable):
    key = "suppressed-names"
    sorts = {"first_name": "name_key", "id": "id"}
    default_sort = "first_name"
    cards = ("first_name", "last_name", "added_at", "remove")
    caption = "Suppressed names"

    id = IdColumn(verbose_name="ID")
    first_name = TextColumn(verbose_name="First name")
    last_name = TextColumn(verbose_name="Last name")
    added_at = TimeColumn(verbose_name="Added")

    class Meta(EntryTable.Meta):
        model = SuppressedName
        fields = ("id", "first_name", "last_name", "added_at")


class PhoneTable(EntryTable):
    key = "suppressed-telephones"
    sorts = {"phone": "phone", "id": "id"}
    default_sort = "phone"
    cards = ("phone", "added_at", "remove")
    caption = "Suppressed telephone numbers"

    id = IdColumn(verbose_name="ID")
    phone = TextColumn(verbose_name="Telephone")
    added_at = TimeColumn(verbose_name="Added")

    class Meta(EntryTable.Meta):
        model = SuppressedPhone
        fields = ("id", "phone", "added_at")
