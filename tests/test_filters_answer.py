"""Every list that a page shows answers any date, number and id, in every filter it declares."""

import functools
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse

from campaigns.selectors import form_fields_for
from config.core import enterprise
from config.core.accounts import roles
from config.core.lists import days
from config.core.lists.filters import ADD, FILTERS_AT_MOST
from config.core.lists.listing import OWN_PARAMETERS, Listing, ListSource
from config.core.lists.pagination import Order
from config.core.models import Enterprise
from leads import filters as leads_filters
from tests import test_urls
from tests.cast import make_user

pytestmark = pytest.mark.django_db
db, as_the_module_made_them = test_urls.db, test_urls.as_the_module_made_them
bob, currency, acme, pat, form = test_urls.bob, test_urls.currency, test_urls.acme, test_urls.pat, test_urls.form
make_campaign, campaign, make_leads, places = test_urls.make_campaign, test_urls.campaign, test_urls.make_leads, test_urls.places

ENDS_OF_THE_CALENDAR = ["0001-01-01", "9999-12-31"]
DATES = [
    *ENDS_OF_THE_CALENDAR, "0001-01-02", "9999-12-30", "0000-01-01", "10000-01-01", "-0001-01-01", "1582-10-10", "2023-02-29", "2024-02-29", "2026-13-01",
    "2026-1-1", "20260131", "2026-W01-1", "31/01/2026", "01/31/26", "2026-01-31T12:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "٢٠٢٦-٠١-٣١", "２０２６-０１-３１", "now", "today", "2026-01-31\x00", "infinity", "-infinity", "epoch",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "-1", "+1", "1", "01", "1.0", "1.5", "1e3", "1e400", "-1e400", "1_000", "1,000", "0x1f", "٥", "５", "½", "²", "NaN", "inf",
    str(2**31 - 1), str(2**31), str(-(2**31) - 1), str(2**63 - 1), str(2**63), str(-(2**63) - 1), "9" * 30, "9" * 400, "9" * 5000, "-" + "9" * 5000,
    "1\x00", "\x00", " 1 ", "1 ", "[]", "null", "True", "x" * 400, "\ud800", "\U0001f642",
]  # fmt: skip
PLACES = [
    *(f"1:{value}" for value in ("", *DATES[:6], "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", *NUMBERS[-20:])),
    "1~", "1", "0:", "٥:1", f"{'9' * 30}:1", f"{'9' * 5000}~", f"-1:{2**63}", "\x00", ":", "~", "a:b:c",
]  # fmt: skip


A_FEW = [*ENDS_OF_THE_CALENDAR, str(2**63), "9" * 5000, "-1", "٥", "1e400", "\x00", "\ud800"]
A_FEW_PLACES = ["1:0001-01-01T00:00:00+14:00", "1:9999-12-31T23:59:59-14:00", f"1:{2**63}", f"{'9' * 5000}~", "1:\x00", "1~"]


@pytest.fixture(autouse=True)
def _forms_stay_as_they_are(monkeypatch: pytest.MonkeyPatch):
    """Look once for the fields that can be filtered by: they depend on the user and the forms alone, and there are thousands of queries here."""
    monkeypatch.setattr(leads_filters, "form_fields_for", functools.cache(form_fields_for))


@pytest.fixture(scope="module")
def sources(places) -> dict[str, ListSource]:
    """Address → the list that its page shows to an admin. Only pages that open for one show lists."""
    found: dict[str, ListSource] = {}
    real, client = Listing.__init__, Client()
    client.force_login(make_user(roles.ADMIN))
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    for name in (name for name, codes in test_urls.EXPECTED.items() if codes[roles.ADMIN] == 200 and codes[test_urls.NOBODY] == 302):

        def noted(listing: Listing, source: ListSource, name: str = name) -> None:
            found[name] = source
            real(listing, source)

        with pytest.MonkeyPatch.context() as patch, override_settings(STORAGES=plain):
            patch.setattr(Listing, "__init__", noted)
            client.get(reverse(name, kwargs=places.get(name)))
    return found


def problems(source: ListSource, **parameters: str) -> list[str]:
    """Return the problems of the list with these parameters, and check that it has a page, a count and links otherwise."""
    source.request.GET = QueryDict(urlencode(parameters, errors="surrogatepass"))
    listing = Listing(source)
    assert not listing.too_slow
    assert listing.problems or listing.count >= len(listing.page.rows)
    assert [
        listing.range,
        listing.news_address,
        *(heading.sort_url for heading in listing.headings),
        *(chip.value for chip in listing.chips),
    ]
    return listing.problems


def test_every_list_was_found(sources):
    """Or the tests below would try nothing."""
    assert {"leads", "campaign_leads", "deliveries", "needs_person", "campaigns", "notifications", "credentials"} <= set(sources)
    assert {"validation_list", "suppression_list", "advertiser_value_transforms"} <= set(sources)


