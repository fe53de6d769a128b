"""The tabs of runs and logs in a real browser: photographed in both themes, and walked by links, search and buttons."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from leads import lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.outcomes import error, failed, passed, skipped
from processr.models import Event
from processr.services import add_job
from tests.module_cast import ANEW
from tests.processr.conftest import job_type

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
__all__ = ["job_type"]

LONG = "every field that is named like an address, a postcode, a telephone number or anything else that people type in " * 5
SENT = "POST https://api.example/check?email=jo%40example.com&key=••••\naccept: application/json\n\n"


@pytest.fixture
def lead(campaign, make_leads, bob, job_type) -> Lead:
    """A lead with two runs of jobs of every outcome, some with long labels and rules, and calls with short and long messages."""
    outcomes = [
        passed(), failed("The address does not exist", field="email", value="x" * 120), error("No answer"), skipped("No company"),
        failed("Too short", field="firstName", value="محمد عبد الله"),
    ]  # fmt: skip
    for number, outcome in enumerate(outcomes, start=1):
        key = job_type(f"seen{number}", check=lambda *_, outcome=outcome: outcome, rule=lambda job: f"It holds for {LONG}" if job else "")
        add_job(campaign, key, label=f"Check {number} {'of a rather long name ' * number}".strip()[:110], stage=number, actor=bob)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=10)
    lifecycle.requeue([lead.pk], actor=bob)
    scheduler.serve_campaigns(seconds=10)
    body = json.dumps({"checks": [{"name": "mx", "passed": True}] * 3})
    for message in (f"{SENT}{body}", f"{SENT}{json.dumps([{'number': number} for number in range(4000)])}", ""):
        Event.objects.create(
            lead_id=lead.pk, campaign_id=campaign.pk, kind="provider", outcome="success", job_id=campaign.jobs.first().pk, run_number=2,
            started_at=timezone.now(), duration_ms=1234, message=message,
        )  # fmt: skip
    return lead


def unfold(page: Page) -> None:
    for summary in page.locator("#lead-tab details:not(.rule) > summary").all():
        summary.click()


def test_the_tabs_in_both_sizes_and_themes(lead, make_leads, campaign, look_at):
    (waiting,) = make_leads(campaign)
    path = f"/v2/leads/{lead.pk}"
    look_at("job-details", f"{path}/job_details", act=unfold)
    look_at("job-details-waiting", f"/v2/leads/{waiting.pk}/job_details")
    look_at("job-details-no-such-run", f"{path}/job_details?run=99")
    look_at("processr-logs", f"{path}/processr_logs")
    look_at("processr-logs-wrong", f"{path}/processr_logs?run=x")
    look_at("provider-logs", f"{path}/provider_logs", act=unfold)
    look_at("provider-logs-empty", f"/v2/leads/{waiting.pk}/provider_logs")


def test_a_rule_has_three_lines_at_most_until_it_is_opened(lead, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/v2/leads/{lead.pk}/job_details")
    rule = page.locator(".rule > summary").first
    assert rule.bounding_box()["height"] <= 3 * 16
    rule.focus()
    page.keyboard.press("Enter")
    assert rule.bounding_box()["height"] > 3 * 16


def test_runs_are_chosen_and_logs_searched_in_place(lead, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/leads/{lead.pk}/job_details")
    page.evaluate("window.same = true")
    page.locator(".run-choice a").last.click()
    expect(page.locator("#lead-tab")).to_contain_text("Run 1, ")
    expect(page.locator(".run-verdict")).to_be_focused()
    assert page.url.endswith("/job_details?run=1")
    page.get_by_role("link", name="Processr Logs").click()
    search = page.get_by_label("Search", exact=True)
    search.fill("TOO SHORT")
    search.press("Enter")
    expect(page.locator(".log-steps tbody tr")).to_have_count(2)
    assert "text=TOO%20SHORT" in page.url
    page.get_by_role("button", name="Search").press("Enter")
    expect(page.locator(".log-steps")).to_be_focused()
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".log-steps tbody tr")).to_have_count(10)
    assert page.evaluate("window.same") is True


def test_a_message_is_copied_and_a_large_one_opened_as_a_whole(lead, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/v2/leads/{lead.pk}/provider_logs")
    page.locator(".log-calls").get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("POST https://api.example/check?email=jo%40example.com&key=••••")
    page.get_by_role("link", name="Show the whole message").click()
    expect(page.locator(".log-calls pre")).to_have_count(1)
    expect(page.locator(".log-calls pre")).to_contain_text('"number": 3999')
