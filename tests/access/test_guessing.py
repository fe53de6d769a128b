"""Guessing: how many log-ins a name, a key and an address get, when a name is locked, and what is recorded."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.utils import timezone

from config.core import enterprise
from config.core.api import throttle
from config.core.models import AccessToken, AuditEntry, Enterprise
from tests.access.program import API_KEY_GRANT, BAD_LOGIN, Program, error, said
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
TOO_MANY = (429, "too_many_requests")


@pytest.fixture
def few():
    """Three log-ins in five minutes, ten from one address."""
    Enterprise.objects.update(limits={"logins": 3, "logins_of_address": 10})
    enterprise.forget()


def test_a_name_gets_so_many_log_ins_however_it_is_spelt_and_by_whichever_grant(few, program, tess):
    by_grant = {"grant_type": "password", "username": tess.username, "password": PASSWORD}
    answers = [program.login(tess), program.login(f" {tess.username}"), program.token(**by_grant, **program.own), program.login(tess)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert error(answers[3]) == TOO_MANY
    assert 290 <= int(answers[3]["Retry-After"]) <= 300
    assert error(Program("203.0.113.10").login(tess.username.upper(), "x")) == TOO_MANY, "another address is no way round it"


def test_the_documented_hundred_is_the_default(program, tess):
    for _ in range(98):
        throttle.check(throttle.login_of(tess.username), "logins")
    assert [program.login(tess).status_code for _ in range(3)] == [200, 200, 429]


def test_a_key_gets_so_many_tokens_and_a_refresh_counts_as_a_log_in(few, program, key, tess):
    assert [program.by_key(key).status_code for _ in range(4)] == [200, 200, 200, 429]
    token = program.login(tess).json()["refresh_token"]
    for _ in range(2):
        token = program.refresh(token).json()["refresh_token"]
    assert error(program.refresh(token)) == TOO_MANY
    enterprise.current().limits["logins"] = None
    assert program.refresh(token).status_code == 200, "what was refused is not spent"


def test_one_address_cannot_try_a_million_names(few, program, tess, key):
    assert {program.login(f"person{n}").status_code for n in range(10)} == {400}
    assert error(program.login("person11")) == TOO_MANY
    assert error(program.by_key("pub_x")) == TOO_MANY
    assert error(program.refresh("x")) == TOO_MANY
    assert Program("203.0.113.10").login(tess).status_code == 200


def test_log_ins_count_among_all_calls_of_a_user(program, tess):
    Enterprise.objects.update(limits={"all": 2})
    enterprise.forget()
    throttle.check(f"user:{tess.pk}", "all")
    assert [program.login(tess).status_code for _ in range(2)] == [200, 429]
    assert AccessToken.objects.count() == 1


def test_eight_wrong_guesses_lock_the_name_for_this_address_and_the_panels_door_too(program, tess):
    guesses = [program.login(tess, "wrong") for _ in range(9)]
    assert [said(guess) for guess in guesses[:7]] == [BAD_LOGIN] * 7
    assert [error(guess) for guess in guesses[7:]] == [TOO_MANY] * 2
    assert guesses[8]["Retry-After"] == "900"
    assert error(program.login(tess)) == TOO_MANY, "not with the right password either"
    page = program.client.post("/sign-in", {"username": tess.username, "password": PASSWORD})
    assert page.status_code == 429
    assert Program("203.0.113.10").login(tess).status_code == 200, "the person themselves, elsewhere, is not locked out"


def test_a_name_is_locked_for_all_addresses_after_fifty_wrong_guesses_from_many(program, tess, settings):
    """By the API and the sign-in page alike. Each address stays far below its own limit."""
    for n in range(settings.FAILURES_OF_NAME - 1):
        assert said(Program(f"198.51.100.{n}").login(tess, f"guess {n}")) == BAD_LOGIN
    assert Program("203.0.113.200").login(tess).status_code == 200, "the person is not locked out yet"
    page = program.client.post("/sign-in", {"username": tess.username, "password": "wrong"}, REMOTE_ADDR="203.0.113.201")
    assert page.status_code == 429
    assert error(Program("203.0.113.202").login(tess)) == TOO_MANY
    assert Program("198.51.100.7").login("somebody else").status_code == 400, "other names are not locked"
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert Program("203.0.113.202").login(tess).status_code == 200


def test_who_is_locked_out_cannot_use_up_the_persons_log_ins(program, tess):
    Enterprise.objects.update(limits={"logins": 10})
    enterprise.forget()
    for _ in range(30):
        program.login(tess, "wrong")
    assert [Program("203.0.113.10").login(tess).status_code for _ in range(3)] == [200, 200, 429]


def test_a_lock_is_audited_once_with_the_guesses_before_it(program, tess):
    for _ in range(12):
        program.login(tess, "wrong")
    entries = AuditEntry.objects.filter(actor_id=tess.pk).order_by("pk").values_list("action", "severity")
    assert list(entries) == [("Sign-in refused", "medium")] * 7 + [("Locked out", "high")]


def test_the_lock_is_over_after_a_quarter_of_an_hour(program, tess, time_machine):
    time_machine.move_to("2026-11-21 10:00:00Z", tick=False)
    for _ in range(9):
        program.login(tess, "wrong")
    time_machine.move_to("2026-11-21 10:14:00Z", tick=False)
    assert program.login(tess).status_code == 429
    time_machine.move_to("2026-11-21 10:15:01Z", tick=False)
    assert program.login(tess).status_code == 200, "asking meanwhile did not prolong it"


def test_a_wrong_guess_by_get_is_kept_without_its_parameters(program, tess):
    credentials = {"grant_type": "password", "username": tess.username, "password": "s3cret-guess"}
    assert said(program.token_by_get(**credentials, **program.own)) == BAD_LOGIN
    assert said(program.token(**credentials, **program.own)) == BAD_LOGIN
    kept = AccessAttempt.objects.values().get()
    assert (kept["username"], kept["ip_address"], kept["failures_since_start"]) == (tess.username, "203.0.113.9", 2)
    assert "s3cret-guess" not in str(kept)
    assert program.own["client_secret"] not in str(kept)


def test_nothing_secret_is_in_the_log(program, tess, key, caplog, capfd):
    with caplog.at_level("DEBUG"):
        secret = program.token_by_get(grant_type=API_KEY_GRANT, api_key=key, **program.own).json()
        program.client.get("/api/nowhere", {"access_token": secret["access_token"]})
        program.login(tess, "s3cret-guess")
        program.token_by_get(grant_type="password", username=tess.username, password="s3cret-guess", **program.own)
        program.refresh(secret["refresh_token"])
    out = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records if not record.name.startswith("django.db"))
    out += "".join(capfd.readouterr())
    assert "/oauth/v2/token" in out, "there is a log to look at"
    for text in (key, program.own["client_secret"], secret["access_token"], secret["refresh_token"], "s3cret-guess"):
        assert text not in out
