"""The first step: leads that were ticked, all that match, typed ids, and files of ids."""

from collections.abc import Iterator
from functools import wraps
from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.api import bodies
from config.core.errors import DomainError
from config.core.forms.controls import FilePasswordField
from config.core.forms.layout import Fields, Folded
from config.core.forms.page_form import PageForm
from config.core.models import Run
from config.core.tabular.csv_writer import csv_download
from leads.bulk import drafts, id_files, lead_ids, offers
from leads.bulk.actions import SendAgain
from leads.bulk.drafts import Added
from leads.selectors import drafts_for
from leads.views.lead_list import get_campaign, list_for
from leads.views.selection import ALL, ID, ONLY, QUERY, selection_of
from leads.views.wizard.access import CHOICE, LEADS, PROCESSING, TO, TYPE, Wizard, WizardView, of_own_draft, show_step

LARGEST_FORM = 40 * 1024 * 1024
"""Bytes of the form, whose text may hold the hashes of a million leads. Django's own limit is for all other forms."""
OMITTED_SHOWN, CHOSEN_SHOWN, DRAFTS_SHOWN = 50, 200, 20
TAKE_OUT, ADD = "take_out", "add"
FROM = "from"
"""Names the page that one lead is taken from, where it is no list."""
IDS_FORM = "ids-form"
"""The id of the form of the page, which the file and the stepper belong to."""


class _Chosen(Fields):
    """Fields that Next asks for where nothing is chosen yet: they are not marked as optional."""

    demanded = True


class IdsForm(PageForm):
    layout = Fields(_Chosen("ids"))

    ids = forms.CharField(
        label="LEAD ID(S)",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Ids or lead hashes, divided by commas, semicolons, spaces or lines.",
    )


class FileForm(PageForm):
    layout = Fields("file", Folded("Password of the file", "password"))

    file = forms.FileField(
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.zip,text/csv,text/plain"}),
        help_text="CSV, text or XLSX with a column of ids or hashes. Its delimiter is found.",
    )
    password = FilePasswordField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs["form"] = IDS_FORM


class ColumnForm(PageForm):
    column = forms.TypedChoiceField(label="Which column has the lead ids?", coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: object, columns: list[id_files.Column], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # what a form takes
        names = [(column.place, f"{column.name} ({', '.join(column.samples) or 'empty'})") for column in columns]
        self.fields["column"].choices = names  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "POST"])
@role_required(roles.FLAGS_LEADS)
def flag_manage(request: UserRequest, campaign_id: int | None = None) -> HttpResponse:
    return _begin(request, campaign_id)


@require_POST
@role_required(roles.MANAGES_CAMPAIGNS)
def send_again(request: UserRequest) -> HttpResponse:
    """Begin to send the selected leads again, without flagging them."""
    return _begin(request, None, choice=SendAgain.key)


def _begin(request: UserRequest, campaign_id: int | None, *, choice: str = "") -> HttpResponse:
    """Begin an action with the selected leads of a list, or without any. Opened as a page, show those that are not finished."""
    if campaign_id is None and request.user.role not in roles.MANAGES_CAMPAIGNS:
        raise PermissionDenied
    campaign = None if campaign_id is None else get_campaign(request, campaign_id)
    if request.method == "GET":
        unfinished = drafts_for(request.user).filter(state=Run.State.DRAFT, campaign=campaign).order_by("-pk")[:DRAFTS_SHOWN]
        return render(
            request, "leads/wizard/begin.html", {"campaign": campaign, "drafts": [Wizard(one, request.user) for one in unfinished]}
        )
    page = list_for(request, campaign_id, request.POST.get(QUERY, ""))
    list_url = f"{page.request.path}?{page.request.GET.urlencode()}".rstrip("?")
    draft, following = None, PROCESSING if choice else TYPE
    try:
        selection = selection_of(request, page) if {ALL, ID, ONLY} & request.POST.keys() else None
        draft = (drafts.begin_draft if selection else drafts.begin_empty)(actor=actor_of(request), campaign=campaign)
        if choice:
            drafts.save_answers(draft, {CHOICE: choice})
        if selection and selection.all:
            # Without the values of the filters, which may be personal and would stay in the records of the action.
            label = "all that match the filters of the list" if selection.narrowed_by else "all of the list"
            drafts.add_query(draft, selection.leads, source=selection.source, label=label)
        elif selection:
            source = "from the lead's page" if request.POST.get(FROM) == "lead" else "ticked in the list"
            ticked = (lead_ids.Entry(1, str(pk)) for pk in selection.ids)
            drafts.add_entries(draft, ticked, who=request.user, source=source)
    except DomainError as refusal:
        if draft:
            drafts.discard(draft)
        messages.error(request, f"Nothing was begun. {refusal.message}")
        return redirect(list_url)
    return redirect(following if selection and not draft.omitted.exists() else LEADS, pk=draft.pk)


