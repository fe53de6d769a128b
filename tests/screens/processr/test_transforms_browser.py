"""Value transforms in a real browser: live preview, adding and removing rows, and the look of every page."""

import re

import pytest
from playwright.sync_api import Page, expect

from processr.transforms import services
from processr.transforms.selectors import transforms_of
from tests.module_cast import ANEW
from tests.processr.transforms.making import case, date, definition, field, join, manipulation, replace, text, trim

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
SECONDS = 15_000


@pytest.fixture
def place(campaign, make_leads) -> str:
    make_leads(campaign, company="  acme   LTD ", telephone="+44 20 7946 0000")
    return f"/v2/campaigns/{campaign.pk}/value_transforms"


def test_the_preview_follows_what_is_typed_and_saving_makes_what_it_showed(campaign, place, sign_in_as):
    page: Page = sign_in_as("admin")
    page.goto(f"{place}/add?type=manipulate")
    page.get_by_label("Label").fill("Tidy company")
    page.get_by_label("Original field").fill("company")
    page.get_by_label("New field").fill("companyName")
    page.get_by_role("button", name="Take spaces away").click()
    page.get_by_label("Inside as well").check()
    preview = page.locator("#preview .result")
    expect(preview).to_contain_text("acme LTD", timeout=SECONDS)
    page.get_by_role("button", name="Capital and small letters", exact=True).click()
    expect(preview).to_contain_text("ACME LTD", timeout=SECONDS)
    page.get_by_label("Write it in").select_option("title")
    expect(preview).to_contain_text("Acme Ltd", timeout=SECONDS)
    page.get_by_role("button", name="Find and replace").click()
    expect(page.get_by_label("Inside as well")).to_be_checked()
    page.get_by_label("Find", exact=True).press_sequentially("/ Ltd$/")
    expect(preview).to_have_text(re.compile(r"companyName\s*Acme$"), timeout=SECONDS)
    page.get_by_label("Find", exact=True).fill("/ (Ltd$/")
    expect(page.locator("#preview")).to_contain_text("missing )", timeout=SECONDS)
    page.get_by_label("Find", exact=True).fill("/ Ltd$/")
    page.get_by_role("button", name="Add this transform").click()
    expect(page.get_by_text("Tidy company is added.")).to_be_visible()
    assert [step["kind"] for step in transforms_of(campaign).get().config["steps"]] == ["trim", "case", "replace"]


def test_steps_are_moved_and_removed_and_keep_what_was_typed(place, sign_in_as):
    page: Page = sign_in_as("admin")
    page.goto(f"{place}/add?type=manipulate")
    page.get_by_role("button", name="Find and replace").click()
    page.get_by_label("Find", exact=True).fill("/half")
    page.get_by_role("button", name="Take spaces away").click()
    page.get_by_role("button", name="Move step 2 up").click()
    expect(page.locator(".transform-step h3")).to_have_text(["1. Take spaces away", "2. Find and replace"])
    expect(page.get_by_label("Find", exact=True)).to_have_value("/half")
    page.get_by_role("button", name="Remove step 1").click()
    expect(page.locator(".transform-step h3")).to_have_text(["1. Find and replace"])


def test_without_our_scripts_rows_come_and_go_all_the_same(campaign, place, sign_in_as):
    page: Page = sign_in_as("admin", java_script_enabled=False)
    page.goto(f"{place}/add?type=transform")
    page.get_by_label("Label").fill("Codes")
    page.get_by_label("Original field").fill("company")
    page.get_by_label("New field").fill("code")
    page.get_by_label("Original value, row 1").fill("Acme")
    page.get_by_label("New value, row 1").fill("A1")
    page.get_by_role("button", name="Add a value").click()
    page.get_by_label("Original value, row 2").fill("Beta")
    page.get_by_label("New value, row 2").fill("B2")
    page.get_by_role("button", name="Show it").click()
    assert "not among the known ones" in page.locator("#preview").inner_text()
    page.get_by_role("button", name="Add this transform").click()
    assert transforms_of(campaign).get().config == {"values": {"Acme": "A1", "Beta": "B2"}}


LONG = "An exceedingly long name of a value transform that somebody has written to say everything about it at once, in one line"


@pytest.fixture
def full(campaign, acme, bob) -> list[int]:
    """Transforms of every kind, with long and foreign names."""
    steps = [join(field("firstName"), text("of"), field("company")), replace(r"/(\d{4})\-(\d{2})/u", "$2"), case("title"), trim(inner=True)]
    made = [
        services.create(
            campaign,
            definition("company", "code", label="Company codes", config={"values": {f"Company {n}": f"C{n}" for n in range(8)}}),
            actor=bob,
        ),
        services.create(campaign, manipulation("company", "note", *steps, label=LONG), actor=bob),
        services.create(campaign, manipulation("born", "bornOn", date("DD/MM/YYYY", "YYYY-MM-DD"), label="تاريخ الميلاد"), actor=bob),
    ]
    for n in range(3):
        services.create(acme, definition("country", f"code{n}", label=f"Countries {n}", group_name="Countries" if n else ""), actor=bob)
    return [one.pk for one in made]


def upload(page: Page) -> None:
    file = "Original Fieldname,New Fieldname,Group Name,Original Value,New Value\ncountry,code,Countries,UK,GB\ncountry,code,Countries,Eire,IE\n"
    page.get_by_label("CSV or XLSX file").set_input_files({"name": "values.csv", "mimeType": "text/csv", "buffer": file.encode()})
    page.get_by_role("button", name="Preview the import").click()
    expect(page.get_by_text("2 rows read")).to_be_visible()


def upload_wrong(page: Page) -> None:
    file = "Original Fieldname,New Fieldname,Group Name,Original Value,New Value\ncountry,code,Countries,,GB\ncountry\n"
    page.get_by_label("CSV or XLSX file").set_input_files({"name": "values.csv", "mimeType": "text/csv", "buffer": file.encode()})
    page.get_by_role("button", name="Preview the import").click()
    expect(page.get_by_text("Nothing was imported.")).to_be_visible()


def refuse(page: Page) -> None:
    page.get_by_role("button", name="Find and replace").click()
    page.get_by_label("Find", exact=True).fill("/(/")
    page.get_by_role("button", name="Add this transform").click()
    expect(page.locator(".wrong").first).to_be_visible()


def test_every_page_looks_as_it_should(campaign, acme, place, full, look_at, make_campaign):
    shelf = f"/v2/advertisers/{acme.pk}/value-transforms"
    empty = make_campaign()
    look_at("transforms-empty", f"/v2/campaigns/{empty.pk}/value_transforms")
    look_at("transforms", place)
    look_at("transforms-kinds", f"{place}/add")
    look_at("transforms-known", f"{place}/{full[0]}")
    look_at("transforms-steps", f"{place}/{full[1]}")
    look_at("transforms-refused", f"{place}/add?type=manipulate", act=refuse)
    look_at("transforms-remove", f"{place}/{full[1]}/remove")
    look_at("transforms-take-over", f"{place}/import")
    look_at("transforms-advertiser", f"{shelf}/list")
    look_at("transforms-import", f"{shelf}/import", act=upload)
    look_at("transforms-import-wrong", f"{shelf}/import", act=upload_wrong)
