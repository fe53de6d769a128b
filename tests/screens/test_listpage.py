"""The list page: pages by key, filters that refuse what they do not know, honest counts."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.accounts import roles
from config.core.lists import listing, pagination
from config.core.models import User
from tests.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.screens.people")]
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def client(client):
    client.force_login(make_user(roles.ADMIN, username="admin"))
    return client


def make_people(n: int) -> None:
    """Names and roles that repeat, and every third without a date."""
    names = ("Ann", "Bob", "", "Zoë", "محمد")
    User.objects.bulk_create(
        User(
            username=f"p-{i:03d}", name=names[i % 5], role=sorted(roles.ALL)[i % 4],
            password_changed_at=None if i % 3 == 0 else EPOCH + timedelta(hours=i % 7),
        )
        for i in range(n)
    )  # fmt: skip


def shown(answer) -> list[int]:
    return [int(pk) for pk in re.findall(r'href="/people/(\d+)"', answer.content.decode())]


def text(answer) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def link(answer, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}"[^>]*?href="([^"]+)"', answer.content.decode())
    return unescape(found[1]) if found else None


def in_order(sort: str) -> list[int]:
    """The order is always (value is null, value, id), or all of it backwards."""
    column = {"changed": "password_changed_at"}.get(sort.lstrip("-"), sort.lstrip("-"))
    query = f"SELECT id FROM core_user WHERE username LIKE 'p-%%' ORDER BY ({column} IS NULL), {column}, id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        ids = [pk for (pk,) in cursor.fetchall()]
    return ids[::-1] if sort.startswith("-") else ids


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "role", "-role", "changed", "-changed"])
def test_every_row_is_met_once_in_order_walking_there_and_back(client, sort):
    make_people(130)
    answers = [client.get(f"/people?sort={sort}&per_page=25")]
    while onward := link(answers[-1], "next"):
        answers.append(client.get(onward))
    assert [pk for answer in answers for pk in shown(answer)] == in_order(sort)
    back = [answers[-1]]
    while onward := link(back[-1], "prev"):
        back.append(client.get(onward))
    assert [shown(answer) for answer in back[::-1]] == [shown(answer) for answer in answers]


def test_rows_that_arrive_or_go_meanwhile_move_no_row_to_another_page(client):
    make_people(60)
    first = client.get("/people?per_page=25")
    expected = in_order("-id")[25:50]
    User.objects.filter(pk__in=shown(first)[:3]).delete()
    User.objects.create(username="p-new")
    assert shown(client.get(link(first, "next"))) == expected


def test_a_page_costs_the_same_queries_for_two_rows_and_for_two_hundred(client):
    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    make_people(2)
    client.get("/people")  # fills the caches of the process
    few = queries("/people?sort=changed")
    User.objects.filter(username__startswith="p-").delete()
    make_people(200)
    assert queries("/people?sort=changed") == few
    assert queries(f"/people?sort=id&after={in_order('id')[60]}") == few + 1, "the position costs more than one query"


def test_a_deep_page_is_found_by_its_key_not_counted_to(client):
    make_people(60)
    with CaptureQueriesContext(connection) as caught:
        client.get(f"/people?sort=role&after={in_order('role')[30]}:{roles.ADMIN}")
    sql = " ".join(query["sql"] for query in caught)
    assert "OFFSET" not in sql
    assert "ROW(" in sql, "(column, id) is not compared as one row, so no index leads there"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("?per_page=25", "1–25 of 130"),
        ("?per_page=100&role=admin", "1–33 of 33"),
        ("?name=Nobody", "No people match"),
    ],
)
def test_the_foot_says_the_range_and_the_count(client, address, said):
    make_people(130)
    assert said in text(client.get(f"/people{address}"))


def test_the_position_is_exact_on_every_page_near_the_beginning(client):
    make_people(130)
    second = client.get(link(client.get("/people?per_page=50"), "next"))
    third = client.get(link(second, "next"))
    assert "51–100 of 130" in text(second)
    assert "101–130 of 130" in text(third)


def test_what_is_not_known_is_not_said(client, monkeypatch):
    """Far into a list the position is not counted, and a count ends at its cap."""
    monkeypatch.setattr(pagination, "POSITION_CAP", 40)
    monkeypatch.setattr(pagination.count_capped, "__defaults__", (100,))
    make_people(130)
    first = client.get("/people?per_page=50")
    assert "1–50 of 100+" in text(first)
    assert "50 of 100+" in text(client.get(link(first, "next")))
    assert "51–" not in text(client.get(link(first, "next")))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("?colour=red", "“colour” is not a filter of this list."),
        ("?role=king", "Role: Select a valid choice. king is not one of the available choices."),
        ("?number_min=many", "Number: Enter a number."),
        ("?changed_after=yesterday", "Password set: Enter a valid date."),
        ("?name=Ann&name=Bob", "Name: given more than once."),
        ("?sort=password", "“password” is not an order this list can be in."),
        ("?sort=-", "“-” is not an order this list can be in."),
        ("?per_page=1000", "Rows a page: “1000” is not one of 25, 50, 100."),
        ("?after=first", "names no place in this list"),
        ("?after=99999999999999999999999", "names no place in this list"),
        ("?sort=name&after=12", "names no place in this list"),
        ("?sort=name&after=12~", "names no place in this list"),
        ("?sort=name&after=12:%00", "names no place in this list"),
        ("?sort=changed&after=12:2026-11-01", "names no place in this list"),
        ("?sort=changed&before=x:2026-11-01T00:00:00%2B00:00", "names no place in this list"),
        ("?after=3&before=9", "not both"),
    ],
)
def test_what_is_not_understood_selects_nothing_and_is_named(client, asked, said):
    make_people(3)
    answer = client.get(f"/people{asked}")
    assert answer.status_code == 200
    assert said in text(answer)
    assert shown(answer) == []
    assert "Show everything" in text(answer)


def test_active_filters_are_chips_that_can_be_taken_away_one_by_one(client):
    make_people(30)
    answer = client.get("/people?name=Ann&role=admin&role=advertiser&number_min=1&search=p-&sort=name")
    assert "Role: Admin, Advertiser" in text(answer)
    assert "Number: from 1" in text(answer)
    assert "Search: p-" in text(answer)
    removals = [unescape(url) for url in re.findall(r'href="([^"]+)"[^>]*aria-label="Remove filter', answer.content.decode())]
    assert "/people?role=admin&role=advertiser&number_min=1&search=p-&sort=name" in removals
    assert "/people?name=Ann&number_min=1&search=p-&sort=name" in removals
    assert 'href="/people?sort=name"' in answer.content.decode(), "Clear forgets the order"


def test_a_sorted_column_says_so_and_turns_round(client):
    make_people(3)
    page = client.get("/people?sort=name").content.decode()
    assert page.count("aria-sort") == 1
    assert 'aria-sort="ascending"' in page
    assert 'href="/people?sort=-name"' in page


def test_a_change_of_order_filter_or_page_size_begins_at_the_first_page(client):
    make_people(80)
    second = client.get(link(client.get("/people?per_page=25"), "next")).content.decode()
    addresses = re.findall(r'id="sort-\w+" href="([^"]+)"', second)
    assert addresses
    assert not any("after=" in address for address in addresses)
    assert 'name="after"' not in second


def test_htmx_gets_the_fragment_and_everybody_else_the_page(client):
    make_people(3)
    page, fragment = client.get("/people"), client.get("/people", headers={"HX-Request": "true"})
    restored = client.get("/people", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<!doctype html>" in page.content.decode()
    assert fragment.content.decode().lstrip().startswith('<section class="list"')
    assert "<!doctype html>" in restored.content.decode()
    assert all("HX-Request" in answer["Vary"] for answer in (page, fragment))


def test_who_may_not_open_the_list_reads_403(client):
    client.force_login(make_user(roles.PUBLISHER))
    answer = client.get("/people")
    assert (answer.status_code, "not open to you" in text(answer)) == (403, True)


def test_a_question_that_takes_too_long_is_stopped_with_an_answer(client, monkeypatch):
    monkeypatch.setattr(listing, "TIME_LIMIT", "150ms")
    make_people(3)
    answer = client.get("/people/slow", headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert "takes too long to answer" in text(answer)
    assert answer["X-Sluice-Fragment"] == "1"
    assert re.search(r"Reference \w{8}", text(answer))


def test_the_time_limit_ends_with_the_list(client):
    make_people(1)
    client.get("/people")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')")
        assert cursor.fetchone() == ("0", "off")


def test_an_empty_list_says_what_belongs_there(client):
    answer = client.get("/people")
    assert "No people yet" in text(answer)
    assert "Somebody has to be let in first." in text(answer)


def test_a_page_whose_rows_have_gone_leads_back_to_the_first(client):
    make_people(3)
    answer = client.get(f"/people?sort=id&after={in_order('id')[-1]}")
    assert "Nothing more here" in text(answer)
    assert 'href="/people?sort=id"' in answer.content.decode()


def test_the_first_page_asks_for_news_since_its_newest_row_under_its_own_filters(client):
    make_people(60)
    newest = in_order("-id")[0]
    page = client.get("/people/newsy?name=Ann&sort=name&per_page=25")
    assert f'hx-get="/new-people?name=Ann&amp;since={newest}"' in page.content.decode()
    assert "/new-people" not in client.get(f"/people/newsy?sort=id&after={newest - 5}").content.decode()
