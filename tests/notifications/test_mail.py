"""E-mail about notifications: only to those who want it, repeated after a failure, and never twice."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from config.core import tasks
from config.core.models import Notification
from config.core.notifications import notify
from config.core.notifications.service import mark_read
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

NASTY = "Import of <b>Q3 & Q4</b>.csv is complete:\r\nBcc: everybody@example.com"


@pytest.fixture
def notified(monkeypatch) -> list[tuple]:
    """The messages to workers."""
    calls: list[tuple] = []
    monkeypatch.setattr("config.core.notifications.service.notify_workers", lambda *args: calls.append(args))
    return calls


def test_it_comes_as_text_and_as_html_with_a_link_and_the_way_to_switch_it_off(ann, mailbox, settings):
    settings.BASE_URL = "https://sluice.example"
    notify([ann], "bulk_action", "Reprocess is complete: 312 leads", key="action 1", url="/v2/leads/actions/1")
    assert tasks.send_notification_mail() == 1
    mail = message_from_bytes(mailbox.messages[0], policy=policy.default)
    assert (mail["Subject"], mail["To"], mail["Auto-Submitted"]) == ("Reprocess is complete: 312 leads", ann.email, "auto-generated")
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
    for body in (text, html):
        assert "Ann van der Lee" in body
        assert "Reprocess is complete: 312 leads" in body
        assert "https://sluice.example/v2/leads/actions/1" in body
        assert "https://sluice.example/profile" in body


def test_no_text_can_add_markup_or_recipients(ann, mailbox):
    notify([ann], "bulk_action", NASTY, key="import 1")
    assert tasks.send_notification_mail() == 1
    assert mailbox.recipients == [[ann.email]]
    mail = message_from_bytes(mailbox.messages[0], policy=policy.default)
    assert mail["Bcc"] is None
    assert "&lt;b&gt;Q3 &amp; Q4&lt;/b&gt;" in mail.get_body(["html"]).get_content()
    assert "<b>Q3 & Q4</b>" in mail.get_body(["plain"]).get_content()


@pytest.mark.parametrize("change", [{"mailed_kinds": ["value_import"]}, {"mailed_kinds": []}, {"email": ""}])
def test_those_who_do_not_want_it_or_have_no_address_get_none(ann, mailbox, notified, change):
    type(ann).objects.filter(pk=ann.pk).update(**change)
    ann.refresh_from_db()
    notify([ann], "bulk_action", "Said under the bell alone", key="action 1")
    assert (tasks.send_notification_mail(), mailbox.messages, notified) == (0, [], [])
    assert ann.notifications.count() == 1


def test_whoever_switches_it_off_meanwhile_gets_none(ann, mailbox):
    notify([ann], "bulk_action", "312 leads", key="action 1")
    type(ann).objects.filter(pk=ann.pk).update(mailed_kinds=[])
    assert (tasks.send_notification_mail(), mailbox.messages) == (0, [])
    assert Notification.objects.get().mail_due_at is None


def test_what_was_read_before_is_not_mailed(ann, mailbox):
    notify([ann], "bulk_action", "312 leads", key="action 1")
    mark_read(ann.notifications.all())
    assert (tasks.send_notification_mail(), mailbox.messages) == (0, [])


def test_the_same_thing_said_again_is_mailed_once(ann, mailbox, notified):
    for text in ("CRM refused 1 lead", "CRM refused 2 leads"):
        notify([ann], "bulk_action", text, key="crm")
        tasks.send_notification_mail()
    assert (len(mailbox.messages), len(notified)) == (1, 1)


def test_a_refused_one_is_tried_again_later_and_given_up_in_the_end(ann, mailbox):
    mailbox.refusal = "451 not now"
    notify([ann], "bulk_action", "312 leads", key="action 1")
    tries = 0
    while Notification.objects.get().mail_due_at is not None:
        Notification.objects.update(mail_due_at=timezone.now() - timedelta(seconds=1))
        assert tasks.send_notification_mail() == 0
        tries += 1
    assert tries == 5
    mailbox.refusal = ""
    assert (tasks.send_notification_mail(), mailbox.messages) == (0, [])


def test_a_server_that_is_away_loses_nothing(ann, mailbox, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    notify([ann], "bulk_action", "312 leads", key="action 1")
    assert tasks.send_notification_mail() == 0
    settings.EMAIL_PORT = port
    assert tasks.send_notification_mail() == 0, "not before its time"
    Notification.objects.update(mail_due_at=timezone.now() - timedelta(seconds=1))
    assert tasks.send_notification_mail() == 1
    assert tasks.send_notification_mail() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(ann, mailbox):
    notify([ann], "bulk_action", "312 leads", key="action 1")
    assert at_once(*[tasks.send_notification_mail] * 4) == []
    assert len(mailbox.messages) == 1
