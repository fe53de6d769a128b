"""Bearer tokens: a request gets their user, or a refusal with its reason."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import program_logins
from campaigns.models import ApiKey
from config.core.accounts import bearer, passwords, token_store
from config.core.accounts.bearer import NotAuthorised, OAuthRefusal
from config.core.api.api_view import api_view, json_response
from config.core.errors import DomainError
from config.core.models import AccessToken, User
from tests.access.program import Program

pytestmark = pytest.mark.django_db
NONE = 'Bearer realm="Service", error="access_denied", error_description="OAuth2 authentication required"'
INVALID = 'Bearer realm="Service", error="invalid_grant", error_description="The access token provided is invalid."'
EXPIRED = 'Bearer realm="Service", error="invalid_grant", error_description="The access token provided has expired."'


@api_view("GET", refused=bearer.refused)
def greet(request):
    """A view like any other with tokens."""
    return json_response({"hello": bearer.user_of(request).username})


@pytest.fixture
def token(tess) -> str:
    return bearer.issue(tess, source=bearer.PASSWORD).access_token


def challenge(answer) -> tuple[int, str]:
    assert set(answer.headers) >= {"Cache-Control", "Pragma"}
    return answer.status_code, answer["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_the_header_opens(rf, tess, token, header):
    request = rf.get("/", headers={"Authorization": header.format(token)})
    request.user = AnonymousUser()
    assert bearer.user_of(request) == tess
    assert request.user == tess


def test_the_query_opens(rf, tess, token):
    assert bearer.user_of(rf.get(f"/?page=2&access_token={token}")) == tess
    assert bearer.user_of(rf.post(f"/?access_token={token}", {"access_token": "not looked at"})) == tess


def test_header_and_query_may_not_differ(rf, token, tess):
    same = rf.get(f"/?access_token={token}", headers={"Authorization": f"Bearer {token}"})
    assert bearer.user_of(same) == tess
    assert bearer.user_of(rf.get("/?access_token=", headers={"Authorization": f"Bearer {token}"})) == tess
    for address in ("/?access_token=other", f"/?access_token={token}&access_token=other"):
        answer = greet(rf.get(address, headers={"Authorization": f"Bearer {token}"}))
        assert (answer.status_code, b'"error":"invalid_request"' in answer.content) == (400, True)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, ""),
        ({"Authorization": "Bearer"}, ""),
        ({"Authorization": "Bearer  "}, ""),
        ({"Authorization": "Basic eDp5"}, ""),
        ({}, "?access_token="),
        ({}, "?Access_Token=x"),
    ],
)
def test_without_a_token_the_answer_says_what_to_bring(rf, headers, query):
    assert challenge(greet(rf.get(f"/{query}", headers=headers))) == (401, NONE)


@pytest.mark.parametrize(
    "sent", ["x", "é", "a b", "%00", "' OR 1=1 --", "x" * 10_000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
)
def test_nonsense_is_no_token(rf, token, sent):
    assert challenge(greet(rf.get("/", headers={"Authorization": f"Bearer {sent}"}))) == (401, INVALID)


@pytest.mark.parametrize("query", ["access_token=%FF", "access_token=%ED%A0%80", "access_token=%00", "access_token=a&access_token=b"])
def test_nonsense_in_the_query_is_no_token_either(rf, query):
    assert greet(rf.get(f"/?{query}")).status_code in {400, 401}


def test_what_is_not_utf_8_elsewhere_in_the_query_is_none_of_its_business(rf, token):
    assert greet(rf.get(f"/?utm=%C3&access_token={token}")).status_code == 200


def test_thousands_of_parameters_are_refused(rf, token):
    assert greet(rf.get("/?" + "&" * 5000)).status_code == 400


def test_after_an_hour_it_is_expired(rf, token, time_machine):
    time_machine.move_to(timezone.now() + timedelta(minutes=59))
    request = rf.get("/", headers={"Authorization": f"Bearer {token}"})
    assert greet(request).status_code == 200
    time_machine.shift(timedelta(minutes=2))
    assert challenge(greet(request)) == (401, EXPIRED)


def test_an_expired_password_is_403_in_the_same_shape(rf, tess, token):
    User.objects.filter(pk=tess.pk).update(password_expired=True)
    answer = greet(rf.get("/", headers={"Authorization": f"Bearer {token}"}))
    assert (answer.status_code, b'"error":"access_denied"' in answer.content) == (403, True)


def test_a_new_password_ends_the_tokens_however_it_was_set(tess, token, opens, key):
    by_key = Program().by_key(key).json()["access_token"]
    passwords.store(tess, "another battery staple")
    assert [opens(token), opens(by_key)] == [401, 401]


def test_who_is_switched_off_gets_in_no_more_even_past_our_services(tess, token, opens):
    User.objects.filter(pk=tess.pk).update(is_active=False)
    assert opens(token) == 401


def test_with_its_key_a_token_ends_also_when_the_key_was_revoked_past_our_service(key, opens, bob):
    token = Program().by_key(key).json()["access_token"]
    assert opens(token) is True
    ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    assert opens(token) == 401
    ApiKey.objects.all().delete()
    assert opens(token) == 401


def test_of_two_keys_the_other_ones_tokens_live_on(tess, pat, bob, key, opens):
    own = bearer.issue(tess, source=bearer.PASSWORD).access_token
    first = Program().by_key(key).json()["access_token"]
    program_logins.revoke_key(ApiKey.objects.get(), actor=bob)
    assert [opens(first), opens(own)] == [401, True]


def test_a_token_for_something_nobody_vouches_for_is_good_for_nothing(tess, opens):
    assert opens(bearer.issue(tess, source="invented", source_id=1).access_token) == 401


def test_ending_all_of_somebody_ends_nobody_elses(tess, token, bob, opens):
    others = bearer.issue(User.objects.get(pk=bob.user_id), source=bearer.PASSWORD).access_token
    bearer.revoke_all(tess)
    assert [opens(token), opens(others)] == [401, True]
    assert AccessToken.objects.filter(revoked_at=None).count() == 1


def test_a_call_costs_one_query_that_reads_two_rows_by_their_keys(carrying, token, key):
    for held in (token, Program().by_key(key).json()["access_token"]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            bearer.user_of(carrying(held))
        assert len(queries) == 1


def test_the_look_up_scans_no_table(token):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + token_store.select("digest", False), ["x"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan


def test_a_refusal_that_is_not_about_the_token_keeps_the_usual_shape():
    answer = bearer.refused(DomainError("No.", status=409, headers={"X-Y": "z"}))
    assert (answer.status_code, answer.content, answer["X-Y"]) == (409, b'{"code":409,"message":"No."}', "z")
    assert issubclass(NotAuthorised, OAuthRefusal)
