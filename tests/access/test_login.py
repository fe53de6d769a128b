"""`POST /api/login`: a name and a password become a token, as the documents say."""

import pytest
from django.conf import settings

from config.core.accounts import roles
from config.core.models import AccessToken, AuditEntry, User
from tests.access.program import BAD_LOGIN, JSON, LOGIN, Program, error, said
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_a_login_answers_every_documented_field(program, tess):
    answer = program.login(tess)
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == [
        "access_token", "expires_in", "token_type", "scope", "refresh_token", "client_id", "client_secret", "user_id", "password_expired",
    ]  # fmt: skip
    assert (body["expires_in"], body["token_type"], body["scope"]) == (3600, "bearer", None)
    assert (body["client_id"], body["client_secret"]) == (settings.OAUTH_CLIENT["id"], settings.OAUTH_CLIENT["secret"])
    assert (body["user_id"], body["password_expired"]) == (tess.pk, False)
    assert (answer["Content-Type"], answer["Cache-Control"], answer["Pragma"]) == ("application/json", "no-store", "no-cache")
    assert not answer.cookies


def test_the_token_opens_the_door_and_the_database_holds_neither_of_the_two(program, tess, opens):
    body = program.login(tess).json()
    assert opens(body["access_token"]) is True
    assert opens(body["refresh_token"]) == 401
    kept = str(AccessToken.objects.values().get())
    assert body["access_token"] not in kept
    assert body["refresh_token"] not in kept
    assert len(body["access_token"]) >= 32, "at least 192 bits"


@pytest.mark.parametrize("wrapping", ["urlencoded", "multipart", "json"])
def test_the_body_may_come_in_each_wrapping_and_with_a_second_factor_nobody_asked_for(program, tess, wrapping):
    sent = {"username": tess.username, "password": PASSWORD, "mfa_token": "t", "mfa_code": "123456"}
    answers = {
        "urlencoded": lambda: program.login(tess, mfa_token="t", mfa_code="123456"),
        "multipart": lambda: program.client.post(LOGIN, sent),
        "json": lambda: program.login_in_json({**sent, "mfa_token": None}),
    }
    assert answers[wrapping]().status_code == 200


@pytest.mark.parametrize("name", [" {} ", "\uff54\uff45\uff53\uff54\uff45\uff52"])
def test_names_are_read_as_on_the_sign_in_page(program, name):
    user = make_user(roles.ADMIN, username="tester")
    assert program.login(name.format("tester")).json()["user_id"] == user.pk


def test_unknown_wrong_and_switched_off_read_the_same(program, tess):
    off = make_user(roles.PUBLISHER, is_active=False)
    answers = [
        program.login("nobody"),
        program.login(tess, "wrong"),
        program.login(off),
        program.login("x" * 200),
        program.login(tess.username.upper()),
    ]
    assert [said(answer) for answer in answers] == [BAD_LOGIN] * 5
    assert [answer["Cache-Control"] for answer in answers] == ["no-store"] * 5
    assert not AccessToken.objects.exists()


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(program, tess, monkeypatch):
    hashed = []
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", lambda *args: hashed.append(args[1]) or "md5$x$y")
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.verify", lambda *args: hashed.append(args[1]))
    for user in (tess, make_user(roles.ADMIN, is_active=False), "nobody"):
        hashed.clear()
        program.login(user, "guess")
        assert hashed.count("guess") == 1


@pytest.mark.parametrize(
    "body", [{}, {"username": "x"}, {"password": "x"}, {"username": "", "password": ""}, {"username": None, "password": None}]
)
def test_what_is_missing_is_named(program, body):
    answer = program.login_in_json(body)
    assert error(answer) == (400, "invalid_request")
    assert "username" in answer.json()["error_description"] or "password" in answer.json()["error_description"]


def test_an_expired_password_still_gets_a_token_which_opens_nothing(program, opens):
    user = make_user(roles.PUBLISHER, password_expired=True)
    body = program.login(user).json()
    assert body["password_expired"] is True
    assert opens(body["access_token"]) == 403
    User.objects.filter(pk=user.pk).update(password_expired=False)
    assert opens(body["access_token"]) is True


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_only_post_logs_in(program, tess, method):
    answer = program.client.generic(method, f"{LOGIN}?username={tess.username}&password={PASSWORD}")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert not AccessToken.objects.exists()


def test_a_password_in_the_address_is_not_looked_at(program, tess):
    assert error(program.post(f"{LOGIN}?username={tess.username}&password={PASSWORD}", b"")) == (400, "invalid_request")


def test_no_session_and_no_second_factor_come_of_it(program, tess):
    program.login(tess)
    assert program.client.get("/profile").status_code == 302


def test_an_installation_without_a_client_says_so(program, tess, settings):
    settings.OAUTH_CLIENT = {"id": "", "secret": ""}
    body = program.login(tess).json()
    assert (body["client_id"], body["client_secret"]) == (None, None)


def test_the_audit_trail_has_a_line_for_a_new_way_in_and_none_for_each_token(program, tess):
    for _ in range(3):
        program.login(tess)
    Program("203.0.113.77").login(tess)
    entries = AuditEntry.objects.filter(action="Signed in").order_by("pk")
    assert [(entry.actor_id, entry.page, entry.after, entry.ip) for entry in entries] == [
        (tess.pk, "API", {"by": "password"}, "203.0.113.9"),
        (tess.pk, "API", {"by": "password"}, "203.0.113.77"),
    ]


def test_refused_people_are_audited_and_invented_names_are_not(program, tess):
    program.login(tess, "wrong")
    program.login("nobody", "wrong")
    entry = AuditEntry.objects.get(action="Sign-in refused")
    assert (entry.actor_id, entry.severity, entry.ip) == (tess.pk, "medium", "203.0.113.9")


def test_json_that_is_no_object_is_refused_in_the_same_shape(program):
    assert error(program.post(LOGIN, b"[]", JSON)) == (400, "invalid_request")
