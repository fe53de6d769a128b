"""The Processr page in a real browser: from the catalogue to the reason on a lead, by keyboard too, in both themes."""

import pytest
from playwright.sync_api import Page, expect

from campaigns import services as campaigns
from config.core.accounts import roles
from leads.models import Lead
from processr.engine import scheduler
from processr.models import Job
from processr.services import add_job, create_group, disable_job, put_in_group, set_conditions
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

LONG = "A label of one hundred and twenty characters that says more than any column of any table was ever made to hold, or show."


@pytest.fixture
def where(campaign) -> str:
    return f"/v2/campaigns/{campaign.pk}/processr"


@pytest.fixture
def jobs(campaign, bob) -> list[Job]:
    keys = ("duplicate_email", "test_data", "first_last_name_match", "field_length_check")
    return [add_job(campaign, key, stage=stage * 10, score=30, actor=bob) for stage, key in enumerate(keys, start=1)]


def test_a_job_is_configured_a_lead_is_posted_and_its_page_tells_the_reason(campaign, form, pat, where, sign_in_as, client):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/campaigns/{campaign.pk}")
    page.get_by_role("link", name="Processr").click()
    page.get_by_role("link", name="Add the first job").click()
    page.get_by_label("Find a job by what it is called or does").press_sequentially("length check of")
    expect(page.locator(".catalogue li")).to_have_count(1)
    page.get_by_role("link", name="Length check of given field").click()
    page.get_by_label("Fields", exact=True).fill("company")
    page.get_by_label("minimum", exact=False).first.fill("4")
    page.get_by_label("Label").fill("Company is a name")
    page.get_by_label("A lead, one field=value a line").fill("company=Abc")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial")).to_contain_text("company has fewer than 4 characters")
    expect(page.get_by_label("Label")).to_have_value("Company is a name")
    page.get_by_role("button", name="Add this job").last.click()
    expect(page.locator(".word.success")).to_contain_text("Company is a name is added")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator(".word.success")).to_contain_text("it runs from now on")
    address = f"/webhook/campaign/{campaign.pk}/global-form/{form.pk}/leads?apikey={campaigns.api_key_of(campaign)}&publisherId={pat.pk}"
    sent = {"form[firstName]": "Ann", "form[lastName]": "Lee", "form[email]": "ann@example.com", "form[company]": "Abc"}
    assert client.post(address, sent).status_code == 201
    scheduler.serve_campaigns(seconds=10)
    page.goto(f"/v2/leads/{Lead.objects.get().pk}/job_details")
    expect(page.locator("main")).to_contain_text("company has fewer than 4 characters")
    expect(page.locator("main")).to_contain_text("Company is a name")


