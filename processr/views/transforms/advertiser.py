"""An advertiser's value transforms, which its campaigns can import, and the import of files of known values."""

from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_http_methods
from typing_extensions import override

from campaigns.models import Advertiser
from campaigns.selectors import advertisers_for
from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.lists.filters import ListFilterSet
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, TextColumn
from config.core.tabular.csv_writer import CONTENT_TYPE, MARK
from processr.models import ValueTransform
from processr.permissions import open_to_configurers, refusal_to_ask, refuse_unless_may_ask, refuse_unless_may_use
from processr.transforms import files, imports
from processr.transforms.definitions import definition_of
from processr.transforms.forms import TransformFileForm
from processr.views.transforms.owner import ADVERTISER, TransformOwner, owner_to_configure

IMPORT = "import"


class TransformTable(ListTable):
    key = "advertiser-value-transforms"
    default_sort = "id"
    cards = ("label", "source_field", "new_field", "group_name")
    caption = "Value transforms"

    id = IdColumn(verbose_name="Id")
    label = TextColumn(linkify=lambda record: _transform_url("advertiser_value_transform", record))
    source_field = TextColumn(verbose_name="Original field")
    new_field = TextColumn(verbose_name="New field")
    type = tables.Column(verbose_name="Type")
    does = tables.Column(verbose_name="What it does", empty_values=())
    group_name = TextColumn(verbose_name="Group", default="None")
    remove = tables.Column(verbose_name="", empty_values=())

    def render_does(self, record: ValueTransform) -> str:
        return definition_of(record).summary

    def render_remove(self, record: ValueTransform) -> SafeString:
        address = _transform_url("advertiser_value_transform_remove", record)
        return markup('<a class="btn btn-small" href="{}" aria-label="Remove {}">Remove</a>', address, record.label)


class TransformFilters(ListFilterSet):
    label = django_filters.CharFilter(label="Label or field", method="by_label_or_field", max_length=120)
    group = django_filters.CharFilter(label="Group", field_name="group_name", lookup_expr="iexact", max_length=120)
    type = django_filters.ChoiceFilter(label="Type", choices=ValueTransform.Type.choices, empty_label="Any")

    def by_label_or_field(self, transforms: QuerySet, _name: str, value: str) -> QuerySet:
        text = value.strip()
        return transforms.filter(Q(label__icontains=text) | Q(source_field=text) | Q(new_field=text))


class AdvertiserTransforms(ListPage):
    request: UserRequest
    roles = roles.MANAGES_CAMPAIGNS
    table_class, filterset_class = TransformTable, TransformFilters
    title, noun, icon = "Value transforms", ("transform", "transforms"), "arrow-left-right"
    template_name, empty_template = "processr/transforms/advertiser.html", "processr/transforms/_none_of_advertiser.html"

    @cached_property
    def current_owner(self) -> TransformOwner:
        visible = advertisers_for(self.request.user).filter(pk=self.kwargs["pk"]).values("pk")
        return TransformOwner(ADVERTISER, get_object_or_404(Advertiser, pk__in=visible))

    @property
    def may_ask(self) -> bool:
        return not refusal_to_ask(self.request.user)

    @override
    def check_access(self) -> None:
        super().check_access()
        refuse_unless_may_use(self.request)

    def rows(self) -> QuerySet[ValueTransform]:
        return ValueTransform.objects.filter(advertiser=self.current_owner.advertiser)


def _transform_url(name: str, record: ValueTransform) -> str:
    return reverse(name, kwargs={"pk": record.advertiser_id, "transform_id": record.pk})


@require_http_methods(["GET", "POST"])
@open_to_configurers
def transforms_import_file(request: UserRequest, pk: int) -> HttpResponse:
    """Preview a file of value transforms; then import the text that the preview page kept."""
    current_owner = owner_to_configure(request, ADVERTISER, pk)
    refuse_unless_may_ask(request.user)
    form = TransformFileForm()
    result: dict[str, Any] | None = {}
    if request.POST.get("act") == IMPORT:
        try:
            result = _import(request, current_owner.owner)
        except DomainError as refusal:
            result = {"refusal": refusal.message}
        if result is None:
            return redirect(current_owner.list_url)
    elif request.method == "POST":
        form = TransformFileForm(request.POST, request.FILES)
        result = _plan_of_upload(form, current_owner.owner)
    context = {"current_owner": current_owner, "columns": files.COLUMNS, "form": form, **(result or {})}
    return render(request, "processr/transforms/import_file.html", context)


@require_GET
@open_to_configurers
def import_example(request: UserRequest, pk: int) -> HttpResponse:
    """Return an example file."""
    owner_to_configure(request, ADVERTISER, pk)
    headers = {"Content-Disposition": 'attachment; filename="value-transforms.csv"'}
    return HttpResponse(f"{MARK}{files.EXAMPLE}", content_type=CONTENT_TYPE, headers=headers)


def _plan_of_upload(form: TransformFileForm, advertiser: Any) -> dict[str, Any]:
    """Return the context of the preview. If the file cannot be read, the form says why."""
    if form.is_valid():
        try:
            uploaded, password = form.cleaned_data["file"].read(files.LARGEST + 1), form.cleaned_data["password"]
            return _plan_context(advertiser, files.decode_file(uploaded, password=password))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else "file", refusal.message)
    return {}


def _plan_context(advertiser: Any, text: str) -> dict[str, Any]:
    content = files.read_file(text)
    if content.problems:
        return {"problems": content.problems, "more": len(content.problems) >= files.PROBLEMS_REPORTED, "rows": content.rows}
    return {"plan": imports.plan_import(advertiser, content), "text": text}


def _import(request: UserRequest, advertiser: Any) -> dict[str, Any] | None:
    """Import the file and return None, or return the context of the page to show instead."""
    text = request.POST.get("text", "")
    content = files.read_file(text)
    try:
        plan = imports.run_import(advertiser, content, seen=request.POST.get("seen", ""), actor=actor_of(request))
    except DomainError as refusal:
        return {**_plan_context(advertiser, text), "refusal": refusal.message}
    made, extended = (f"{n} transform{'' if n == 1 else 's'}" for n in (len(plan.new), len(plan.extended)))
    messages.success(request, f"{made} made, {extended} extended.")
    return None
