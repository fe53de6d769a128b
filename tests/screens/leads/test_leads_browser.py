"""The pages of leads and campaigns in a real browser: new leads, reasons, the key; photographed in both themes."""

import pytest
from playwright.sync_api import Page, expect

from campaigns import services
from config.core.accounts import roles
from config.core.models import SavedTable
from leads import lifecycle
from leads.models import Lead, LeadNote
from leads.views.timeline import PAGE_SIZE
from processr.engine import scheduler
from processr.services import add_job
from tests.cast import make_user
from tests.fixtures.browser import PHONE
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

POLL = 16_000
LONG = "A company of two hundred characters that nobody would ever print on a card " * 3


@pytest.fixture
def world(campaign, make_campaign, make_leads, bob) -> dict:
    """Leads of every status, judged by real jobs; a long name, a name from right to left, and one campaign that is paused."""
    for stage, (key, score) in enumerate((("test_data", 30), ("first_last_name_match", 10), ("duplicate_email", 60))):
        add_job(campaign, key, actor=bob, score=score, stage=stage)
    leads = make_leads(campaign, 12)
    people = {
        0: {"firstName": "محمد", "lastName": "عبد الله", "email": "m@example.com"},
        1: {"firstName": LONG[:180], "lastName": LONG[:180], "company": LONG, "email": f"{'long' * 40}@example.com"},
        2: {"firstName": "Test", "lastName": "Lead"},
    }
    for n, values in people.items():
        Lead.objects.filter(pk=leads[n].pk).update(captured={**leads[n].captured, **values})
    scheduler.process_turn(campaign.pk, 0)
    ids = [lead.pk for lead in leads]
    lifecycle.mark_delivered(ids[4:9], actor=bob)
    lifecycle.flag(ids[4:5], "invalid", actor=bob, reason="Returned", comment="The sales team could not reach this person.")
    lifecycle.flag(ids[5:6], "test", actor=bob, reason="Client test")
    make_leads(campaign, 2)
    paused = make_campaign(f"Summer: {LONG}"[:160], lead_volume=12_345_678)
    services.pause(paused.pk, actor=bob, reason="Waiting for the new landing page")
    return {"campaign": campaign.pk, "paused": paused.pk, "long": ids[1], "flagged": ids[4], "plain": ids[3]}


def test_new_leads_are_announced_quietly_and_shown_with_their_status_without_a_reload(campaign, make_leads, sign_in_as):
    make_leads(campaign)
    page = sign_in_as(roles.ADMIN)
    page.clock.install()
    page.goto("/v2/leads")
    page.evaluate("window.same = true")
    make_leads(campaign, 2, firstName="Nova")
    page.clock.run_for(POLL)
    expect(page.locator(".news-line")).to_have_text("2 new leads · Show")
    judge_all(campaign)
    page.get_by_role("link", name="Show", exact=True).click()
    expect(page.locator(".list-foot")).to_contain_text("1–3 of 3")
    expect(page.locator("tbody tr").first).to_contain_text("Nova")
    expect(page.locator("tbody tr").first.locator('td[data-label="Current Status"]')).to_contain_text("Valid")
    assert page.evaluate("window.same"), "the page was loaded anew"


def test_a_pending_row_gets_its_status_by_itself(campaign, make_leads, sign_in_as):
    (lead,) = make_leads(campaign)
    page = sign_in_as(roles.ADMIN)
    page.clock.install()
    page.goto("/v2/leads")
    status = page.locator(f"#lead-{lead.pk}-current")
    expect(status).to_contain_text("Pending")
    judge_all(campaign, "caution")
    page.clock.run_for(POLL)
    expect(status).to_contain_text("Caution")
    expect(page.locator("input[name=awaited]:not([disabled])")).to_have_count(0)
    expect(page.locator(".news-line")).to_have_count(0)


