"""`GET|POST /oauth/v2/token`: grants by API key, password and refresh token, and OAuth's refusals."""

import json
from urllib.parse import quote, urlencode

import pytest

from campaigns import program_logins, services
from campaigns.models import ApiKey
from config.core.accounts import roles
from config.core.models import AccessToken, AuditEntry
from tests.access.program import API_KEY_GRANT, BAD_LOGIN, JSON, TOKEN, basic, error, said
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_an_api_key_becomes_a_token_with_the_documented_fields(program, key, opens):
    answer = program.token_by_get(grant_type=API_KEY_GRANT, api_key=key, **program.own)
    body = answer.json()
    assert list(body) == ["access_token", "expires_in", "token_type", "scope", "refresh_token"]
    assert (answer.status_code, body["expires_in"], body["token_type"], body["scope"]) == (200, 3600, "bearer", None)
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    assert opens(body["access_token"]) is True


def test_parameters_may_come_in_the_query_the_body_and_both(program, key):
    parameters = {"grant_type": API_KEY_GRANT, "api_key": key}
    split = f"{TOKEN}?{urlencode({'grant_type': API_KEY_GRANT})}"
    answers = [
        program.token_by_get(**parameters),
        program.token(**parameters),
        program.post(TOKEN, json.dumps(parameters), JSON),
        program.client.post(TOKEN, parameters),
        program.post(f"{TOKEN}?{urlencode(parameters)}", b""),
        program.post(split, urlencode({"api_key": key})),
    ]
    assert [answer.status_code for answer in answers] == [200] * 6


@pytest.mark.parametrize("spelling", [API_KEY_GRANT, API_KEY_GRANT.replace("https://", "http://")])
def test_the_grant_of_the_key_is_known_in_both_its_spellings(program, key, spelling):
    answers = [program.token_by_get(grant_type=spelling, api_key=key), program.token(grant_type=spelling, api_key=key)]
    assert [answer.status_code for answer in answers] == [200, 200]
    strange = [spelling + "s", "ftp" + spelling.removeprefix("https").removeprefix("http"), spelling.replace("convertr", "other")]
    assert [error(program.token(grant_type=grant, api_key=key)) for grant in strange] == [(400, "unsupported_grant_type")] * 3


def test_a_publishers_key_needs_no_client_but_a_client_that_is_named_must_be_right(program, key):
    assert program.by_key(key).status_code == 200
    own = program.own
    for wrong in (
        {"client_id": own["client_id"]},
        {"client_secret": own["client_secret"]},
        {**own, "client_secret": "x"},
        {**own, "client_id": "x"},
    ):
        assert error(program.by_key(key, **wrong)) == (400, "invalid_client")


def test_a_key_of_no_publisher_needs_the_client(program, bob):
    key = services.make_api_key(make_user(roles.ADVERTISER), None, actor=bob)
    assert error(program.by_key(key)) == (400, "invalid_client")
    assert program.by_key(key, **program.own).status_code == 200


def test_unknown_revoked_and_switched_off_keys_read_the_same(program, key, tess, pat, bob):
    revoked = services.make_api_key(tess, pat, actor=bob)
    program_logins.revoke_key(ApiKey.objects.get(prefix=revoked[:12]), actor=bob)
    off = services.make_api_key(make_user(roles.PUBLISHER, is_active=False), pat, actor=bob)
    answers = [program.by_key(k) for k in ("pub_unknown", revoked, off, key.upper(), key + "x")]
    assert {said(answer)[0] for answer in answers} == {400}
    assert {answer.json()["error"] for answer in answers} == {"invalid_grant"}
    assert len({answer.content for answer in answers}) == 1


def test_the_day_a_key_was_last_used_is_noted(program, key):
    program.by_key(key)
    first = ApiKey.objects.get()
    assert first.last_used_on is not None
    assert AuditEntry.objects.get(action="Signed in").after == {"by": f"API key {key[:12]}…"}


def test_the_password_grant_wants_the_client(program, tess, opens):
    credentials = {"grant_type": "password", "username": tess.username, "password": PASSWORD}
    assert error(program.token(**credentials)) == (400, "invalid_client")
    assert error(program.token(**credentials, client_id=program.own["client_id"])) == (400, "invalid_client")
    for answer in (program.token(**credentials, **program.own), program.token_by_get(**credentials, **program.own)):
        assert opens(answer.json()["access_token"]) is True
    assert said(program.token(**{**credentials, "password": "wrong"}, **program.own)) == BAD_LOGIN


def test_the_client_may_show_itself_by_http_basic(program, tess):
    credentials = urlencode({"grant_type": "password", "username": tess.username, "password": PASSWORD})
    own = basic(quote(program.own["client_id"], safe=""), quote(program.own["client_secret"], safe=""))
    assert program.post(TOKEN, credentials, Authorization=own).status_code == 200
    same = f"{credentials}&client_id={program.own['client_id']}"
    assert program.post(TOKEN, same, Authorization=own).status_code == 200
    assert error(program.post(TOKEN, f"{credentials}&client_id=another", Authorization=own)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "header", [basic("x", "y"), basic("", ""), "Basic", "Basic !!!", "Basic /w==", "basic bm9jb2xvbg==", basic("%FF", "x"), "Basic é"]
)
def test_a_wrong_basic_header_is_401_and_says_how(program, key, header):
    answer = program.post(TOKEN, urlencode({"grant_type": API_KEY_GRANT, "api_key": key}), Authorization=header)
    assert error(answer) == (401, "invalid_client")
    assert answer["WWW-Authenticate"] == 'Basic realm="Service"'


@pytest.mark.parametrize("client", [{"client_id": "", "client_secret": ""}, {"client_id": "x", "client_secret": "y"}, {}])
def test_an_installation_without_a_client_knows_none(program, tess, settings, client):
    settings.OAUTH_CLIENT = {"id": "", "secret": ""}
    answer = program.token(grant_type="password", username=tess.username, password=PASSWORD, **client)
    assert error(answer) == (400, "invalid_client")
    answer = program.post(TOKEN, f"grant_type=password&username={tess.username}&password=x", Authorization=basic("", ""))
    assert error(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "https://convertr.cvtr.io/grants/other"}, "unsupported_grant_type"),
        ({"grant_type": API_KEY_GRANT}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
def test_what_cannot_be_granted_is_refused_with_oauths_word(program, parameters, word):
    assert error(program.token(**parameters)) == (400, word)
    assert error(program.token_by_get(**parameters)) == (400, word)


def test_what_is_sent_twice_is_refused(program, key):
    once = urlencode({"grant_type": API_KEY_GRANT, "api_key": key})
    for path, body in ((TOKEN, f"{once}&api_key=x"), (f"{TOKEN}?api_key={key}", once), (TOKEN, f"{once}&a=1&a=2")):
        assert error(program.post(path, body)) == (400, "invalid_request")
    assert error(program.client.get(f"{TOKEN}?{once}&api_key={key}")) == (400, "invalid_request")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH"])
def test_only_get_and_post_give_tokens(program, key, method):
    answer = program.client.generic(method, f"{TOKEN}?{urlencode({'grant_type': API_KEY_GRANT, 'api_key': key})}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST, OPTIONS")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("path", [f"{TOKEN}/", "/api/login/", "/oauth/v2", "/api/v9/login"])
def test_a_post_to_a_wrong_address_is_404(program, path):
    assert program.post(path, "a=b").status_code == 404
