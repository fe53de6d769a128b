"""Sessions and tokens on the profile page, where their user ends them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from config.core.accounts import bearer, roles, tokens
from config.core.models import AccessToken, AuditEntry, UserSession
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return make_user(roles.AGENCY, username="ann", name="Ann Lee")


@pytest.fixture
def bob(db):
    return make_user(roles.ADMIN, username="bob", name="Bob Ray")


def signed_in(username: str, address: str) -> Client:
    client = Client(REMOTE_ADDR=address)
    assert client.post(reverse("sign_in"), {"username": username, "password": PASSWORD}).status_code == 302
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("notifications_unread")).status_code == 204


def names(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\w{64})"', page)


def actions() -> list[tuple]:
    return list(AuditEntry.objects.exclude(action="Signed in").values_list("action", "actor_name", "after"))


def test_sessions_are_listed_with_address_and_times_and_without_their_keys(ann, bob):
    here, there = signed_in("ann", "203.0.113.1"), signed_in("ann", "2001:db8::17")
    signed_in("bob", "198.51.100.9")
    page = here.get(reverse("profile")).content.decode()
    assert "203.0.113.1" in page
    assert "2001:db8::17" in page
    assert "198.51.100.9" not in page, "somebody else's"
    assert page.count("This session") == 1
    assert len(names(page)) == 1
    assert not any(key in page for key in UserSession.objects.values_list("pk", flat=True))
    assert is_in(there), "looking ends nothing"


def test_one_session_is_ended_by_its_button_and_the_others_go_on(ann):
    here, there, elsewhere = (signed_in("ann", f"203.0.113.{n}") for n in (1, 2, 3))
    page = here.get(reverse("profile")).content.decode()
    (row,) = [row for row in page.split("<tr>") if "203.0.113.2<" in row]
    answer = here.post(reverse("sessions_end"), {"session": names(row)[0]}, follow=True)
    assert "1 session ended." in answer.content.decode()
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, True]
    assert actions() == [("Ended their sessions", "Ann Lee", {"sessions": 1})]


def test_all_other_sessions_are_ended_at_once_and_nobody_elses(ann, bob):
    here, there, other = signed_in("ann", "203.0.113.1"), signed_in("ann", "203.0.113.2"), signed_in("bob", "203.0.113.3")
    here.post(reverse("sessions_end"), {"session": "others"})
    assert [is_in(client) for client in (here, there, other)] == [True, False, True]
    assert "No other session was open." in here.post(reverse("sessions_end"), {"session": "others"}, follow=True).content.decode()
    assert len(actions()) == 1


def test_neither_the_present_session_nor_somebody_elses_is_ended_by_its_name(ann, bob):
    here, other = signed_in("ann", "203.0.113.1"), signed_in("bob", "203.0.113.3")
    present, theirs = (tokens.digest(client.session.session_key) for client in (here, other))
    for name in (present, theirs, "", "-", "other", "0" * 64, "\x00", "é" * 100):
        assert here.post(reverse("sessions_end"), {"session": name}).status_code == 302
    assert is_in(here)
    assert is_in(other)
    assert actions() == []


def test_reading_ends_and_revokes_nothing(ann):
    here, there = signed_in("ann", "203.0.113.1"), signed_in("ann", "203.0.113.2")
    bearer.issue(ann, source=bearer.PASSWORD)
    for name in ("sessions_end", "tokens_revoke"):
        assert here.get(reverse(name)).status_code == 405
    assert is_in(there)
    assert AccessToken.objects.filter(revoked_at=None).count() == 1


def test_a_changed_password_takes_the_other_sessions_off_the_list(ann):
    here, there = signed_in("ann", "203.0.113.1"), signed_in("ann", "203.0.113.2")
    new = "three little pigs in a row"
    here.post(reverse("change_password"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert [is_in(client) for client in (here, there)] == [True, False]
    page = here.get(reverse("profile")).content.decode()
    assert "203.0.113.1" in page, "the present one keeps its address"
    assert names(page) == []


def test_tokens_are_shown_by_source_and_address_and_revoked_so(ann, bob):
    for user, ip in ((ann, "203.0.113.5"), (ann, "203.0.113.5"), (ann, "203.0.113.6"), (ann, None), (bob, "203.0.113.5")):
        bearer.issue(user, source=bearer.PASSWORD, ip=ip)
    here = signed_in("ann", "203.0.113.1")
    page = here.get(reverse("profile")).content.decode()
    assert page.count('name="source_id"') == 3
    here.post(reverse("tokens_revoke"), {"source": "password", "source_id": "", "address": "203.0.113.5"})
    assert usable(ann) == {"203.0.113.6": 1, None: 1}
    here.post(reverse("tokens_revoke"), {"source": "password", "source_id": "", "address": ""})
    assert usable(ann) == {"203.0.113.6": 1}
    for odd in ({}, {"source": ""}, {"source": "ALL"}, {"source": "\x00"}, {"source": "api key"}):
        here.post(reverse("tokens_revoke"), odd)
    assert usable(ann) == {"203.0.113.6": 1}, "what is not understood means nothing, and not everything"
    here.post(reverse("tokens_revoke"), {"source": "all"})
    assert usable(ann) == {}
    assert usable(bob) == {"203.0.113.5": 1}
    assert [(action, after) for action, _, after in actions()] == [
        ("Revoked their tokens", {"tokens": 2}), ("Revoked their tokens", {"tokens": 1}), ("Revoked their tokens", {"tokens": 1}),
    ]  # fmt: skip
    assert "No program holds a token" in here.get(reverse("profile")).content.decode()


@pytest.mark.parametrize("odd", ["9" * 18, "9" * 5000, "-1", "1.0", "٣", "x", "\x00"])
def test_an_odd_number_revokes_nothing_and_breaks_nothing(ann, odd):
    bearer.issue(ann, source="api key", source_id=1)
    here = signed_in("ann", "203.0.113.1")
    assert here.post(reverse("tokens_revoke"), {"source": "api key", "source_id": odd, "address": ""}).status_code == 302
    assert AccessToken.objects.filter(revoked_at=None).count() == 1


def usable(user) -> dict:
    ips = list(bearer.usable_tokens(user).values_list("ip", flat=True))
    return {ip: ips.count(ip) for ip in ips}
