"""The history of bulk actions: by whom, when, what, on how many leads; of people and of programs alike."""

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from config.core.accounts import roles
from config.core.lists import badges, days
from config.core.lists.filters import ListFilterSet
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from config.core.models import Run, User
from leads import privacy
from leads.bulk.actions import bulk_types
from leads.models import BulkAction
from leads.selectors import bulk_actions_for

STATES = [(state.value, state.label) for state in Run.State if state != Run.State.DRAFT]


class HistoryFilters(ListFilterSet):
    type = django_filters.ChoiceFilter(label="What", empty_label="Any", choices=lambda: [(kind.key, kind.label) for kind in bulk_types])
    state = django_filters.ChoiceFilter(label="State", empty_label="Any", choices=STATES)
    who = django_filters.CharFilter(label="Who", field_name="started_by__name", lookup_expr="icontains", max_length=150)
    created = django_filters.RangeFilter(method="by_day", label="When", **days.range_options())

    class Meta:
        model = BulkAction
        fields: tuple[str, ...] = ()

    @property
    def form(self) -> forms.Form:
        form: forms.Form = super().form
        form.fields["created"].help_text = days.help_text()
        return form

    def by_day(self, actions: QuerySet, _name: str, value: slice) -> QuerySet:
        """Filter by days in the enterprise's time zone."""
        if value.start is not None:
            actions = actions.filter(saved_at__gte=days.begin_of(value.start))
        if value.stop is not None:
            actions = actions.filter(saved_at__lt=days.end_of(value.stop))
        return actions


class HistoryTable(ListTable):
    sorts = {"id": "id", "saved_at": "saved_at"}
    default_sort = "-saved_at"
    filters = {"saved_at": "created", "started_by": "who"}
    cards = ("type", "saved_at", "started_by", "done", "state")
    caption = "Bulk actions"

    id = IdColumn(verbose_name="Id", linkify=lambda record: reverse("bulk_action", args=[record.pk]))
    type = tables.Column(verbose_name="What", empty_values=())
    saved_at = TimeColumn(verbose_name="Saved")
    started_by = TextColumn(accessor="started_by__name", verbose_name="Who")
    total = NumberColumn(verbose_name="Leads")
    done = NumberColumn(verbose_name="Changed")
    failed = NumberColumn(verbose_name="Skipped")
    state = tables.Column()
    reason = tables.Column(verbose_name="Reason", accessor="settings", empty_values=())
    signature = TextColumn()

    class Meta(ListTable.Meta):
        sequence = ("id", "saved_at", "started_by", "type", "reason", "total", "done", "failed", "state", "signature")

    def render_type(self, record: BulkAction) -> SafeString:
        kind = bulk_types.get(record.type)
        label = markup('<a href="{}">{}</a>', reverse("bulk_action", args=[record.pk]), kind.label if kind else record.type)
        if record.undoes_id is None:
            return label
        return markup('{} of <a href="{}">{}</a>', label, reverse("bulk_action", args=[record.undoes_id]), record.undoes_id)

    def render_state(self, record: BulkAction) -> SafeString:
        return badges.badge(record.state, record.get_state_display())

    def render_reason(self, record: BulkAction) -> SafeString | str:
        reason = _reason_of(record, self.request.user)
        return TextColumn().render(reason) if reason else "—"


class HistoryList(ListPage):
    roles = roles.FLAGS_LEADS
    table_class, filterset_class = HistoryTable, HistoryFilters
    title, noun, icon = "History of bulk actions", ("action", "actions"), "clock-history"
    template_name = "leads/history.html"
    empty_text = "Whatever is done to leads by Flag/Manage, from their lists or by programs is listed here."

    def rows(self) -> QuerySet[BulkAction]:
        return bulk_actions_for(self.request.user).defer("answers")

    def extra_context(self) -> dict[str, Any]:
        return {"sees_all": self.request.user.role in roles.SEES_EVERYTHING}


def _reason_of(action: BulkAction, who: User) -> str:
    """Return the reason of the action. One that a person has typed may hold personal data, as a comment may."""
    return privacy.reason_of_action(who, str(action.settings.get("reason", "")))


def settings_in_words(action: BulkAction, who: User) -> list[tuple[str, str]]:
    """Return what was chosen for the action, for its page. A comment may hold personal data."""
    comment = str(action.settings.get("comment", ""))
    pairs = [
        ("Reason", _reason_of(action, who)),
        ("Reason Category", str(action.settings.get("category", ""))),
        ("Comment", comment if privacy.sees_personal_data(who) or not comment else privacy.COMMENT_HIDDEN),
        ("Signed by", action.signature),
    ]
    return [(label, text) for label, text in pairs if text]
