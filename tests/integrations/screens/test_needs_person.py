"""Deliveries that need a person: listed by integration, chosen one by one or all at once, sent again or given up."""

import re

import pytest
from django.test import Client

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations.models import Delivery
from processr.services import disable_job
from tests.cast import make_user
from tests.integrations.screens.conftest import invalid
from tests.screens.reading import Reader

pytestmark = pytest.mark.django_db

LIST = "/v2/deliveries/needs-a-person"
RETRY, GIVE_UP = f"{LIST}/retry", f"{LIST}/give-up"


def hidden(page) -> dict[str, str]:
    """Return the hidden fields of the page's form."""
    return {
        name: value for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.html) if name != "csrfmiddlewaretoken"
    }


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


@pytest.fixture
def two(crm, integrate, deliver, make_campaign):
    """Two of one integration, one of another campaign's."""
    sheet = integrate("Sheet", on=make_campaign("Autumn"))
    return [*deliver(crm, 2, state="needs_person"), *deliver(sheet, state="needs_person", answer="Timed out: it may have arrived")]


def test_an_empty_list_says_what_would_come_here(reader):
    words = reader().get(LIST).words
    assert "Nothing needs a person" in words
    assert "when it was tried for a day in vain" in words


def test_each_row_says_why_and_where_and_the_menu_how_many(two, reader):
    page = reader().get(LIST)
    assert [(row["Integration"], row["Campaign"], row["Why"]) for row in page.rows] == [
        ("Sheet", "Autumn", "Timed out: it may have arrived"),
        ("CRM", "Spring", "Answered 404"),
        ("CRM", "Spring", "Answered 404"),
    ]
    assert "Needs a person 3" in page.words
    assert "2 integrations Sheet Autumn 1 CRM Spring 2" in page.words


def test_the_number_in_the_menu_is_on_every_page_of_those_who_can_do_something(two, reader):
    assert "Needs a person 3" in reader().get("/v2/leads").words
    assert "Needs a person" not in reader(roles.PUBLISHER).get("/v2/leads").words


def test_the_list_is_narrowed_by_campaign_integration_and_lead(two, crm, reader):
    admin = reader()
    for asked, n in ((f"?campaign={crm.campaign_id}", 2), (f"?integration={crm.pk}", 2), (f"?lead={two[0].lead_id}", 1)):
        assert len(admin.get(LIST + asked).rows) == n
    choice = 'class="choose"'
    assert choice in admin.get(LIST).html
    assert choice not in admin.get(f"{LIST}?lead=1000000000").html
    for asked in ("?campaign=99999", "?integration=x", "?state=sent"):
        page = admin.get(LIST + asked)
        assert (page.rows, "Nothing is shown" in page.words) == ([], True)


def test_what_another_agency_manages_is_neither_seen_nor_counted_nor_decided(two, bob):
    stranger = make_user(roles.AGENCY)
    campaigns.add_member(stranger, campaigns.create_agency("Elsewhere", advertisers=[], actor=bob), actor=bob)
    client = Client()
    client.force_login(stranger)
    them = Reader(client, stranger)
    assert "Nothing needs a person" in them.get(LIST).words
    answer = them.post(RETRY, id=str(two[0].pk))
    assert "None will be sent again; 1 skipped: not found." in answer.words
    them.post(GIVE_UP, all="1", query="", seen="2099-01-01T00:00:00+00:00", reason="Mine")
    assert states() == ["needs_person"] * 3


def test_ticked_ones_are_sent_again_and_the_answer_says_what_was_skipped_and_why(two, reader):
    admin = reader()
    invalid(two[1].lead)
    answer = admin.client.post(RETRY, {"id": [two[0].pk, two[1].pk], "query": "lead="}, follow=True)
    assert "1 will be sent again; 1 skipped: no longer Valid." in answer.content.decode()
    assert states() == ["queued", "needs_person", "needs_person"]
    assert AuditEntry.objects.filter(page="Integrations").count() == 1
    again = admin.client.post(RETRY, {"id": [two[0].pk, two[1].pk]}, follow=True).content.decode()
    assert "None will be sent again; 2 skipped: 1 already waiting to be sent, 1 no longer Valid." in again


def test_nothing_ticked_is_nothing_done(two, reader):
    for where in (RETRY, GIVE_UP):
        for fields in ({}, {"id": "x"}, {"id": "-1"}, {"id": str(2**70)}, {"id": "1" * 5_000}):
            assert "Nothing was done: choose at least one delivery first." in reader().post(where, reason="Enough", **fields).words
    assert states() == ["needs_person"] * 3


def test_all_that_match_are_sent_again_after_their_number_was_said(two, crm, reader):
    admin = reader()
    page = admin.get(f"{RETRY}?all=1&query=integration%3D{crm.pk}")
    assert "2 deliveries will be sent again ( Integration: CRM ).".replace("( ", "(").replace(" )", ")") in page.words
    assert states() == ["needs_person"] * 3, "looking has done something"
    answer = admin.post(RETRY, **hidden(page))
    assert "2 will be sent again." in answer.words
    assert states() == ["queued", "queued", "needs_person"]
    assert "CRM" not in str(answer.rows)


