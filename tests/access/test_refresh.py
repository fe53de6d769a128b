"""Refresh tokens: valid once, for fourteen days, for one client, and as long as the log-in behind them is valid."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import program_logins
from campaigns.models import ApiKey
from config.core.accounts import bearer
from config.core.models import AccessToken, AuditEntry
from tests.access.program import error
from tests.cast import PASSWORD
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
SPENT = (400, "invalid_grant")


@pytest.fixture
def logged_in(program, tess) -> dict:
    return program.login(tess).json()


def test_a_refresh_gives_a_new_pair_and_the_old_token_lives_out_its_hour(program, logged_in, opens):
    body = program.refresh(logged_in["refresh_token"]).json()
    assert set(body) == {"access_token", "expires_in", "token_type", "scope", "refresh_token"}
    assert {body["access_token"], body["refresh_token"]}.isdisjoint(logged_in.values())
    assert opens(body["access_token"]) is True
    assert opens(logged_in["access_token"]) is True
    assert program.refresh(body["refresh_token"]).status_code == 200


@pytest.mark.sql
def test_a_refresh_token_is_good_once(program, logged_in, opens):
    body = program.refresh(logged_in["refresh_token"]).json()
    assert error(program.refresh(logged_in["refresh_token"])) == SPENT
    assert opens(body["access_token"]) is True, "two threads of one program may refresh at once"


def test_a_spent_refresh_token_that_comes_again_later_ends_all_that_came_of_it(program, logged_in, opens, time_machine):
    second = program.refresh(logged_in["refresh_token"]).json()
    third = program.refresh(second["refresh_token"]).json()
    other = program.login(AccessToken.objects.first().user).json()
    time_machine.move_to(timezone.now() + bearer.REFRESH_REPEATED_WITHIN + timedelta(seconds=1))
    assert error(program.refresh(logged_in["refresh_token"])) == SPENT
    assert [opens(token["access_token"]) for token in (logged_in, second, third, other)] == [401, 401, 401, True]
    assert error(program.refresh(third["refresh_token"])) == SPENT
    assert error(program.refresh(logged_in["refresh_token"])) == SPENT
    entry = AuditEntry.objects.get(action="Spent refresh token used again")
    assert (entry.actor_name, entry.severity) == ("Tess", "high")


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_is_given_a_token(tess):
    issued = bearer.issue(tess, source=bearer.PASSWORD)
    refused = at_once(*[lambda: bearer.refresh(issued.refresh_token, client_id="")] * 4)
    assert [getattr(refusal, "error", refusal) for refusal in refused] == ["invalid_grant"] * 3
    assert AccessToken.objects.count() == 2


@pytest.mark.parametrize(("days", "status"), [(13.9, 200), (14.1, 400)])
def test_it_may_be_used_for_fourteen_days(program, logged_in, time_machine, days, status):
    time_machine.move_to(timezone.now() + timedelta(days=days))
    assert program.refresh(logged_in["refresh_token"]).status_code == status


def test_only_the_client_it_was_given_to_may_use_it(program, logged_in):
    token = logged_in["refresh_token"]
    assert error(program.token(grant_type="refresh_token", refresh_token=token)) == SPENT
    assert error(program.refresh(token, client_id="x", client_secret="y")) == (400, "invalid_client")
    assert program.refresh(token).status_code == 200


def test_one_that_came_from_a_key_without_a_client_needs_none(program, key):
    first, second = (program.by_key(key).json()["refresh_token"] for _ in range(2))
    assert program.token(grant_type="refresh_token", refresh_token=first).status_code == 200
    assert program.refresh(second).status_code == 200, "the platform's client may do it too"


def test_an_access_token_is_no_refresh_token(program, logged_in):
    assert error(program.refresh(logged_in["access_token"])) == SPENT


@pytest.mark.parametrize("token", ["", "x", "é🙂"])
def test_nonsense_refreshes_nothing(program, token):
    assert program.refresh(token).status_code == 400


@pytest.mark.sql
def test_with_its_key_a_refresh_token_ends(program, key, bob, opens):
    body = program.by_key(key).json()
    again = program.token(grant_type="refresh_token", refresh_token=body["refresh_token"]).json()
    program_logins.revoke_key(ApiKey.objects.get(), actor=bob)
    assert [opens(body["access_token"]), opens(again["access_token"])] == [401, 401]
    assert error(program.token(grant_type="refresh_token", refresh_token=again["refresh_token"])) == SPENT


def test_with_the_password_a_refresh_token_ends(program, tess, logged_in):
    tess.set_password(PASSWORD + "!")
    tess.save(update_fields=["password"])
    assert error(program.refresh(logged_in["refresh_token"])) == SPENT


def test_who_is_switched_off_and_on_again_starts_without_tokens(program, tess, logged_in, opens):
    for active in (False, True):
        tess.is_active = active
        tess.save(update_fields=["is_active"])
        assert opens(logged_in["access_token"]) == 401
    assert error(program.refresh(logged_in["refresh_token"])) == SPENT


def test_a_refreshed_token_is_kept_as_long_as_its_theft_could_show(logged_in, program):
    program.refresh(logged_in["refresh_token"])
    spent = AccessToken.objects.get(refreshed_at__isnull=False)
    assert spent.refresh_expires_at > timezone.now() + timedelta(days=13)