@require_GET
@of_own_draft
def flag_manage_draft(_request: UserRequest, wizard: Wizard) -> HttpResponse:
    return redirect(wizard.next_step, pk=wizard.draft.pk)


def of_any_size(view: WizardView) -> WizardView:
    """Let a form be larger than others, up to LARGEST_FORM. The token is checked after it was read, and not before."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def reading(request: UserRequest, pk: int) -> HttpResponseBase:
        if request.method == "POST":
            try:
                bodies.body(request, at_most=LARGEST_FORM)
            except DomainError:
                messages.error(request, f"More than {LARGEST_FORM // 1024**2} MB of ids cannot be pasted at once. Import them as a file.")
                return redirect(LEADS, pk=pk)
        return protected(request, pk)

    return reading


@of_any_size
@require_http_methods(["GET", "POST"])
@of_own_draft
def flag_manage_leads(request: UserRequest, wizard: Wizard) -> HttpResponse:
    """Add what was typed, or take it out, and show what is chosen. Next adds it too, so that nothing typed is lost."""
    if request.method == "GET":
        return _show(request, wizard)
    form = IdsForm(request.POST)
    if not form.is_valid():
        return _show(request, wizard, form, status=422)
    try:
        if TAKE_OUT in request.POST:
            n = drafts.take_out(wizard.draft, _typed_entries(form), who=request.user)
            messages.success(request, f"{n:,} lead{'' if n == 1 else 's'} taken out.")
            return redirect(LEADS, pk=wizard.draft.pk)
        added = _add_typed(request, wizard, form)
    except DomainError as refusal:
        form.add_error("ids", refusal.message)
        return _show(request, wizard, form, status=refusal.status if refusal.status != 400 else 422)
    if name := request.POST.get("file"):
        # A form that holds megabytes of ids is not sent with files: only Import sends the file itself.
        messages.warning(request, f"{PurePath(name).name[:120]} was not imported: choose it once more and press Import the file.")
    following = request.POST.get(TO, "")
    return _after_adding(request, wizard, added, goes_on=ADD not in request.POST and not name, to=following)


def with_a_file(view: WizardView) -> WizardView:
    """Refuse in words what is typed beside a file beyond Django's limit. The token is checked after the form was read."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def reading(request: UserRequest, pk: int) -> HttpResponseBase:
        try:
            request.POST  # noqa: B018  # reads the form
        except RequestDataTooBig:
            messages.error(
                request, "Nothing was added: so many ids cannot be sent beside a file. Go back, press Add, and import the file then."
            )
            return redirect(LEADS, pk=pk)
        return protected(request, pk)

    return reading


@with_a_file
@require_POST
@of_own_draft
def flag_manage_import(request: UserRequest, wizard: Wizard) -> HttpResponse:
    """Add what is typed, and the leads of a file. Where its column of ids is not known, keep it and ask for the column."""
    form, typed = FileForm(request.POST, request.FILES), IdsForm(request.POST)
    if not form.is_valid() or not typed.is_valid():
        return _show(request, wizard, typed, file_form=form, status=422)
    upload = form.cleaned_data["file"]
    try:
        with id_files.stored(upload.chunks(), password=form.cleaned_data["password"]) as stored:
            file = id_files.look_at(stored.path)
            if file.column is None:
                added = _add_typed(request, wizard, typed)
                drafts.keep_file(wizard.draft, stored.keep(), title=upload.name)
                _tell(request, added)
                return redirect("flag_manage_column", pk=wizard.draft.pk)
            added = drafts.add_typed_and_file(
                wizard.draft, _typed_entries(typed), id_files.entries(file, file.column), who=request.user, name=upload.name
            )
    except DomainError as refusal:
        form.add_error("file", refusal.message)
        return _show(request, wizard, typed, file_form=form, status=refusal.status if refusal.status != 400 else 422)
    return _after_adding(request, wizard, added, goes_on=False)


