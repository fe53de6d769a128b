"""A list page of users for the tests: one column may be null, and in one many rows are equal."""

import django_filters
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.urls import path

from config.core.accounts import roles
from config.core.lists import badges
from config.core.lists.filters import ListFilterSet
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, TextColumn, TimeColumn
from config.core.models import User
from config.urls import *  # noqa: F403  (handlers and all)
from config.urls import urlpatterns


class PeopleTable(ListTable):
    sorts = {"id": "id", "name": "name", "role": "role", "changed": "password_changed_at"}
    cards = ("id", "name", "role", "changed")

    id = IdColumn(linkify=lambda record: f"/people/{record.pk}", verbose_name="Id")
    name = TextColumn(verbose_name="Name")
    role = TextColumn(verbose_name="Role")
    changed = TimeColumn(accessor="password_changed_at", verbose_name="Password set")

    def render_role(self, value, record):
        return badges.badge("valid", value, reasons=["Made by hand", "Kept since"], heading="Why this role", key=record.pk)


class PeopleFilters(ListFilterSet):
    quiet = ("search",)

    search = django_filters.CharFilter(field_name="username", lookup_expr="startswith", label="Search")
    name = django_filters.CharFilter(lookup_expr="startswith", label="Name")
    role = django_filters.MultipleChoiceFilter(choices=list(roles.LABELS.items()), label="Role")
    number = django_filters.RangeFilter(field_name="id", label="Number")
    changed = django_filters.DateFromToRangeFilter(field_name="password_changed_at", label="Password set")


class People(ListPage):
    roles = roles.SEES_EVERYTHING
    table_class, filterset_class = PeopleTable, PeopleFilters
    title, noun, icon = "People", ("person", "people"), "people"
    empty_text = "Somebody has to be let in first."

    def rows(self):
        return User.objects.filter(username__startswith="p-")


class SlowPeople(People):
    def rows(self):
        return super().rows().extra(where=["pg_sleep(0.2) IS NOT NULL"])


class NewsOfPeople(People):
    news_url = "/new-people"


def new_people(request):
    since = int(request.GET["since"])
    arrived = User.objects.filter(username__startswith="p-", pk__gt=since).count()
    return render(request, "core/_news.html", {"n": arrived, "noun": "people", "url": "/people/newsy"})


def broken(request):
    raise RuntimeError("a secret inside")


def refused(_request):
    raise PermissionDenied("Not for you")


FAULTY = """{% extends "base.html" %}{% block content %}
<p style="margin: 0">A style that the policy stops.</p>
<input type="text" name="without-a-label">
<p><font color="#222">Words that nobody can read in the dark.</font></p>
<table width="2000" role="presentation"><tr><td>Wide.</td></tr></table>
{% endblock %}"""


def faulty(request):
    return HttpResponse(Template(FAULTY).render(Context({"request": request, "user": request.user})))


urlpatterns = [
    *urlpatterns,
    path("people", People.as_view(), name="people"),
    path("people/slow", SlowPeople.as_view()),
    path("people/newsy", NewsOfPeople.as_view()),
    path("new-people", new_people),
    path("broken", broken),
    path("refused", refused),
    path("faulty", faulty),
]