def test_no_poll_is_sent_while_nobody_looks(campaign, make_leads, sign_in_as):
    make_leads(campaign)
    page = sign_in_as(roles.ADMIN)
    page.clock.install()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/leads/new" in request.url else None)
    page.goto("/v2/leads")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(4 * POLL)
    assert asked == []
    with page.expect_response("**/v2/leads/new*"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert len(asked) == 1


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_the_reasons_open_by_pointer_and_by_keyboard(world, sign_in_as, way):
    person = make_user(roles.ADMIN)
    SavedTable.objects.create(user=person, table="leads", columns=["id", "score"])
    page = sign_in_as(person)
    page.goto("/v2/leads?current_status=invalid")
    badge = page.locator('td[data-label="QA Status"] button.status-invalid').first
    getattr(badge, way)()
    reasons = page.locator(".reasons:popover-open")
    expect(reasons).to_contain_text("points")
    expect(reasons.locator("li").first).to_be_visible()


def test_the_reasons_open_by_tap_on_a_phone(world, sign_in_as):
    page = sign_in_as(roles.ADMIN, viewport=PHONE, has_touch=True)
    page.goto("/v2/leads?current_status=invalid")
    page.locator('td[data-label="Current Status"] button.status:visible').first.tap()
    expect(page.locator(".reasons:popover-open")).to_be_visible()


def test_one_switch_shows_the_key_and_the_line_that_holds_it(campaign, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/campaigns/{campaign.pk}")
    key = services.api_key_of(campaign)
    expect(page.get_by_text(key)).to_have_count(2)  # in the line and for copying: neither can be seen
    expect(page.locator("#line")).to_be_hidden()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#line")).to_contain_text(key)
    expect(page.locator("#line")).to_be_visible()
    expect(page.locator(".without-key")).to_be_hidden()


def test_the_line_is_copied_with_its_key(campaign, sign_in_as):
    page = sign_in_as(roles.ADMIN, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/v2/campaigns/{campaign.pk}")
    page.get_by_role("button", name="Copy line with key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert services.api_key_of(campaign) in copied
    assert copied.startswith("curl 'http://")
    assert copied.count("\n") == copied.count("\\\n") >= 3


def test_a_campaign_is_paused_and_resumed_by_keyboard_alone(campaign, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/campaigns/{campaign.pk}")
    page.get_by_role("link", name="Pause campaign").press("Enter")
    page.get_by_label("Reason").fill("New landing page")
    page.get_by_label("Reason").press("Enter")
    expect(page.get_by_text("Spring is paused: no lead is accepted from now on.")).to_be_visible()
    page.get_by_role("link", name="Resume campaign").press("Enter")
    page.get_by_role("button", name="Resume campaign").press("Enter")
    expect(page.get_by_text("Spring is resumed: leads are accepted again from now on.")).to_be_visible()


def open_score(page: Page) -> None:
    page.locator("button.status:visible", has_text="Invalid").first.focus()
    expect(page.locator(".reasons:popover-open")).to_be_visible()


def open_campaign_filter(page: Page) -> None:
    page.get_by_role("button", name="Add filter").click()
    page.locator("#add-filter").get_by_role("button", name="Campaign", exact=True).click()
    expect(page.locator("[data-added=campaign]")).to_be_visible()


def show_key(page: Page) -> None:
    page.get_by_role("button", name="Show", exact=True).click()


def refuse_pause(page: Page) -> None:
    page.get_by_role("button", name="Pause campaign").click()
    expect(page.locator(".wrong")).to_be_visible()


LEADS = [
    ("leads", "/v2/leads", None),
    ("leads-reasons", "/v2/leads?current_status=invalid", open_score),
    ("leads-filter", "/v2/leads", open_campaign_filter),
    ("leads-no-match", "/v2/leads?current_status=valid&email=nobody", None),
    ("leads-not-understood", "/v2/leads?current_status=good", None),
    ("leads-of-campaign", "/v2/campaigns/{campaign}/leads", None),
    ("lead", "/v2/leads/{plain}", None),
    ("lead-flagged", "/v2/leads/{flagged}", None),
    ("lead-long", "/v2/leads/{long}", None),
]
CAMPAIGNS = [
    ("campaigns", "/v2/campaigns", None),
    ("campaigns-inactive", "/v2/campaigns/inactive", None),
    ("campaign", "/v2/campaigns/{campaign}", None),
    ("campaign-key", "/v2/campaigns/{campaign}", show_key),
    ("campaign-paused", "/v2/campaigns/{paused}", None),
    ("campaign-pause", "/v2/campaigns/{campaign}/pause", None),
    ("campaign-pause-refused", "/v2/campaigns/{campaign}/pause", refuse_pause),
    ("campaign-resume", "/v2/campaigns/{paused}/resume", None),
]


def test_pages_of_leads_as_those_who_manage_see_them(world, look_at):
    for name, path, act in LEADS:
        look_at(name, path.format(**world), act=act)


def test_pages_of_campaigns_as_those_who_manage_see_them(world, look_at):
    for name, path, act in CAMPAIGNS:
        look_at(name, path.format(**world), act=act)


def test_older_notes_come_below_the_newer_ones_and_the_focus_goes_to_the_first_of_them(world, look_at, sign_in_as):
    lead = world["plain"]
    LeadNote.objects.bulk_create(
        LeadNote(lead_id=lead, actor_name="Sluice", kind="status", changes=[], comment=f"Note {n}.") for n in range(PAGE_SIZE + 5)
    )
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/leads/{lead}/notes")
    shown = page.locator(".timeline li:not(.timeline-older)")
    expect(shown).to_have_count(PAGE_SIZE)
    page.get_by_role("link", name="Older").press("Enter")
    expect(shown.nth(PAGE_SIZE)).to_be_focused()
    expect(shown.nth(PAGE_SIZE)).to_contain_text("Note 4.")
    expect(page.get_by_role("link", name="Older")).to_be_hidden()
    newest = LeadNote.objects.order_by("-pk")[1].pk
    look_at("lead-older-notes", f"/v2/leads/{lead}/notes?before={newest}")


def test_an_installation_without_leads(look_at):
    ann = make_user(roles.ADMIN)
    look_at("leads-none", "/v2/leads", ann)
    look_at("campaigns-none", "/v2/campaigns", ann)


@pytest.mark.parametrize(
    ("role", "pages"), [(roles.ADVERTISER, ("leads", "lead", "campaign")), (roles.PUBLISHER, ("leads", "lead", "campaign", "campaigns"))]
)
def test_pages_as_the_parties_see_them(world, member, look_at, role, pages):
    person = member(role)
    paths = {
        "leads": "/v2/leads",
        "lead": f"/v2/leads/{world['flagged']}",
        "campaign": f"/v2/campaigns/{world['campaign']}",
        "campaigns": "/v2/campaigns",
    }
    for name in pages:
        look_at(f"{name}-{role}", paths[name], person)