def test_what_came_after_the_number_was_said_is_not_meant(two, crm, deliver, reader):
    admin = reader()
    page = admin.get(f"{GIVE_UP}?all=1&query=")
    assert "Give up 3 deliveries" in page.words
    deliver(crm, state="needs_person")
    assert "3 given up." in admin.post(GIVE_UP, **hidden(page), reason="They have closed").words
    assert states() == ["failed"] * 3 + ["needs_person"]


def test_giving_up_asks_for_a_reason_says_the_number_and_loses_nothing(two, reader):
    admin = reader()
    page = admin.post(GIVE_UP, id=str(two[0].pk))
    assert "1 delivery will never be sent." in page.words
    assert states() == ["needs_person"] * 3
    page = admin.post(GIVE_UP, **hidden(page), reason="  ")
    assert (page.status, "Say why they are given up" in page.words) == (422, True)
    assert "1 delivery will never be sent." in page.words
    page = admin.post(GIVE_UP, **hidden(page), reason="x" * 201)
    assert "at most 200 characters" in page.words
    assert "x" * 201 in page.html
    assert "1 given up." in admin.post(GIVE_UP, **hidden(page), reason="They have closed").words
    assert states() == ["failed", "needs_person", "needs_person"]


@pytest.mark.parametrize(
    "asked",
    [
        {"all": "1", "query": "colour=red"},
        {"all": "1", "query": "campaign=x"},
        {"all": "1", "query": "", "seen": "yesterday"},
        {"all": "1", "query": "", "seen": "2099-01-01T00:00:00"},
    ],
)
def test_all_of_what_is_not_understood_is_nothing(two, reader, asked):
    for where in (RETRY, GIVE_UP):
        assert "Nothing was done: part of what was asked for was not understood." in reader().post(where, reason="Enough", **asked).words
    assert states() == ["needs_person"] * 3


def test_one_goes_back_to_the_list_as_it_was_filtered(two, crm, reader):
    answer = reader().client.post(RETRY, {"id": two[0].pk, "query": f"integration={crm.pk}&per_page=25"})
    assert answer["Location"] == f"{LIST}?integration={crm.pk}&per_page=25"


def test_where_it_is_disabled_the_list_says_so(two, crm, reader, bob):
    disable_job(crm.pk, actor=bob)
    assert reader().get(LIST).rows[1]["Integration"] == "CRM (disabled)"


def test_looking_writes_nothing(two, reader):
    admin = reader()
    admin.get(LIST)
    asked = [admin.queries(LIST + rest) for rest in ("", "/retry?all=1&query=", "/give-up?all=1&query=")]
    assert [sql for sqls in asked for sql in sqls if re.match(r"\s*(INSERT|UPDATE|DELETE|COPY)", sql)] == []


def test_twenty_rows_of_twenty_integrations_cost_the_queries_of_two(campaign, integrate, deliver, reader):
    admin = reader()

    def add(n: int) -> None:
        for number in range(n):
            deliver(integrate(f"CRM {number}"), state="needs_person")

    add(2)
    admin.get(LIST)
    few = len(admin.queries(LIST))
    add(18)
    assert len(admin.queries(LIST)) == few


@pytest.mark.parametrize("where", [RETRY, GIVE_UP])
def test_acts_are_guarded(two, reader, where):
    client = Client(enforce_csrf_checks=True)
    client.force_login(reader().user)
    assert client.post(where, {"id": two[0].pk}).status_code == 403
    for role in (roles.PUBLISHER, roles.ADVERTISER, roles.AGENCY_CALL_CENTRE):
        assert reader(role).post(where, id=str(two[0].pk), reason="Mine").status == 403
    assert states() == ["needs_person"] * 3


def test_the_agency_of_the_campaign_decides(two, reader):
    assert "1 will be sent again." in reader(roles.AGENCY).post(RETRY, id=str(two[0].pk)).words


def test_pages_follow_each_other_through_the_integrations(crm, integrate, deliver, reader):
    for job in (crm, integrate("Sheet")):
        deliver(job, 20, state="needs_person")
    admin = reader()
    Delivery.objects.exclude(state="needs_person").delete()
    first = admin.get(f"{LIST}?per_page=25")
    following = re.search(r'rel="next"[^>]*href="([^"]+)"', first.html)[1].replace("&amp;", "&")
    second = admin.get(following)
    shown = re.findall(r"View delivery ([0-9]+)", first.html + second.html)
    assert (len(shown), len(set(shown))) == (40, 40)
    assert [row["Integration"] for row in first.rows] == ["Sheet"] * 20 + ["CRM"] * 5
