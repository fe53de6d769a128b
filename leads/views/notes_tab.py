"""The Notes tab: the change log of a lead by type, the history of its status, and notes that people add by hand."""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.forms.page_form import PageForm
from config.core.lists.pagination import BadPosition
from config.core.pg_text import is_storable
from leads import privacy
from leads.editing import service
from leads.extension_points import LeadTab, TimelineEntry, lead_tabs
from leads.models import Lead, LeadNote
from leads.selectors import CHANGES_OF_PAGE, changes_from, in_short, leads_for, notes_of
from leads.values import texts
from leads.views.lead.walk import LeadWalk
from leads.views.list_address import tab_address
from leads.views.timeline import PAGE_SIZE, note_entry, parse_position

KEY = "notes"
HISTORY = "history"
MOST_CHANGES = 1_000_000
"""No note has more: an address beyond is nobody's."""
FORM_KEY = "key"
"""The input with the key of a form: sent twice with the same text, it adds one note."""
STATUS_AXES = ("current_status", "second_check", "qa_status", "flag_reason", "flag_category")
"""The axes of the Status History: statuses and flags alone."""
READ_BY = "Read by those who manage campaigns; parties and the call centre do not see it."
HIDDEN_FROM_YOU = "Your role sees leads masked, so that the text is hidden from you too once it is added."


class NoteForm(PageForm):
    comment = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}), help_text=READ_BY, strip=False)

    def __init__(self, who: Who, data: Any = None) -> None:
        super().__init__(data, auto_id="note-%s")
        if not privacy.sees_personal_data(who):
            self.fields["comment"].help_text = f"{READ_BY} {HIDDEN_FROM_YOU}"
        self.fields[FORM_KEY] = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=uuid4().hex)

    def clean_comment(self) -> str:
        comment = str(self.cleaned_data["comment"]).replace("\r\n", "\n")
        if not is_storable(comment):
            raise forms.ValidationError("The note holds characters that are not text.")
        if not (comment := texts.strip(comment)):
            raise forms.ValidationError("Type a note first.")
        if len(comment) > service.LONGEST_COMMENT:
            raise forms.ValidationError(f"A note has at most {service.LONGEST_COMMENT:,} characters: this one has {len(comment):,}.")
        return comment


class LeadNotes:
    """A page of the notes of a lead, of one type or all."""

    def __init__(self, who: Who, lead: Lead, query: Mapping[str, Any], form: NoteForm | None = None) -> None:
        self.who, self.lead = who, lead
        self.chosen, self.before = str(query.get("type", "")), str(query.get("before", ""))
        self.may_add = who.role in roles.MANAGES_CAMPAIGNS
        self.form = form or NoteForm(who)
        self.types = {"": "All", HISTORY: "Status History", **dict(LeadNote.Kind.choices)}
        if not self.may_add:
            del self.types[LeadNote.Kind.COMMENT]
        self.problem = "" if self.chosen in self.types else f"There is no type “{self.chosen[:80]}” here."
        self.alone = str(query.get("note", ""))
        self.entries, self.older = ([], "") if self.problem else self._note_alone(query) if self.alone else self._page()

    @property
    def is_history(self) -> bool:
        return self.chosen == HISTORY

    @property
    def has_all(self) -> bool:
        return self.chosen == ""

    def _page(self) -> tuple[list[TimelineEntry], str]:
        notes = self._chosen(notes_of(self.who, self.lead)).order_by("-pk")
        if self.before:
            notes = notes.filter(pk__lt=parse_position(self.before))
        found = list(in_short(notes)[: PAGE_SIZE + 1])
        entries = [note_entry(self.who, self.lead, note) for note in found[:PAGE_SIZE]]
        older = {"before": entries[-1].position, **({"type": self.chosen} if self.chosen else {})} if len(found) > PAGE_SIZE else {}
        return entries, urlencode(older)

    def _note_alone(self, query: Mapping[str, Any]) -> tuple[list[TimelineEntry], str]:
        """Return one note with a page of its changes, and the query of the next page. The values are whole."""
        start = parse_position(str(query["after"])) if "after" in query else 0
        if start > MOST_CHANGES:
            raise BadPosition(str(start))
        note = changes_from(notes_of(self.who, self.lead), start).filter(pk=parse_position(self.alone)).first()
        if note is None:
            raise Http404
        entry = note_entry(self.who, self.lead, note, start=start)
        further = urlencode({"note": note.pk, "after": start + CHANGES_OF_PAGE}) if entry.further else ""
        return [replace(entry, further=0)], further

    def _chosen(self, notes: QuerySet[LeadNote]) -> QuerySet[LeadNote]:
        if self.is_history:
            axes = reduce(or_, (Q(changes__contains=[[axis]]) for axis in STATUS_AXES))
            return notes.filter(axes, kind=LeadNote.Kind.STATUS)
        return notes.filter(kind=self.chosen) if self.chosen else notes


@lead_tabs.register
class NotesTab(LeadTab):
    key = KEY
    template = "leads/_notes_tab.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        try:
            return {"lead": lead, "notes": LeadNotes(who, lead, query)}
        except BadPosition as error:
            raise Http404 from error


@require_POST
@role_required(roles.MANAGES_CAMPAIGNS)
def lead_note_add(request: UserRequest, pk: int) -> HttpResponse:
    """Add a note by hand. An htmx request gets the notes anew, with the form as it was typed where it was refused."""
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    form = NoteForm(request.user, request.POST)
    is_added = form.is_valid()
    if is_added:
        service.add_comment(lead, form.cleaned_data["comment"], actor=actor_of(request), form_key=form.cleaned_data[FORM_KEY])
    walk = LeadWalk(request, lead)
    if is_added and not request.htmx:
        messages.success(request, "The note was added.")
        return redirect(tab_address(pk, KEY, list_address=walk.list_address))
    notes = LeadNotes(request.user, lead, MultiValueDict(), None if is_added else form)
    context = {"lead": lead, "tab": {"lead": lead, "notes": notes, "says": "The note was added." if is_added else ""}, "walk": walk}
    template = "leads/_notes_tab.html" if request.htmx else "leads/notes.html"
    response = render(request, template, context, status=200 if is_added else 422)
    response["X-Sluice-Fragment"] = "1"
    return response
