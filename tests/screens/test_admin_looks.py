"""The admin in both sizes and themes: photographed, accessible, within its window and its policy."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from campaigns.models import Advertiser, Agency, Membership
from config.core.accounts import roles
from tests.admin.rows import a_row_each, address  # noqa: F401  (a fixture)
from tests.cast import make_user
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.fixture
def sue():
    return make_user(roles.ADMIN, username="sue", name="Sue Support", is_staff=True)


@pytest.fixture
def rows(a_row_each, make_leads, campaign):  # noqa: F811
    make_leads(campaign, 60, company="A company of a name that is very long indeed " * 4)
    return {model._meta.model_name: row for model, row in a_row_each.items()}


LISTS_AND_EMPTY_FORMS = [
    ("index", "/admin/"),
    ("app", "/admin/leads/"),
    ("leads", "/admin/leads/lead/"),
    ("leads-page-2", "/admin/leads/lead/?p=2&current_status__exact=pending"),
    ("leads-found-none", "/admin/leads/lead/?q=nobody"),
    ("users", "/admin/core/user/"),
    ("api-keys", "/admin/campaigns/apikey/"),
    ("audit", "/admin/core/auditentry/"),
    ("user-new", "/admin/core/user/add/"),
    ("credential-new", "/admin/core/credential/add/"),
    ("not-understood", "/admin/leads/lead/?e=1&colour=red"),
]
TABLES = ["lead", "campaign", "campaignpublisher", "agency", "user", "event", "enterprise", "formfield", "job"]


def test_lists_and_empty_forms(look_at, rows, sue):
    for name, path in LISTS_AND_EMPTY_FORMS:
        look_at(f"admin-{name}", path, sue)


def test_pages_of_a_row(look_at, rows, sue):
    for table in TABLES:
        row = rows[table]
        look_at(f"admin-{table}", reverse(address(type(row), "change"), args=[row.pk]), sue)


def test_the_page_that_sets_a_password(look_at, rows, sue):
    def refuse(page: Page) -> None:
        page.locator("[name=new_password1]").fill("short")
        page.locator("[name=new_password2]").fill("short")
        page.get_by_role("button", name="Set the password").click()
        expect(page.locator(".errornote")).to_be_visible()

    look_at("admin-password", reverse("admin:core_user_password", args=[rows["user"].pk]), sue, refuse)


def test_the_page_before_something_is_deleted(look_at, rows, sue):
    look_at("admin-delete", reverse("admin:campaigns_membership_delete", args=[rows["membership"].pk]), sue)


def test_an_agency_gets_an_advertiser_by_typing_and_choosing(sign_in_as, rows, sue):
    Advertiser.objects.create(name="Zenith Works")
    page = sign_in_as(sue)
    page.goto(reverse("admin:campaigns_agency_change", args=[rows["agency"].pk]))
    page.locator(".select2-search__field").fill("zeni")
    page.get_by_role("option", name="Zenith Works").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    assert set(Agency.objects.get().advertisers.values_list("name", flat=True)) == {"Acme", "Zenith Works"}


def test_a_membership_is_given_and_taken_away_by_hand(sign_in_as, rows, sue):
    page = sign_in_as(sue)
    page.goto(reverse("admin:campaigns_membership_changelist"))
    page.get_by_role("link", name=str(rows["membership"].pk), exact=True).first.click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".messagelist")).to_contain_text("deleted successfully")
    assert not Membership.objects.exists()