@require_http_methods(["GET", "POST"])
@of_own_draft
def flag_manage_column(request: UserRequest, wizard: Wizard) -> HttpResponse:
    """Ask which column of the imported file has the ids."""
    name = wizard.draft.answers.get("file", "")
    if not name or not id_files.path_of(name).exists():
        messages.error(request, "The file is no longer here. Import it once more.")
        return redirect(LEADS, pk=wizard.draft.pk)
    file = id_files.look_at(id_files.path_of(name))
    form = ColumnForm(request.POST if request.method == "POST" else None, columns=file.columns)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return show_step(request, wizard, LEADS, "leads/wizard/column.html", form=form, status=status)
    column = form.cleaned_data["column"]
    source = f"column {file.columns[column].name} of {wizard.draft.answers.get('file_title') or 'a file'}"
    try:
        added = drafts.add_entries(wizard.draft, id_files.entries(file, column), who=request.user, source=source)
        drafts.keep_file(wizard.draft, "")
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect(LEADS, pk=wizard.draft.pk)
    return _after_adding(request, wizard, added, goes_on=False)


@require_POST
@of_own_draft
def flag_manage_clear(_request: UserRequest, wizard: Wizard) -> HttpResponse:
    drafts.clear(wizard.draft)
    return redirect(LEADS, pk=wizard.draft.pk)


@require_POST
@of_own_draft
def flag_manage_discard(request: UserRequest, wizard: Wizard) -> HttpResponse:
    drafts.discard(wizard.draft)
    messages.success(request, "It was discarded. No lead was changed.")
    return redirect(wizard.begin_url if "listed" in request.POST else wizard.list_url)


@require_GET
@role_required(roles.FLAGS_LEADS)
def flag_manage_omitted(request: UserRequest, pk: int) -> StreamingHttpResponse:
    """Download the entries that are no leads of the action, with their lines and reasons."""
    action = get_object_or_404(drafts_for(request.user), pk=pk)

    def rows() -> Iterator[list[str]]:
        yield ["Source", "Line", "Entry", "Why"]
        for entry in action.omitted.order_by("pk").iterator(chunk_size=1_000):
            yield [entry.source, str(entry.line), entry.text, entry.why]

    return csv_download(f"left-out-{action.pk}.csv", rows())


def _typed_entries(form: IdsForm) -> Iterator[lead_ids.Entry]:
    return lead_ids.split(form.cleaned_data["ids"])


def _add_typed(request: UserRequest, wizard: Wizard, form: IdsForm) -> Added:
    if not form.cleaned_data["ids"].strip():
        return Added()
    return drafts.add_entries(wizard.draft, _typed_entries(form), who=request.user, source=drafts.TYPED)


def _after_adding(request: UserRequest, wizard: Wizard, added: Added, *, goes_on: bool, to: str = "") -> HttpResponse:
    """Go on, to the step `to` where it is one, unless something was left out: then it is shown first."""
    wizard.draft.refresh_from_db(fields=["total"])
    if goes_on and wizard.total and not added.omitted:
        following = to if to in (TYPE, PROCESSING) else PROCESSING if wizard.choice in offers.BESIDE else TYPE
        return redirect(following, pk=wizard.draft.pk)
    if goes_on and not wizard.total:
        messages.error(request, "Choose at least one lead first.")
    else:
        _tell(request, added)
    return redirect(LEADS, pk=wizard.draft.pk)


def _tell(request: UserRequest, added: Added) -> None:
    if added == Added():
        return
    parts = [f"{added.new:,} lead{'' if added.new == 1 else 's'} added"]
    if added.repeated:
        parts.append(f"{added.repeated:,} named more than once or chosen already")
    if added.omitted:
        parts.append(f"{added.omitted:,} left out: see below")
    (messages.warning if added.omitted else messages.success)(request, "; ".join(parts) + ".")


def _show(
    request: UserRequest, wizard: Wizard, form: IdsForm | None = None, *, file_form: FileForm | None = None, status: int = 200
) -> HttpResponse:
    omitted = wizard.draft.omitted.order_by("pk")
    form = form or IdsForm()
    if not wizard.total:
        form.fields["ids"].widget.attrs["autofocus"] = True
    first = wizard.draft.chunks.order_by("position").first()
    return show_step(
        request,
        wizard,
        LEADS,
        "leads/wizard/leads.html",
        form=form,
        step_form=IDS_FORM,
        file_form=file_form or FileForm(),
        omitted=omitted[:OMITTED_SHOWN],
        omitted_count=omitted.count(),
        chosen=first.lead_ids[:CHOSEN_SHOWN] if first else [],
        status=status,
    )
