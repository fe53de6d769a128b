"""The Edit Data tab: each captured value with a pen, and new fields. What is refused comes back as it was typed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from campaigns.scope import Who
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, actor_of
from config.core.errors import DomainError
from leads import privacy
from leads.editing import service
from leads.editing.fields import NAME, VALUE, EditableField, field_named, fields_of
from leads.editing.service import SavedValue, ValueChanged
from leads.extension_points import LeadTab, lead_tabs
from leads.models import Lead
from leads.privacy.tabs import TABS
from leads.selectors import leads_for
from leads.statuses import ProcessrStatus
from leads.values import texts
from leads.views.value_forms import SEEN, TYPED_AT_MOST, Conflict, NewFieldForm, ValueForm, row_id

KEY = "edit_data"
EDIT, ADD = "edit", "add"
"""Parameters: the field whose pen was pressed, and that a new field is sent."""


@dataclass(frozen=True)
class ValueRow:
    """A row of the tab: a field, with its form while it is edited."""

    field: EditableField
    form: ValueForm | None = None
    conflict: Conflict | None = None
    is_saved: bool = False

    @property
    def id(self) -> str:
        return row_id(self.field.name)


class EditData:
    """The content of the tab. The caller has checked that the user may see and edit the lead."""

    def __init__(self, who: Who, lead: Lead, *, opened: str = "") -> None:
        self.who, self.lead, self.opened = who, lead, opened
        self.new_form = NewFieldForm()
        self.sent: ValueRow | None = None
        """The row of the value that was sent."""
        self.saved: SavedValue | None = None
        self.had_row = False
        """Whether the field that was sent had a row before."""

    @cached_property
    def fields(self) -> list[EditableField]:
        return fields_of(self.lead)

    @cached_property
    def refusal(self) -> str:
        refusal = service.refusal_to_edit(self.lead)
        return service.in_words(refusal) if refusal else ""

    @property
    def rows(self) -> Iterator[ValueRow]:
        for field in self.fields:
            if self.sent and field.name == self.sent.field.name:
                yield self.sent
            else:
                yield ValueRow(field, ValueForm(field) if field.name == self.opened and not self.refusal else None)

    @property
    def is_under_way(self) -> bool:
        """Whether the lead waits to be processed, or is processed again with the new value."""
        return self.lead.processr_status in (ProcessrStatus.WAITING, ProcessrStatus.PROCESSING)

    @property
    def says(self) -> str:
        """The sentence about what was saved; empty where nothing was."""
        if self.saved is None:
            return ""
        if not self.saved.is_changed:
            return f"{self.saved.field.label} is as it was."
        return f"{self.saved.field.label} was {'added' if self.saved.is_new else 'changed'}."

    def save(self, data: QueryDict, *, actor: Actor) -> DomainError | None:
        """Save what was sent and return None, or else the refusal: the form then has everything that was typed."""
        form = NewFieldForm(data) if ADD in data else None
        name, value = data.get(NAME, ""), data.get(VALUE, "").replace("\r\n", "\n")
        if form and not form.is_valid():
            self.new_form = form
            return DomainError("", field=form.first_invalid)
        try:
            field = field_named(self.fields, name)
            self.had_row = field.name in {known.name for known in self.fields}
            if not field.is_known and not texts.strip(value):
                raise DomainError("A new field needs a value.", field=VALUE)
            if field.value is not None and "\r\n" in field.value:  # as it was: a browser sends every line break in this way
                value = value.replace("\n", "\r\n")
            self.saved = service.save_value(self.lead, name, value, actor=actor, if_as_read=service.as_seen(data.get(SEEN, "")))
        except DomainError as refusal:
            return self._refused(refusal, name, value, form)
        self._reload(self.saved.lead)
        self.sent = ValueRow(field_named(self.fields, self.saved.field.name), is_saved=form is None)
        return None

    def _refused(self, refusal: DomainError, name: str, value: str, form: NewFieldForm | None) -> DomainError:
        conflict = None
        if isinstance(refusal, ValueChanged):
            self._reload(refusal.lead)
            conflict = self._conflict(refusal)
        if form:
            self.new_form = form.again(refusal, conflict)
            return refusal
        try:
            field = field_named(self.fields, name)
        except DomainError:  # no page of ours sends such a name
            return refusal
        self.sent = self._typed_row(field, value, conflict=conflict, error=None if conflict else refusal)
        return refusal

    def _typed_row(self, field: EditableField, value: str, *, conflict: Conflict | None, error: DomainError | None) -> ValueRow:
        data = QueryDict(mutable=True)
        data.update({NAME: field.name, VALUE: value[:TYPED_AT_MOST], SEEN: service.digest_of(field.value)})
        form = ValueForm(field, data)
        if error:
            form.add_error(VALUE, error.message)
        return ValueRow(field, form, conflict)

    def _conflict(self, refusal: ValueChanged) -> Conflict:
        change = service.last_change_of(refusal.lead, refusal.present.name)
        by = privacy.person_for(self.who, change.by) if change else ""
        return Conflict(refusal.present, by, change.at if change else None, change.old if change else "")

    def _reload(self, lead: Lead) -> None:
        self.lead = lead
        for name in ("fields", "refusal"):
            self.__dict__.pop(name, None)


@lead_tabs.register
class EditDataTab(LeadTab):
    key = KEY
    template = "leads/_edit_data.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        return {"lead": lead, "edit": EditData(who, lead, opened=query.get(EDIT, ""))}


@require_POST
@role_required(TABS[KEY].roles)
def lead_value_save(request: UserRequest, pk: int) -> HttpResponse:
    """Save one value, or a new field. An htmx request gets the row or the form, and what else has changed beside it."""
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    edit = EditData(request.user, lead)
    refusal = edit.save(request.POST, actor=actor_of(request))
    status = 200 if refusal is None else 422 if refusal.status == 400 else refusal.status
    if request.htmx:
        context = {"lead": lead, "edit": edit, "row": edit.sent, "refusal": refusal, "is_new": ADD in request.POST}
        response = render(request, "leads/_value_answer.html", context, status=status)
        response["X-Sluice-Fragment"] = "1"
        return response
    if refusal is None:
        messages.success(request, edit.says)
        return redirect("lead_tab", pk=pk, key=KEY)
    context = {"lead": lead, "tab": {"lead": lead, "edit": edit}, "refusal": refusal}
    return render(request, "leads/edit_data.html", context, status=status)
