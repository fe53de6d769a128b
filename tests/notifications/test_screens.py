"""The bell on every page, its menu, the list, and the choice of e-mails in the profile."""

import pytest
from django.test import Client

from config.core.accounts import roles
from config.core.models import AuditEntry
from config.core.notifications import notify
from tests.cast import make_user
from tests.screens.reading import Reader

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def screen(ann) -> Reader:
    client = Client()
    client.force_login(ann)
    return Reader(client, ann)


def tell(user, *texts: str, url: str = "/profile") -> None:
    for text in texts:
        notify([user], "bulk_action", text, key=text, url=url)


@pytest.mark.parametrize("role", roles.LABELS)
def test_the_bell_of_every_role_says_how_many_are_unread(role):
    client, user = Client(), make_user(role)
    client.force_login(user)
    assert 'id="unread"' in client.get("/profile").content.decode()
    tell(user, "First", "Second")
    assert "Notifications 2 unread" in Reader(client, user).get("/profile").words


def test_a_hundred_notifications_cost_a_page_the_queries_of_none(screen, ann):
    screen.get("/profile")
    none = len(screen.queries("/profile"))
    tell(ann, *(f"Number {n}" for n in range(100)))
    assert len(screen.queries("/profile")) == none


def test_a_poll_answers_only_when_the_number_has_changed(screen, ann):
    tell(ann, "First")
    assert screen.client.get("/notifications/unread", {"shown": "1"}, **HTMX).status_code == 204
    answer = screen.client.get("/notifications/unread", {"shown": ""}, **HTMX)
    assert "shown=1" in answer.content.decode()
    assert "1 unread notification</div>" in answer.content.decode()


def test_whoever_must_change_their_password_first_has_no_bell_that_asks(screen, ann):
    """No other page is open to them: the poll's answer would load the page anew under their hands."""
    type(ann).objects.filter(pk=ann.pk).update(password_expired=True)
    assert "notifications" not in screen.get("/password").html


def test_the_newest_open_at_the_bell_the_newest_first_and_escaped(screen, ann):
    tell(ann, "First", '<b>Second & "last"</b>')
    page = screen.get("/notifications/newest")
    assert page.words.index('<b>Second & "last"</b>') < page.words.index("First")
    assert "<b>" not in page.html
    assert screen.get("/notifications/newest").html.count('hx-swap-oob="true"') == 1


def test_opening_one_marks_it_and_goes_to_what_it_is_about(screen, ann):
    tell(ann, "First", "Second")
    answer = screen.client.post(f"/notifications/{ann.notifications.get(text='First').pk}/open")
    assert (answer.status_code, answer["Location"]) == (302, "/profile")
    assert list(ann.notifications.filter(read_at=None).values_list("text", flat=True)) == ["Second"]


def test_marking_one_in_the_list_comes_back_to_the_same_page_and_nowhere_else(screen, ann):
    tell(ann, "First")
    address = f"/notifications/{ann.notifications.get().pk}/read"
    assert screen.client.post(address, {"next": "/notifications?state=unread"})["Location"] == "/notifications?state=unread"
    assert screen.client.post(address, {"next": "https://evil.example/"})["Location"] == "/notifications"
    assert screen.client.post(address, {"next": "//evil.example/"})["Location"] == "/notifications"
    assert ann.notifications.get().read_at


def test_marking_one_at_the_bell_keeps_the_others_and_the_focus(screen, ann):
    tell(ann, "First", "Second")
    answer = screen.client.post(f"/notifications/{ann.notifications.get(text='First').pk}/read", **HTMX)
    html = answer.content.decode()
    assert html.count("Mark as read: ") == 1
    assert html.index("autofocus") < html.index("First")
    assert "shown=1" in html


def test_all_are_marked_at_once(screen, ann):
    tell(ann, "First", "Second")
    assert "2 notifications marked as read." in screen.post("/notifications/read").words
    assert ann.notifications.filter(read_at=None).count() == 0


def test_those_of_others_do_not_exist(screen, ann):
    other = make_user(roles.ADMIN)
    tell(other, "Not for Ann")
    pk = other.notifications.get().pk
    assert {screen.client.post(f"/notifications/{pk}/{act}").status_code for act in ("open", "read")} == {404}
    screen.client.post("/notifications/read")
    assert other.notifications.filter(read_at=None).count() == 1
    assert "Not for Ann" not in screen.get("/notifications").words + screen.get("/notifications/newest").words


def test_the_list_tells_all_and_filters_by_state(screen, ann):
    tell(ann, "First", "Second")
    assert "No notifications match" in screen.get("/notifications?state=read").words
    screen.client.post(f"/notifications/{ann.notifications.get(text='First').pk}/read")
    rows = screen.get("/notifications").rows
    assert [(row["Notification"], row["About"], row["State"]) for row in rows] == [
        ("Second", "Bulk actions", "Mark read"),
        ("First", "Bulk actions", "Read"),
    ]
    assert [row["Notification"] for row in screen.get("/notifications?state=unread").rows] == ["Second"]
    assert "is not a filter of this list" in screen.get("/notifications?user=2").words


def test_an_empty_list_says_what_will_come(screen):
    assert (
        "No notifications yet When a bulk action or an import that you started ends, it appears here." in screen.get("/notifications").words
    )
    assert "Nothing yet." in screen.get("/notifications/newest").words


def test_many_cost_the_list_the_queries_of_few(screen, ann):
    tell(ann, "First", "Second")
    screen.get("/notifications")
    few = len(screen.queries("/notifications"))
    tell(ann, *(f"Number {n}" for n in range(20)))
    assert len(screen.queries("/notifications")) == few


def test_the_profile_offers_the_kinds_of_the_role_and_keeps_the_choice(screen, ann):
    page = screen.get("/profile")
    kinds = ("Actions on deliveries", "Bulk actions", "Caps that are nearly reached", "Lead imports", "List imports")
    assert [kind for kind in kinds if kind not in page.words.partition("E-mail me at once about ")[2]] == []
    screen.post("/profile", name=ann.name, zone="", mailed_kinds=["value_import", "lead_import"])
    ann.refresh_from_db()
    assert sorted(ann.mailed_kinds) == ["lead_import", "value_import"]
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.before["mailed_kinds"]) == ("Changed their profile", ["bulk_action"])
    screen.post("/profile", name=ann.name, zone="")
    ann.refresh_from_db()
    assert ann.mailed_kinds == []


def test_a_kind_that_is_not_the_roles_cannot_be_chosen():
    client, user = Client(), make_user(roles.PUBLISHER)
    client.force_login(user)
    words = Reader(client, user).get("/profile").words
    assert "E-mail me at once about Searches of all leads" in words
    assert "Bulk actions" not in words
    client.post("/profile", {"name": user.name, "zone": "", "mailed_kinds": ["bulk_action"]})
    user.refresh_from_db()
    assert user.mailed_kinds == []
