"""Copying settings, renaming a group of transforms, and the warning about a changed group, in a real browser in both themes."""

import pytest
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from leads import bulk, lifecycle
from processr.models import Job
from processr.services import add_job, create_group, put_in_group, update_group
from processr.transforms import services as transforms
from tests.module_cast import ANEW
from tests.processr.transforms.making import definition

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

LONG = "A label of one hundred and twenty characters that says more than any column of any table was ever made to hold, or show."
RTL = "حملة الربيع للشركات"


@pytest.fixture
def source(campaign, bob) -> Job:
    config = {"fields_to_read": ["lastName", "company", "jobTitle"], "minimum": 4}
    return add_job(campaign, "field_length_check", label="Long names", score=40, hardfail=True, config=config, actor=bob)


@pytest.fixture
def others(make_campaign, bob) -> list[Job]:
    names = [("Autumn", "Names"), (RTL, LONG), ("W" * 80, "Names")]
    return [add_job(make_campaign(name), "field_length_check", label=label, actor=bob) for name, label in names]


def tick_all(page: Page) -> None:
    for box in page.locator("input[name=job]").all():
        box.check()


def look_at_changes(page: Page) -> None:
    tick_all(page)
    page.get_by_role("button", name="Preview the changes").click()
    page.wait_for_selector(".copy-changes")


def test_settings_are_copied_from_the_row_of_a_job_to_what_is_ticked(source, others, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/campaigns/{source.campaign_id}/processr")
    page.get_by_role("link", name="Copy settings of Long names to other jobs").click()
    page.locator("label", has_text=f"Names {others[0].pk}").get_by_role("checkbox").check()
    page.get_by_label("Find jobs by their campaign").fill("nowhere")
    page.keyboard.press("Enter")
    expect(page.locator("input[name=job]:checked")).to_have_count(1)
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.locator(".copy-changes")).to_contain_text("Score")
    page.get_by_role("button", name="Copy to 1 job").click()
    expect(page.locator(".word.success")).to_contain_text("1 job is set up like Long names now")
    others[0].refresh_from_db()
    assert (others[0].score, others[0].hardfail) == (40, True)


def test_the_pages_of_copying_are_pleasant_in_every_light(source, others, look_at):
    where = f"/v2/campaigns/{source.campaign_id}/processr/jobs/{source.pk}/copy"
    look_at("processr-copy", where)
    look_at("processr-copy-look", where, act=look_at_changes)


def test_the_groups_of_transforms_are_pleasant_in_every_light(campaign, bob, look_at):
    for number, group in enumerate(("Countries", "Countries", "Sizes", LONG, RTL)):
        transforms.create(campaign, definition("company", f"new{number}", label=f"To new{number}", group_name=group), actor=bob)
    where = f"/v2/campaigns/{campaign.pk}/value_transforms"
    look_at("transform-groups", f"{where}/groups")
    look_at("transforms-grouped", where)
    look_at("transform-group-rename", f"{where}/groups/rename?group=Countries", act=take_the_name_of_another)


def take_the_name_of_another(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Sizes")
    page.get_by_role("button", name="Rename this group").click()
    page.get_by_role("button", name="Join the two groups").wait_for()


def test_a_group_that_was_changed_meanwhile_is_told_in_every_light(campaign, bob, look_at):
    group = create_group(campaign, name="Regions", actor=bob)
    put_in_group([add_job(campaign, "test_data", actor=bob).pk], group, actor=bob)
    scores = iter(range(100, 200))

    def save_over_another(page: Page) -> None:
        update_group(group.pk, score=next(scores), actor=bob)
        page.get_by_role("button", name="Save this group").click()
        page.get_by_text("This group was changed meanwhile.").wait_for()

    look_at("processr-group-changed", f"/v2/campaigns/{campaign.pk}/processr/groups/{group.pk}", act=save_over_another)


def test_many_held_leads_are_pleasant_in_every_light(campaign, make_leads, bob, look_at):
    lifecycle.hold([lead.pk for lead in make_leads(campaign, bulk.AT_ONCE + 1)], reason="no_job")
    add_job(campaign, "test_data", actor=bob)
    look_at("processr-held-many", f"/v2/campaigns/{campaign.pk}/processr/held")
