"""A webhook from its first signature on, over a receiver that breaks, to the last call that had failed: on screen, as an admin does it."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from config.core.background import runs
from config.core.http.connection import pool
from integrations.actions import ResendRun
from integrations.delivery import scheduler
from integrations.models import Delivery, DeliveryAction, Destination, Message
from integrations.outbound_events import services as events
from processr.services import add_job
from tests.integrations.kinds.sending import row, settings_of
from tests.integrations.kinds.verifier import VerifyingReceiver
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def receiver(settings) -> Iterator[VerifyingReceiver]:
    pool.forget()
    with VerifyingReceiver() as started:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{started.port}"]
        yield started


def make_secret(page: Page, address: str, button: str = "Make a secret and sign") -> str:
    page.goto(address)
    page.get_by_role("button", name=button).click()
    secret = page.locator("#signing-secret").inner_text()
    page.goto(address)
    expect(page.locator("#signing-secret")).to_have_count(0)  # it is shown once
    return secret


def resend_three(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Resend what failed…").click()
    page.get_by_role("button", name="Count them").click()
    expect(page.get_by_role("heading", name="3 would be sent again")).to_be_visible()
    page.get_by_role("button", name="Resend 3", exact=True).click()


def pass_time() -> None:
    """Let a day pass for what waits for a retry."""
    Delivery.objects.filter(state="queued").update(not_before=F("not_before") - timedelta(days=1))
    Message.objects.filter(state="queued").update(not_before=F("not_before") - timedelta(days=1))
    Destination.objects.update(waits_until=F("waits_until") - timedelta(days=1))


def test_a_webhook_is_signed_breaks_is_mended_and_what_failed_is_resent(receiver, campaign, make_leads, sign_in_as, bob):
    config = settings_of("http_post", url=receiver.url("leads"), fields_sent=[row("email", "email")], in_doubt="again")
    job = add_job(campaign, "http_post", actor=bob, label="CRM", config=config)
    told = {"label": "Tell Pat", "trigger": "valid", "method": "POST", "url": receiver.url("told"), "enabled": True}
    event = events.add_event(campaign, told, actor=bob)
    sending = f"/v2/campaigns/{campaign.pk}/processr/{job.pk}/sending"
    events_page = f"/v2/campaigns/{campaign.pk}/tracking/events"
    page = sign_in_as(roles.ADMIN)

    def deliver(n: int) -> None:
        make_leads(campaign, n)
        judge_all(campaign, limit=n)
        scheduler.serve_destinations(seconds=20)

    first = make_secret(page, sending)
    receiver.trust("leads", first=first)
    receiver.trust("told", told=make_secret(page, f"{events_page}/{event.pk}/sending"))
    deliver(2)
    second = make_secret(page, sending, "Make a new secret")
    expect(page.get_by_text("The old secret is valid too")).to_be_visible()
    receiver.trust("leads", first=first, second=second)
    deliver(1)

    receiver.answer_with(404)  # their address has gone: this needs a person
    deliver(3)
    receiver.answer_with(503)  # they are down: it waits, and the destination rests
    deliver(8)
    page.goto("/v2/leads")
    page.get_by_role("button", name="Notifications").click()
    page.get_by_role("link", name=re.compile("CRM of .* does not answer")).or_(
        page.get_by_role("button", name=re.compile("CRM of .* does not answer"))
    ).first.click()
    expect(page).to_have_url(re.compile(f"{sending}$"))
    expect(page.locator("#state ~ p").first).to_have_text("Resting")
    expect(page.get_by_text("Failing since")).to_be_visible()

    receiver.answer_with(200)
    page.get_by_role("button", name="End the old secret now").click()
    expect(page.get_by_text("The old secret has ended")).to_be_visible()
    receiver.trust("leads", first=first, second=second)
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_text("It is tried now")).to_be_visible()
    pass_time()
    scheduler.serve_destinations(seconds=20)
    assert not Destination.objects.exclude(failing_since=None).exists()

    for address in (sending, f"{events_page}/{event.pk}/sending"):
        resend_three(page, address)
        runs.work_on(ResendRun, DeliveryAction.objects.latest("pk").pk)
        page.reload()
        expect(page.locator("main")).to_contain_text(re.compile(r"Will be sent again\s*3"))
    scheduler.serve_destinations(seconds=20)

    calls = receiver.calls
    taken = [call for call in calls if call["path"] == "/leads" and call["status"] == 200]
    assert (len(taken), len({call["id"] for call in taken})) == (14, 14), "each lead arrived once"
    assert {*Delivery.objects.values_list("state", flat=True), *Message.objects.values_list("state", flat=True)} == {"sent"}
    verified = [call["verified_by"] for call in calls if call["path"] == "/leads"]
    changed = next(number for number, names in enumerate(verified) if names == ["first", "second"])
    ended = verified.index(["second"])
    assert verified == [["first"]] * changed + [["first", "second"]] * (ended - changed) + [["second"]] * (len(verified) - ended)
    assert changed == 2
    of_event = [call for call in calls if call["path"] == "/told"]
    assert {tuple(call["verified_by"]) for call in of_event} == {("told",)}
    assert sorted(Counter(call["id"] for call in of_event if call["status"] == 200).values()) == [1] * 14