def test_a_row_is_saved_in_place_and_the_other_rows_keep_what_is_typed(where, jobs, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(where)
    first, second = (page.locator(f"#job-{job.pk}") for job in jobs[:2])
    second.get_by_label("Label of job").fill("Half typed")
    expect(first.get_by_role("button", name="Save")).to_be_hidden()
    first.get_by_label("Score of").fill("50")
    first.get_by_label("Hard fail of").check()
    expect(first.get_by_role("button", name="Save")).to_be_visible()
    first.get_by_role("button", name="Save").click()
    expect(first).to_contain_text("Saved.")
    expect(page.locator("#reach")).to_contain_text("all 140 points")
    expect(page.locator("#announce")).to_contain_text("Saved.")
    expect(second.get_by_label("Label of job")).to_have_value("Half typed")
    expect(second.get_by_role("button", name="Save")).to_be_visible()
    jobs[0].refresh_from_db()
    assert (jobs[0].score, jobs[0].hardfail) == (50, True)


def test_enter_saves_a_row_and_a_mistake_stays_in_it(where, jobs, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(where)
    row = page.locator(f"#job-{jobs[0].pk}")
    row.get_by_label("Score of").fill("lots")
    row.get_by_label("Score of").press("Enter")
    expect(row).to_contain_text("Score: Enter a whole number.")
    expect(row.get_by_label("Score of")).to_have_value("lots")
    row.get_by_label("Score of").fill("11")
    row.get_by_label("Score of").press("Enter")
    expect(row).to_contain_text("Saved.")
    jobs[0].refresh_from_db()
    assert jobs[0].score == 11


def test_a_switch_turns_a_job_off_without_a_reload_and_keeps_the_focus(where, jobs, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(where)
    row = page.locator(f"#job-{jobs[0].pk}")
    row.get_by_label("Label of job").fill("Half typed")
    switch = row.get_by_role("switch")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(switch).to_be_focused()
    expect(row.get_by_label("Label of job")).to_have_value("Half typed")
    expect(page.locator("#reach")).to_contain_text("all 90 points")


def test_everything_works_without_script(where, jobs, sign_in_as):
    page = sign_in_as(roles.ADMIN, java_script_enabled=False)
    page.goto(where)
    row = page.locator(f"#job-{jobs[1].pk}")
    row.get_by_label("Score of").fill("12")
    row.get_by_label("Score of").press("Enter")
    expect(page.locator("main")).to_contain_text("Saved.")
    page.locator(f"#job-{jobs[1].pk}").get_by_role("switch").click()
    expect(page.locator("main")).to_contain_text("Disabled: it no longer runs.")
    page.locator(f"#job-{jobs[1].pk}").get_by_label("up", exact=False).last.click()
    assert Job.objects.order_by("stage").first() == jobs[1]
    page.goto(f"{where}/add")
    page.get_by_label("Find a job by what it is called or does").fill("vowel")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".catalogue li").first).to_be_visible()


def test_a_job_is_moved_configured_and_removed_by_keyboard_alone(where, jobs, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(where)
    up = page.locator(f"#up-{jobs[2].pk}")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").nth(1)).to_have_id(f"job-{jobs[2].pk}")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_have_id(f"job-{jobs[2].pk}")
    page.get_by_role("link", name="Configure First and Last Name Check").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Label").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Two different names")
    page.keyboard.press("Enter")
    expect(page.locator(".word.success")).to_contain_text("Two different names is saved")
    page.get_by_role("link", name="Remove Two different names").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove this job").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_a_row_of_conditions_is_added_with_the_focus_in_it(campaign, where, jobs, sign_in_as, bob):
    group = create_group(campaign, name="Regions", actor=bob)
    put_in_group([jobs[0].pk], group, actor=bob)
    page = sign_in_as(roles.ADMIN)
    page.goto(f"{where}/groups/{group.pk}")
    page.keyboard.press("Tab")
    fields = page.get_by_label("Field", exact=False)
    fields.first.fill("country")
    page.get_by_label("Values").first.fill("GB")
    page.get_by_role("button", name="Add a row").click()
    expect(fields).to_have_count(2)
    expect(fields.nth(1)).to_be_focused()
    expect(page.get_by_label("Values").first).to_have_value("GB")
    page.get_by_role("button", name="Remove row 1").click()
    expect(fields).to_have_count(1)


def test_a_test_lead_shows_its_trace_as_soon_as_it_is_judged(where, jobs, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(where)
    page.get_by_role("link", name="Send a test lead").click()
    for label, value in (("First name", "Ann"), ("Last name", "Ann"), ("E-mail", "ann@example.com")):
        page.get_by_role("textbox", name=label).fill(value)
    page.get_by_role("button", name="Send this test lead").click()
    expect(page.locator("#trace")).to_contain_text("waits for a worker")
    scheduler.serve_campaigns(seconds=10)
    expect(page.locator("#trace")).to_contain_text("Results of the jobs")
    expect(page.locator("#trace")).to_contain_text("First and Last Name Check")


@pytest.fixture
def ordinary(campaign, jobs, make_leads, bob) -> Job:
    """Judged leads, a group with conditions, one job off, one hard fail; and the name of nobody in ASCII."""
    make_leads(campaign, 9)
    make_leads(campaign, firstName="Ann", lastName="Ann")
    make_leads(campaign, firstName="Test", company="محمد")
    scheduler.serve_campaigns(seconds=10)
    group = create_group(campaign, name="Account lists by region", score=50, actor=bob)
    put_in_group([jobs[2].pk, jobs[3].pk], group, actor=bob)
    set_conditions(jobs[2].pk, [{"field": "country", "values": ["GB", "IE"]}], actor=bob)
    disable_job(jobs[1].pk, actor=bob)
    Job.objects.filter(pk=jobs[0].pk).update(hardfail=True, label="E-mail is new here")
    return jobs[3]


def test_the_pages_of_a_campaign_without_jobs(look_at, where, make_leads, campaign):
    make_leads(campaign, 3)
    scheduler.serve_campaigns(seconds=10)
    look_at("processr-empty", where)
    look_at("processr-add", f"{where}/add")
    look_at("processr-add-none", f"{where}/add?q=nothing+of+this+kind")


def test_the_pages_of_an_ordinary_campaign(look_at, where, ordinary, campaign):
    group = campaign.job_groups.get()
    look_at("processr", where)
    look_at("processr-enrichment-empty", f"{where}?tab=enrichment")
    look_at("processr-job", f"{where}/jobs/{ordinary.pk}")
    look_at("processr-tried", f"{where}/jobs/{ordinary.pk}", act=try_it)
    look_at("processr-refused", f"{where}/jobs/{ordinary.pk}", act=mistake)
    look_at("processr-remove", f"{where}/jobs/{ordinary.pk}/remove")
    look_at("processr-groups", f"{where}/groups", act=lambda page: page.get_by_label("A new group").check())
    look_at("processr-group", f"{where}/groups/{group.pk}")
    look_at("processr-dissolve", f"{where}/groups/{group.pk}/dissolve")
    look_at("processr-test-lead", f"{where}/test-lead")
    look_at("processr-trace", f"{where}/test-lead/{Lead.objects.last().pk}")
    look_at("processr-row-refused", where, act=mistake_in_a_row)


def try_it(page: Page) -> None:
    page.get_by_label("A lead, one field=value a line").fill("firstName=A")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".trial")).to_be_visible()


