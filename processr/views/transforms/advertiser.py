"""An advertiser's value transforms, which its campaigns can import, and the import of files of known values."""

from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.models import Advertiser
from campaigns.selectors import advertisers_for
from config.core.accounts import roles
from config.core.actor import of
from config.core.errors import DomainError
from config.core.lists.filters import ListFilterSet
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, TextColumn
from processr.models import ValueTransform
from processr.permissions import open_to_configurers, refuse_unless_may_use
from processr.transforms import files, imports
from processr.transforms.definitions import definition_of
from processr.views.transforms.owner import ADVERTISER, TransformOwner, to_configure

IMPORT = "import"


class TransformTable(ListTable):
    key = "advertiser-value-transforms"
    default_sort = "id"
    cards = ("label", "source_field", "new_field", "group_name")
    caption = "Value transforms"

    id = IdColumn(verbose_name="Id")
    label = TextColumn(linkify=lambda record: _address("advertiser_value_transform", record))
    source_field = TextColumn(verbose_name="Original field")
    new_field = TextColumn(verbose_name="New field")
    type = tables.Column(verbose_name="Type")
    does = tables.Column(verbose_name="What it does", empty_values=())
    group_name = TextColumn(verbose_name="Group", default="None")
    remove = tables.Column(verbose_name="", empty_values=())

    def render_does(self, record: ValueTransform) -> str:
        return definition_of(record).summary

    def render_remove(self, record: ValueTransform) -> SafeString:
        address = _address("advertiser_value_transform_remove", record)
        return markup('<a class="btn btn-small" href="{}" aria-label="Remove {}">Remove</a>', address, record.label)


class TransformFilters(ListFilterSet):
    label = django_filters.CharFilter(label="Label or field", method="by_label_or_field", max_length=120)
    group = django_filters.CharFilter(label="Group", field_name="group_name", lookup_expr="iexact", max_length=120)
    type = django_filters.ChoiceFilter(label="Type", choices=ValueTransform.Type.choices, empty_label="Any")

    def by_label_or_field(self, transforms: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002  (django-filter's signature)
        asked = value.strip()
        return transforms.filter(Q(label__icontains=asked) | Q(source_field=asked) | Q(new_field=asked))


class AdvertiserTransforms(ListPage):
    roles = roles.MANAGES_CAMPAIGNS
    table_class, filterset_class = TransformTable, TransformFilters
    title, noun, icon = "Value transforms", ("transform", "transforms"), "arrow-left-right"
    template_name, empty_template = "processr/transforms/advertiser.html", "processr/transforms/_none_of_advertiser.html"

    @cached_property
    def place(self) -> TransformOwner:
        seen = advertisers_for(self.request.user).filter(pk=self.kwargs["pk"]).values("pk")
        return TransformOwner(ADVERTISER, get_object_or_404(Advertiser, pk__in=seen))

    def get(self, request: HttpRequest, **named: Any) -> HttpResponse:
        refuse_unless_may_use(request)
        return super().get(request, **named)

    def rows(self) -> QuerySet[ValueTransform]:
        return ValueTransform.objects.filter(advertiser=self.place.owner)


listed = AdvertiserTransforms.as_view()


def _address(name: str, record: ValueTransform) -> str:
    return reverse(name, kwargs={"pk": record.advertiser_id, "transform_id": record.pk})


@require_http_methods(["GET", "POST"])
@open_to_configurers
def import_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview a file of value transforms; then import the text that the preview page kept."""
    place = to_configure(request, ADVERTISER, pk)
    context: dict[str, Any] = {"place": place, "columns": files.COLUMNS}
    if request.method == "POST":
        try:
            said = _imported(request, place.owner) if request.POST.get("act") == IMPORT else _shown(place.owner, _text(request))
        except DomainError as refusal:
            said = {"refusal": refusal.message}
        if said is None:
            return redirect(place.list_url)
        context |= said
    return render(request, "processr/transforms/import_file.html", context)


@require_GET
@open_to_configurers
def example(request: HttpRequest, pk: int) -> HttpResponse:
    """Return an example file."""
    to_configure(request, ADVERTISER, pk)
    head = {"Content-Disposition": 'attachment; filename="value-transforms.csv"'}
    return HttpResponse(f"\ufeff{files.EXAMPLE}", content_type="text/csv; charset=utf-8", headers=head)


def _text(request: HttpRequest) -> str:
    sent = request.FILES.get("file")
    if sent is None:
        raise DomainError("Choose a file.", field="file")
    return files.text_of(sent.read(files.LARGEST + 1))


def _shown(advertiser: Any, text: str) -> dict[str, Any]:
    found = files.read(text)
    if found.problems:
        return {"problems": found.problems, "more": len(found.problems) >= files.PROBLEMS_TOLD, "rows": found.rows}
    return {"plan": imports.plan(advertiser, found), "text": text}


def _imported(request: HttpRequest, advertiser: Any) -> dict[str, Any] | None:
    """Import the file and return None, or return the context of the page to show instead."""
    text = request.POST.get("text", "")
    found = files.read(text)
    try:
        done = imports.carry_out(advertiser, found, seen=request.POST.get("seen", ""), actor=of(request))
    except DomainError as refusal:
        return {**_shown(advertiser, text), "refusal": refusal.message}
    messages.success(request, f"{_counted(len(done.new), 'transform')} made, {_counted(len(done.learning), 'transform')} extended.")
    return None


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
