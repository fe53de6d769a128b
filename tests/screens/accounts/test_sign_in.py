"""Signing in, locked names, signing out."""

import pytest
from django.test import Client
from django.urls import reverse

from config.core.accounts import roles
from config.core.models import AuditEntry
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    return make_user(roles.ADMIN, username="ann", name="Ann Lee")


def sign_in(client, username="ann", password=PASSWORD, **more):
    return client.post(reverse("sign_in"), {"username": username, "password": password, **more})


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("actor_name", "action", "severity"))


def test_who_knows_the_password_gets_where_they_were_going(client, ann):
    asked = client.get("/profile")
    assert asked["Location"] == "/sign-in?next=/profile"
    assert sign_in(client, next="/profile")["Location"] == "/profile"
    assert client.get("/profile").status_code == 200
    assert actions() == [("Ann Lee", "Signed in", "low")]


def test_a_wrong_password_is_said_in_words_and_audited(client, ann):
    answer = sign_in(client, password="wrong")
    assert "User name and password do not match" in answer.content.decode()
    assert 'value="ann"' in answer.content.decode(), "what was typed is lost"
    assert actions() == [("Ann Lee", "Sign-in refused", "medium")]


def test_an_unknown_name_reads_exactly_like_a_wrong_password(client, ann):
    known = sign_in(client, password="wrong").content.decode()
    unknown = sign_in(client, username="bob", password="wrong").content.decode()
    errors = [page.split('role="alert"')[1].split("</form>")[0].split("<label")[0] for page in (known, unknown)]
    assert errors[0] == errors[1]
    assert len(actions()) == 1, "guessed names fill the audit trail"


def test_eight_wrong_passwords_lock_the_name_out_and_the_right_one_no_longer_helps(client, ann):
    for _ in range(7):
        assert sign_in(client, password="wrong").status_code == 200
    assert sign_in(client, password="wrong").status_code == 429
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert "15 minutes" in answer.content.decode()
    assert ("Ann Lee", "Locked out", "high") in actions()


def test_nobody_is_sent_to_another_house_after_signing_in(client, ann):
    assert sign_in(client, next="https://evil.example/")["Location"] == "/"


def test_signing_out_ends_the_session_and_takes_a_post(client, ann):
    client.force_login(ann)
    assert client.get(reverse("sign_out")).status_code == 405
    answer = client.post(reverse("sign_out"), follow=True)
    assert "You are signed out." in answer.content.decode()
    assert client.get("/profile").status_code == 302
    assert actions()[-1][1] == "Signed out"


def test_a_form_from_another_house_is_refused_in_words(ann):
    answer = Client(enforce_csrf_checks=True).post(reverse("sign_in"), {"username": "ann", "password": PASSWORD})
    assert (answer.status_code, "open too long" in answer.content.decode()) == (403, True)


def test_the_admin_has_no_door_of_its_own(client, ann):
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/sign-in?next=%2Fadmin%2F"
    client.force_login(ann)
    assert client.get("/admin/login/?next=/admin/").status_code == 403