def mistake(page: Page) -> None:
    page.get_by_label("Minimum").fill("")
    page.get_by_label("Label").fill("")
    page.get_by_role("button", name="Save this job").last.click()
    expect(page.locator(".wrong").first).to_be_visible()


def mistake_in_a_row(page: Page) -> None:
    page.get_by_label("Score of").first.fill("many")
    page.get_by_label("Score of").first.press("Enter")
    expect(page.locator(".jobs .form-wrong")).to_be_visible()


def test_forty_jobs_with_labels_as_long_as_they_may_be(look_at, where, campaign, bob, make_leads):
    for number in range(40):
        add_job(campaign, "field_length_check", label=LONG if number % 3 == 0 else f"Length {number}", stage=number, actor=bob)
    group = create_group(campaign, name=LONG, actor=bob)
    put_in_group(list(Job.objects.values_list("pk", flat=True)[:4]), group, actor=bob)
    look_at("processr-forty", where)


def test_held_leads_that_wait_for_somebody(look_at, where, campaign, make_leads, bob):
    make_leads(campaign, 12)
    scheduler.serve_campaigns(seconds=10)
    add_job(campaign, "test_data", actor=bob)
    look_at("processr-holds", where)
    look_at("processr-held", f"{where}/held")


def test_a_template_as_an_agency_reads_it(look_at, where, campaign, jobs, member):
    type(campaign).objects.update(is_template=True)
    Job.objects.filter(pk=jobs[0].pk).update(lock_state=Job.LockState.LOCKED)
    look_at("processr-template", where)
    look_at("processr-template-agency", where, member(roles.AGENCY))
    look_at("processr-template-job-agency", f"{where}/jobs/{jobs[0].pk}", member(roles.AGENCY))