class Declared(NamedTuple):
    """A filter of a list."""

    parameters: tuple[str, ...]
    types: tuple[type, type]
    is_of_days: bool


def declared(source: ListSource) -> list[Declared]:
    day_range = type(days.range_options()["widget"])
    offered = source.filterset_class(QueryDict(), source.rows(), request=source.request).offers()
    found: dict[str, Declared] = {}
    for few in batched(offered, FILTERS_AT_MOST):
        added = QueryDict(urlencode([(ADD, offer.name) for offer in few]))
        filters = source.filterset_class(added, source.rows(), request=source.request)
        for field, names in filters._parameters():
            types = type(filters.filters.get(field.name)), type(field.field)
            found[field.name] = Declared(names, types, isinstance(field.field.widget, day_range))
    return list(found.values())


def batched(offers, size: int) -> list:
    return [offers[start : start + size] for start in range(0, len(offers), size)]


def test_every_filter_answers_every_date_and_number(sources):
    """All of them where the filter is the first of its kind, and a few elsewhere. Two pages may have the same filters of the same rows."""
    tried: set[tuple[object, ...]] = set()
    for source in sources.values():
        for found in declared(source):
            everything = (*DATES, *NUMBERS[::4]) if found.is_of_days else (*DATES[:3], *NUMBERS)
            for name in found.parameters:
                if (filter_of_rows := (source.rows().model, found.types, name)) in tried:
                    continue
                for value in A_FEW if found.types in tried else everything:
                    problems(source, **{name: value})
                tried.add(filter_of_rows)
            tried.add(found.types)


def test_the_ends_of_the_calendar_are_days_in_every_zone(sources):
    """They exclude nothing that has a day, wherever the enterprise is."""
    by_day = [(source, found.parameters) for source in sources.values() for found in declared(source) if found.is_of_days]
    complete = 0
    for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Niue"):
        Enterprise.objects.update(zone=zone)
        enterprise.forget()
        for source, (*_, first, last) in by_day:
            assert problems(source) == problems(source, **dict(zip((first, last), ENDS_OF_THE_CALENDAR, strict=True))) == []
            all_ids, with_day = ids_on(source), ids_on(source, **{first: "0001-01-01"})
            assert with_day == ids_on(source, **{last: "9999-12-31"}) == [pk for pk in all_ids if pk in with_day]
            complete += with_day == all_ids
            assert ids_on(source, **{first: "9999-12-31"}) == ids_on(source, **{last: "0001-01-01"}) == []
    enterprise.forget()
    assert complete >= 9  # the days of leads, campaigns and notifications are never missing


def ids_on(source: ListSource, **parameters: str) -> list[int]:
    source.request.GET = QueryDict(urlencode(parameters))
    listing = Listing(source)
    assert listing.problems == []
    return [row.pk for row in listing.page.rows]


def test_every_order_answers_every_place(sources):
    """All of them where the order is by the first column of its kind, and a few elsewhere."""
    tried: set[tuple[object, ...]] = set()
    for source in sources.values():
        for sort, path in source.sorts().items():
            order = Order.by(source.rows().model, path)
            kind, order_of_class = (type(order.field), order.nullable), (source.rows().model, path)
            for place in () if order_of_class in tried else A_FEW_PLACES if kind in tried else PLACES:
                problems(source, sort=sort, after=place)
            tried |= {kind, order_of_class}
        for parameter in OWN_PARAMETERS:
            for value in A_FEW:
                problems(source, **{parameter: value})


@pytest.mark.parametrize(
    "name", ["leads_new", "campaign_leads_new", "lead_tab", "processr_job_copy", "notifications_unread", "needs_person_retry"]
)
def test_what_is_polled_or_loaded_beside_a_page_answers_too(name, places):
    client = Client(raise_request_exception=True)
    client.force_login(make_user(roles.ADMIN))
    address = reverse(name, kwargs=places.get(name))
    for value in (*ENDS_OF_THE_CALENDAR, "0001-01-01T00:00:00+14:00", str(2**63), "9" * 5000, "-1", "٥", "\x00", "\ud800"):
        query = {"since": value, "awaited": value, "id": value, "all": "1", "seen": value, "q": value, "before": f"notes:{value}"}
        answer = client.get(f"{address}?{urlencode(query, errors='surrogatepass')}")
        assert answer.status_code < 500, value


@pytest.mark.parametrize("odd", [0, 2**63, 10**3000])
def test_every_address_answers_every_id(odd, places):
    """GET and POST: of what does not exist nothing is found."""
    client = Client(raise_request_exception=True)
    client.force_login(make_user(roles.ADMIN))
    for name, place in places.items():
        for part in [part for part, value in place.items() if isinstance(value, int)]:
            try:
                address = reverse(name, kwargs={**place, part: odd})
            except NoReverseMatch:  # nobody can ask for it
                continue
            answers = [client.get(address).status_code, client.post(address).status_code]
            assert all(status < 500 for status in answers), (name, part, answers)
            assert 200 not in answers, (name, part, answers)
