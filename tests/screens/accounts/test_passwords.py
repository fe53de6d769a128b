"""Changing a password, resetting a forgotten one, an expired one; and the profile."""

import re
from datetime import timedelta
from unittest.mock import Mock

import pytest
from axes.models import AccessAttempt
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from config.core import enterprise, tasks
from config.core.accounts import roles
from config.core.api import throttle
from config.core.models import AuditEntry, Enterprise, PasswordRequest, User
from tests.cast import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "three little pigs in a row"


@pytest.fixture
def ann(client):
    user = make_user(roles.AGENCY, username="ann", name="Ann Lee", email="ann@example.com")
    client.force_login(user)
    return user


def change(client, old=PASSWORD, new=NEW, again=NEW):
    return client.post(reverse("change_password"), {"old_password": old, "new_password1": new, "new_password2": again}, follow=True)


def test_a_changed_password_is_dated_audited_and_keeps_this_session_only(client, ann):
    other = type(client)()
    other.force_login(ann)
    assert "Your password is changed" in change(client).content.decode()
    ann.refresh_from_db()
    assert ann.check_password(NEW)
    assert ann.password_changed_at is not None
    assert client.get("/profile").status_code == 200
    assert other.get("/profile").status_code == 302
    assert AuditEntry.objects.get().action == "Changed their password"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"again": "something else entirely"}, "match"),
        ({"new": "short", "again": "short"}, "at least 12 characters"),
        ({"new": PASSWORD, "again": PASSWORD}, "differs from the present"),
    ],
)
def test_what_is_wrong_with_a_password_is_said_beside_its_field(client, ann, typed, said):
    page = change(client, **typed).content.decode()
    wrong = re.findall(r'<div class="wrong" id="id_\w+_error">(.*?)</div>', page)
    assert any(said in text for text in wrong), wrong
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)
    assert not AuditEntry.objects.exists()


def test_a_wrong_present_password_is_said_audited_and_counted_with_sign_in_attempts(client, ann):
    page = change(client, old="wrong").content.decode()
    assert "This is not your present password." in page
    for _ in range(3):
        client.post(
            reverse("change_password"), {"old_password": "wr0ng-guess", "new_password1": "s3cret-new", "new_password2": "s3cret-new"}
        )
    other = type(client)()
    for _ in range(3):
        assert other.post(reverse("sign_in"), {"username": "ann", "password": "wrong"}).status_code == 200
    assert change(client, old="wrong").status_code == 429
    assert change(client).status_code == 429, "not with the right password either"
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "page"))
    assert actions[0] == ("Present password refused", "Change password")
    assert actions[-1] == ("Locked out", "Change password")
    assert len(actions) == 9
    kept = str(list(AccessAttempt.objects.values()))
    assert "wr0ng-guess" not in kept
    assert "s3cret-new" not in kept


def test_an_empty_present_password_is_no_guess(client, ann):
    change(client, old="")
    assert not AccessAttempt.objects.exists()
    assert not AuditEntry.objects.exists()


def test_an_expired_password_opens_nothing_but_its_change(client, ann):
    User.objects.filter(pk=ann.pk).update(password_expired=True)
    assert client.get("/profile")["Location"] == "/password"
    assert client.get("/profile", headers={"HX-Request": "true"})["HX-Redirect"] == "/password"
    assert "has to be changed" in client.get("/password").content.decode()
    change(client)
    assert client.get("/profile").status_code == 200


