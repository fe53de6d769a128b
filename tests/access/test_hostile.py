"""Hostile requests to the addresses that issue tokens: clear refusals in their format, and no token."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from config.core import enterprise
from config.core.models import AccessToken, Enterprise
from tests.access.program import API_KEY_GRANT, JSON, LOGIN, TOKEN, URLENCODED, error
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db

anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
text = some.text(some.characters(), max_size=30)  # surrogates and NUL among them
value = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | text,
    lambda inner: some.lists(inner) | some.dictionaries(text, inner),
    max_leaves=8,  # drawing larger ones would take most of the time
)
names = ["grant_type", "username", "password", "api_key", "refresh_token", "client_id", "client_secret", "mfa_code", "scope"]
name = some.sampled_from(names) | text
grant = some.sampled_from(["password", "refresh_token", API_KEY_GRANT])
path = some.sampled_from([LOGIN, TOKEN])


@pytest.fixture(autouse=True)
def _no_limits(db):
    Enterprise.objects.update(limits={"logins": None, "logins_of_address": None})
    enterprise.forget()


def check(answer) -> None:
    status, _ = error(answer)
    assert status in {400, 401, 415, 429}
    assert answer["Cache-Control"] == "no-store"
    assert not AccessToken.objects.exists()


@anything
@given(path=path, kind=grant, sent=some.dictionaries(name, value))
def test_any_json(program, tess, path, kind, sent):
    check(program.post(path, json.dumps({"grant_type": kind, "username": tess.username, **sent}), JSON))


@anything
@given(
    path=path,
    body=some.binary(max_size=300),
    kind=some.sampled_from([JSON, URLENCODED, "multipart/form-data; boundary=b", "text/html", ""]),
)
def test_any_bytes(program, path, body, kind):
    check(program.post(path, body, kind))


@anything
@given(kind=grant, query=some.text(some.characters(max_codepoint=255), max_size=200))
def test_any_query(program, kind, query):
    check(program.client.generic("GET", TOKEN, QUERY_STRING=f"{query}&grant_type={kind}"))


@anything
@given(
    header=some.text(some.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60),
    scheme=some.sampled_from(["Basic ", "Bearer ", ""]),
)
def test_any_authorization(program, header, scheme):
    check(program.post(TOKEN, f"grant_type={API_KEY_GRANT}&api_key=x", Authorization=scheme + header))


@pytest.mark.parametrize("username", ["a\x00", "\ud800", "x" * 100_000, "🙂" * 151, "'; DROP TABLE core_user; --", "\u202e", " "])
def test_odd_names_are_nobodys(program, username):
    check(program.login_in_json({"username": username, "password": "x"}))


@pytest.mark.parametrize("password", ["\x00", "\ud800", "x" * 500_000, ["x"], {"x": 1}, True])
def test_odd_passwords_fit_nobody_and_cost_little(program, tess, password):
    began = time.perf_counter()
    check(program.login_in_json({"username": tess.username, "password": password}))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("address", [LOGIN, TOKEN])
def test_large_endless_and_foreign_bodies(program, address):
    assert error(program.post(address, "x" * (512 * 1024 + 1))) == (413, "invalid_request")
    assert error(program.post(address, "a=1&" * 60_000)) == (400, "invalid_request")
    assert error(program.post(address, "[" * 20_000, JSON)) == (400, "invalid_request")
    assert error(program.post(address, "a=b", "text/plain")) == (415, "invalid_request")
    assert error(program.post(address, "a=b", f"{URLENCODED}; charset=utf-16")) == (415, "invalid_request")
    assert error(program.client.generic("POST", address, headers={"Transfer-Encoding": "chunked"})) == (411, "invalid_request")
    assert error(program.client.generic("POST", address, headers={"Content-Length": "9" * 5000})) == (413, "invalid_request")


def test_a_file_is_no_password(program, tess):
    body = f'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n{tess.username}\r\n--b\r\nContent-Disposition: form-data; name="password"; filename="p"\r\n\r\n{PASSWORD}\r\n--b--\r\n'
    check(program.post(LOGIN, body, "multipart/form-data; boundary=b"))


def test_a_hundred_thousand_parameters_in_the_query_are_refused(program):
    assert error(program.client.get(f"{TOKEN}?" + "a&" * 100_000)) == (400, "invalid_request")


def test_a_thousand_repeated_names_take_no_time(program):
    began = time.perf_counter()
    check(program.post(TOKEN, "&".join(f"a{n}=1" for n in range(900)) + "&a1=2"))
    assert time.perf_counter() - began < 1


def test_a_charset_that_is_none_does_not_break_reading_the_query(program, key):
    answer = program.client.generic("GET", f"{TOKEN}?grant_type=%70assword", b"", "text/plain; charset=rot13")
    assert answer.status_code < 500
