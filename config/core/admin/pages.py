"""Base classes of the admin pages: permissions, bounded lists, hidden secrets, and one audit entry for each change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin, ShowFacets, helpers
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import DateTimeField, Field, JSONField, Model, Q, QuerySet, URLField
from django.db.models.expressions import Combinable
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from typing_extensions import override

from config.core import audit
from config.core.actor import actor_of
from config.core.admin import display, search
from config.core.admin.json_field import JsonTextField
from config.core.admin.lists import BoundedList, BoundedPaginator
from config.core.lists.listing import TooSlow, time_limited

PAGE = "Support"
HISTORY = "admin:core_auditentry_changelist"


class SupportAdmin(ModelAdmin):
    """Base of all admin pages. Support staff see every table; `may` names what else the page allows: add, change, delete."""

    may: ClassVar[frozenset[str]] = frozenset()
    set_once: ClassVar[Sequence[str]] = ()
    """Columns that are set when the row is created and read-only afterwards."""
    words: ClassVar[Mapping[str, str]] = {}
    """Labels of columns under the operator's words, where those differ from ours."""
    called: ClassVar[str] = ""
    """The plural name of the table under the operator's words."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # would count the table once for every choice of every filter
    list_per_page = 50
    list_max_show_all = 0
    ordering: ClassVar[list[str | Combinable] | tuple[str | Combinable, ...] | None] = ("-pk",)
    sortable_by: ClassVar[list[str] | tuple[str, ...] | None] = ("id",)
    search_fields: ClassVar[list[str] | tuple[str, ...]] = ("id__exact",)
    search_help_text = "Finds by id."

    @property
    def nouns(self) -> str:
        return self.called or capfirst(str(self.opts.verbose_name_plural))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return "add" in self.may and self.admin_site.has_permission(request)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return "change" in self.may and self.admin_site.has_permission(request)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return "delete" in self.may and self.admin_site.has_permission(request)

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return BoundedList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Render the list here, under the time limit, because the template is what runs its query."""
        if request.method == "POST":
            return super().changelist_view(request, extra_context)
        try:
            with time_limited():
                response = super().changelist_view(request, extra_context)
                return response.render() if isinstance(response, TemplateResponse) else response
        except TooSlow:
            context = {**self.admin_site.each_context(request), "title": self.nouns, "opts": self.opts}
            return TemplateResponse(request, "admin/too_slow.html", context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only lookups of the page's filters. Any other could search whole tables, or guess secrets letter by letter."""
        column, _, comparison = lookup.partition("__")
        return comparison in ("exact", "isnull") and column in self.get_list_filter(request) and "\x00" not in value

    @override
    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        text = search_term.strip()
        return (queryset.filter(self.search_condition(text)) if text else queryset), False

    def search_condition(self, text: str) -> Q:
        return search.condition_for(self.model, self.search_fields, text)

    # django-stubs describe the signature of a later Django.
    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:  # type: ignore[override]
        """Run an action on the ticked rows, and never on all rows of the list."""
        data = request.POST.copy()
        data["select_across"] = "0"
        request.POST = data  # type: ignore[assignment]  # declared immutable; Django's own middleware replaces it as well
        try:
            for pk in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(pk)
        except ValidationError:
            messages.error(request, "Some of the ticked rows are invalid. Nothing was changed.")
            return None
        return super().response_action(request, queryset)

    @override
    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Redirect to the audit trail, which also holds the changes made outside the admin."""
        return redirect(f"{reverse(HISTORY)}?{urlencode({'q': f'{self.opts.label_lower} {object_id}'})}")

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:  # the type of the stubs cannot be imported
        fixed = set(self._fixed(obj))
        return [
            (title, {**options, "fields": [self._readable(name, fixed) for name in options["fields"]]})
            for title, options in self._sections()
        ]

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [display.readable(self.model, name) for name in self._fixed(obj)]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> type[ModelForm]:
        return super().get_form(request, obj, change, **{"labels": dict(self.words), **kwargs})

    def _sections(self) -> Any:
        fields: Any = self.fields or display.columns_of(self.model)
        return self.fieldsets or [(None, {"fields": fields})]

    def _fixed(self, obj: Model | None) -> Iterable[str]:
        """Return the read-only columns."""
        if not self.may & {"add", "change"}:
            return flatten_fieldsets(self._sections())
        return [*self.readonly_fields, *(self.set_once if obj else ())]

    def _readable(self, name: Any, fixed: set[str]) -> Any:
        if isinstance(name, list | tuple):
            return tuple(self._readable(part, fixed) for part in name)
        return display.readable(self.model, name) if name in fixed else name


class ReadOnlyAdmin(SupportAdmin):
    """A page for tables that are insert-only, written by services alone, or a record of events. Its actions may call services."""


class EditableAdmin(SupportAdmin):
    """A page for rows that support staff may edit. Every change is audited, and only changed columns are written."""

    may = frozenset({"add", "change"})
    severity: ClassVar[str] = "medium"

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, JSONField):
            kwargs["form_class"] = JsonTextField
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, DateTimeField) and field:
            # Django puts the label beside the widgets, not on them.
            for part, name in zip(field.widget.widgets, ("date", "time"), strict=True):
                part.attrs["aria-label"] = f"{capfirst(db_field.verbose_name)}: {name}"
        return field

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Report a conflict when the database refuses a row that passed validation, as when two users save the same name at once."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            messages.error(request, "Somebody else changed something this depends on at the same moment. Nothing was saved.")
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.save()
        elif names := self._columns(form):
            obj.save(update_fields=names)
        if not change or form.changed_data:
            before = _audited_values(form.changed_data, form.initial) if change else None
            after = _audited_values(form.changed_data, form.cleaned_data)
            self.record(request, obj, "changed" if change else "created", before=before, after=after)
            self.after_change(obj, set(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        values = {name: getattr(obj, name) for name in display.columns_of(self.model)}
        before = _audited_values(values, values)
        self.record(request, obj, "deleted", before=before)
        obj.delete()

    def record(self, request: HttpRequest, obj: Model, action: str, **values: Any) -> None:
        audit.record(
            actor=actor_of(request), page=PAGE, action=f"{self.opts.verbose_name} {action}", obj=obj, severity=self.severity,
            campaign_id=self.campaign_of(obj), **values,
        )  # fmt: skip

    def campaign_of(self, obj: Model) -> int | None:
        return getattr(obj, "campaign_id", None)

    def after_change(self, obj: Any, names: set[str]) -> None:
        """Hook for the effects of a change of the columns `names`, in the same transaction."""

    def _columns(self, form: Form) -> list[str]:
        fields = {field.name: field for field in self.opts.concrete_fields}
        changed = [name for name in form.changed_data if name in fields]
        if not changed:
            return []
        return [*changed, *(name for name, field in fields.items() if getattr(field, "auto_now", False))]


def _audited_values(names: Iterable[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the audit trail stores them: rows by their ids, secrets masked."""
    return {name: "•••" if name in display.SECRETS else _audited_value(values.get(name)) for name in names}


def _audited_value(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    return [_audited_value(part) for part in value] if isinstance(value, QuerySet | list | tuple) else value