def test_a_forgotten_password_is_replaced_through_a_link_that_works_once(client, ann, settings):
    settings.BASE_URL = "https://sluice.example"
    client.logout()
    assert "Check your e-mail" in client.post(reverse("reset_password"), {"email": "ANN@example.com"}, follow=True).content.decode()
    assert mail.outbox == [], "no mail server is called while the page is awaited"
    assert tasks.send_password_mail() == 1
    letter = mail.outbox[0]
    assert letter.to == ["ann@example.com"]
    link = re.search(r"https://sluice\.example(/password/new/\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    done = client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Your new password is set" in done.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(NEW)
    assert "no longer works" in client.get(link, follow=True).content.decode()
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == ["Asked for a new password", "Set a new password"]


def test_an_address_nobody_has_gets_the_same_answer_and_no_letter(client, ann):
    client.logout()
    known = client.post(reverse("reset_password"), {"email": "ann@example.com"}, follow=True)
    unknown = client.post(reverse("reset_password"), {"email": "nobody@example.com"}, follow=True)
    assert known.content == unknown.content
    assert tasks.send_password_mail() == 1
    assert [letter.to for letter in mail.outbox] == [["ann@example.com"]]
    assert not PasswordRequest.objects.exists()


def test_a_known_and_an_unknown_address_cost_the_same_queries(client, ann, django_assert_num_queries):
    client.logout()
    enterprise.current()
    for address in ("ann@example.com", "nobody@example.com"):
        with django_assert_num_queries(3):  # the savepoint around the one row
            client.post(reverse("reset_password"), {"email": address})


SPELLINGS = (
    "ann@example.com", "ANN@example.com", "Ann@Example.Com", " ann@example.com ", "ann@EXAMPLE.com", "aNN@example.com", "anN@example.COM",
)  # fmt: skip


def test_letters_for_one_account_are_limited_in_every_spelling_and_the_page_does_not_say_so(client, ann):
    client.logout()
    pages = [client.post(reverse("reset_password"), {"email": address}, follow=True).content for address in SPELLINGS]
    assert len(set(pages)) == 1
    assert tasks.send_password_mail() == throttle.CALLS["password_mails"] == 3
    assert AuditEntry.objects.filter(action="Asked for a new password").count() == 3


def test_one_client_address_cannot_ask_for_everybody(client, ann):
    Enterprise.objects.update(limits={"password_mails_of_address": 5})
    enterprise.forget()
    client.logout()
    for n in range(9):
        assert client.post(reverse("reset_password"), {"email": f"p{n}@example.com"}).status_code == 302
    assert PasswordRequest.objects.count() == 5
    client.post(reverse("reset_password"), {"email": "ann@example.com"}, REMOTE_ADDR="203.0.113.77")
    assert tasks.send_password_mail() == 1, "another client is not affected"


def test_a_mail_server_that_is_away_delays_the_letter(client, ann, monkeypatch):
    client.logout()
    client.post(reverse("reset_password"), {"email": "ann@example.com"})
    with monkeypatch.context() as away:
        away.setattr("django.core.mail.message.EmailMessage.send", Mock(side_effect=ConnectionRefusedError))
        assert tasks.send_password_mail() == 0
    assert tasks.send_password_mail() == 0, "not before its time"
    PasswordRequest.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert tasks.send_password_mail() == 1
    assert not PasswordRequest.objects.exists()


def test_a_request_that_could_not_be_followed_for_an_hour_is_forgotten(client, ann):
    client.logout()
    client.post(reverse("reset_password"), {"email": "ann@example.com"})
    PasswordRequest.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert tasks.send_password_mail() == 0
    tasks.forget_expired()
    assert not PasswordRequest.objects.exists()


def test_the_profile_saves_name_and_zone_and_audits_what_changed(client, ann):
    client.post(reverse("profile"), {"name": "Ann Leigh", "zone": "Europe/Berlin"})
    ann.refresh_from_db()
    assert (ann.name, ann.zone) == ("Ann Leigh", "Europe/Berlin")
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"name": "Ann Lee", "zone": ""}, {"name": "Ann Leigh", "zone": "Europe/Berlin"})


def test_a_profile_saved_unchanged_writes_nothing(client, ann):
    page = client.post(reverse("profile"), {"name": "Ann Lee", "zone": ""}, follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert not AuditEntry.objects.exists()


def test_a_zone_that_does_not_exist_is_refused(client, ann):
    page = client.post(reverse("profile"), {"name": "Ann Lee", "zone": "Europe/Atlantis"})
    assert "not one of the available choices" in page.content.decode()


def test_the_profile_gives_nobody_another_role(client, ann):
    client.post(reverse("profile"), {"name": "Ann Lee", "zone": "", "role": "admin", "is_superuser": "on"})
    ann.refresh_from_db()
    assert (ann.role, ann.is_superuser) == (roles.AGENCY, False)
