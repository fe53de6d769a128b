"""The notifications of the user: the newest behind the bell, the list of all, and marking them as read."""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.extension_points import notification_kinds
from config.core.lists.filters import ListFilterSet
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import ListTable, TimeColumn
from config.core.models import Notification
from config.core.notifications.service import mark_read, unread_count

NEWEST = 8
"""The number of notifications behind the bell."""


class NotificationFilters(ListFilterSet):
    state = django_filters.ChoiceFilter(
        label="State", choices=[("unread", "Unread"), ("read", "Read")], method="by_state", empty_label="Any"
    )

    def by_state(self, notifications: QuerySet[Notification], _name: str, value: str) -> QuerySet[Notification]:
        return notifications.filter(read_at__isnull=value == "unread")


class NotificationTable(ListTable):
    """The buttons of the rows belong to the form `read` of the page."""

    key = "notifications"
    caption = "Notifications"
    sorts = {"at": "at"}
    default_sort = "-at"
    cards = ("text", "at", "kind", "state")

    text = tables.Column(verbose_name="Notification", attrs={"td": {"class": "wraps"}})
    kind = tables.Column(verbose_name="About")
    at = TimeColumn(verbose_name="When")
    state = tables.Column(empty_values=())

    def render_text(self, record: Notification) -> SafeString:
        classes = "notification-text" if record.read_at else "notification-text unread"
        if not record.url:
            return markup('<span class="{}" dir="auto">{}</span>', classes, record.text)
        return markup(
            '<button class="{}" form="read" formaction="{}" dir="auto">{}</button>',
            classes, resolve_url("notification_open", pk=record.pk), record.text,
        )  # fmt: skip

    def render_kind(self, record: Notification) -> str:
        return kind_label(record)

    def render_state(self, record: Notification) -> SafeString | str:
        if record.read_at:
            return "Read"
        action = resolve_url("notification_read", pk=record.pk)
        return markup(
            '<button class="btn btn-small" form="read" formaction="{}" aria-label="Mark read: {}">Mark read</button>',
            action, record.text,
        )  # fmt: skip


class NotificationsList(ListPage):
    roles = roles.ALL
    table_class, filterset_class = NotificationTable, NotificationFilters
    title, noun = "Notifications", ("notification", "notifications")
    icon = "bell"
    empty_text = "When a bulk action or an import that you started ends, it appears here."
    template_name = "core/notifications/list.html"

    def rows(self) -> QuerySet[Notification]:
        return self.request.user.notifications.all()


@require_GET
def notifications_newest(request: UserRequest) -> HttpResponse:
    return _newest(request)


@require_GET
def notifications_unread(request: UserRequest) -> HttpResponse:
    """Answer the bell's poll: the number of unread notifications, or nothing while it is the one `shown`."""
    count = unread_count(request.user)
    if count == request.GET.get("shown", ""):
        return HttpResponse(status=204)
    return render(request, "core/notifications/_unread_news.html", {"unread": count})


@require_POST
def notification_open(request: UserRequest, pk: int) -> HttpResponse:
    """Mark the notification as read, and go on to what it is about."""
    notification = get_object_or_404(request.user.notifications, pk=pk)
    mark_read(request.user.notifications.filter(pk=pk))
    return HttpResponseRedirect(notification.url or resolve_url("notifications"))


@require_POST
def notification_read(request: UserRequest, pk: int) -> HttpResponse:
    get_object_or_404(request.user.notifications, pk=pk)
    mark_read(request.user.notifications.filter(pk=pk))
    return _newest(request, marked=pk) if request.htmx else _back(request)


@require_POST
def notifications_read(request: UserRequest) -> HttpResponse:
    """Mark all as read."""
    n = mark_read(request.user.notifications.all())
    if request.htmx:
        return _newest(request)
    messages.success(request, f"{n} notification{'' if n == 1 else 's'} marked as read." if n else "All notifications had been read.")
    return _back(request)


def kind_label(notification: Notification) -> str:
    kind = notification_kinds.get(notification.kind)
    return kind.label if kind else notification.kind


def _newest(request: UserRequest, *, marked: int | None = None) -> HttpResponse:
    """Render the newest notifications, which open under the bell, with the focus on the one that was just marked."""
    newest = request.user.notifications.order_by("-at", "-pk")[:NEWEST]
    rows = [(notification, kind_label(notification)) for notification in newest]
    context = {"rows": rows, "unread": unread_count(request.user), "marked": marked}
    response = render(request, "core/notifications/_newest.html", context)
    response["X-Sluice-Fragment"] = "1"
    return response


def _back(request: UserRequest) -> HttpResponse:
    """Redirect to the page of the list that the button was on."""
    page = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return HttpResponseRedirect(page) if safe else redirect("notifications")
