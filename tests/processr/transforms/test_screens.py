"""The pages of value transforms, for each role."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns import services as campaigns
from campaigns.models import Campaign
from config.core.accounts import roles
from config.core.models import AuditEntry
from processr.models import ValueTransform
from processr.transforms import files, services
from processr.transforms.definitions import definition_of
from processr.transforms.selectors import transforms_of
from tests.processr.transforms.making import case, definition, field, join, manipulation, replace, text, trim
from tests.screens.reading import words

pytestmark = pytest.mark.django_db

ROLES = sorted(roles.ALL)
HEADER = ",".join(files.COLUMNS)


@pytest.fixture
def place(campaign) -> str:
    return f"/v2/campaigns/{campaign.pk}/value_transforms"


@pytest.fixture
def shelf(acme) -> str:
    return f"/v2/advertisers/{acme.pk}/value-transforms"


@pytest.fixture
def codes(campaign, bob) -> ValueTransform:
    return services.create(campaign, definition("company", "code", label="Codes", config={"values": {"Acme": "A1"}}), actor=bob)


def posted(**fields: str) -> dict[str, str]:
    return {"act": "save", "label": "Codes", "source_field": "company", "new_field": "code", **fields}


ROW = {"values-0-original": "Acme", "values-0-new": "A1"}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_open_to_those_who_set_campaigns_up_and_to_nobody_else(role, place, shelf, codes, acme, bob, reader):
    kept = services.create(acme, definition(), actor=bob)
    own = [place, f"{place}/add", f"{place}/add?type=transform", f"{place}/{codes.pk}", f"{place}/{codes.pk}/remove", f"{place}/import"]
    shared = [f"{shelf}/list", f"{shelf}/add", f"{shelf}/{kept.pk}", f"{shelf}/{kept.pk}/remove", f"{shelf}/import", f"{shelf}/example"]
    screen = reader(role)
    code = 200 if role in roles.MANAGES_CAMPAIGNS else 403
    asking = {f"{place}/add", f"{place}/add?type=transform", f"{place}/import", f"{shelf}/add", f"{shelf}/import"}
    statuses = {address: 403 if role == roles.ADMIN_MASKED and address in asking else code for address in own + shared}
    assert {address: screen.get(address).status for address in own + shared} == statuses
    doing = [f"{place}/switch", f"{place}/{codes.pk}/move", f"{shelf}/{kept.pk}/move"]
    assert {address: screen.post(address, use="1").status for address in doing} == dict.fromkeys(doing, code)


def test_what_is_anothers_does_not_exist(place, codes, bob, reader):
    rival = campaigns.create_advertiser("Rival", actor=bob)
    foreign = services.create(rival, definition(), actor=bob)
    screen = reader(roles.AGENCY)
    theirs = f"/v2/advertisers/{rival.pk}/value-transforms"
    for address in (f"{theirs}/list", f"{theirs}/add", f"{theirs}/{foreign.pk}", f"{theirs}/import", f"{place}/{foreign.pk}", f"{place}/0"):
        assert screen.get(address).status == 404, address
    for address in (f"{theirs}/{foreign.pk}/remove", f"{theirs}/{foreign.pk}/move", f"{place}/{foreign.pk}/remove"):
        assert screen.post(address).status == 404, address
    assert ValueTransform.objects.filter(pk=foreign.pk).exists()


def test_an_empty_list_says_what_transforms_are_for(place, reader):
    page = reader().get(place)
    assert "No transforms yet" in page.words
    assert "There is none yet, so values stay as they were captured." in page.words


def test_the_list_shows_every_transform_in_its_order_with_what_it_does(campaign, place, codes, bob, reader):
    services.create(campaign, manipulation("company", "loud", trim(), case("upper"), label="Loud"), actor=bob)
    rows = reader().get(place).rows
    assert [{name: row[name] for name in ("Label", "Original field", "New field", "Type", "What it does")} for row in rows] == [
        {"Label": "Codes", "Original field": "company", "New field": "code", "Type": "Transform", "What it does": "1 known value"},
        {"Label": "Loud", "Original field": "company", "New field": "loud", "Type": "Manipulate", "What it does": "Take spaces away, then capital and small letters"},
    ]  # fmt: skip


def test_a_transform_is_added_with_its_values(campaign, place, reader):
    page = reader().post(
        f"{place}/add?type=transform",
        **posted(**ROW, **{"values-3-original": "Beta", "values-3-new": "B2"}),
        pasted='Gamma,G3\n"Delta, Inc",D4\n',
        any_case="on",
    )
    assert "Codes is added. It runs over every lead from now on" in page.words
    assert definition_of(transforms_of(campaign).get()).config == {
        "values": {"Acme": "A1", "Beta": "B2", "Gamma": "G3", "Delta, Inc": "D4"},
        "any_case": True,
    }
    assert AuditEntry.objects.filter(action="value transform added").count() == 1


def test_a_manipulate_is_added_with_its_steps_in_their_order(campaign, place, reader):
    steps = {
        "steps-0-kind": "replace", "steps-0-find": "/a/", "steps-0-replacement": " b ",
        "steps-4-kind": "join", "steps-4-parts": 'company, "of", email', "steps-4-separator": "",
        "steps-7-kind": "trim", "steps-7-inner": "on", "steps-9-kind": "case", "steps-9-to": "title",
    }  # fmt: skip
    reader().post(f"{place}/add?type=manipulate", **posted(**steps))
    assert definition_of(transforms_of(campaign).get()).config["steps"] == [
        replace("/a/", " b "), join(field("company"), text("of"), field("email"), separator=""), trim(inner=True), case("title"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "said", "kept"),
    [
        ("transform", {"label": "", **ROW}, "This field is required.", 'value="Acme"'),
        ("transform", {}, "This field is required.", 'value="Codes"'),
        ("transform", {"values-0-new": "A1"}, "This field is required.", 'value="A1"'),
        ("transform", {**ROW, "values-1-original": "Acme"}, "This value stands above already.", 'value="A1"'),
        ("transform", {**ROW, "pasted": "Acme,2"}, "“Acme” is in it more than once.", "Acme,2"),
        ("transform", {"pasted": "Acme"}, "Line 1: write the original value, a comma, and the new value.", "Acme</textarea>"),
        ("transform", {"pasted": 'a,"b'}, "A quotation mark that opens in this row is never closed", "a,&quot;b"),
        ("transform", {**ROW, "new_field": "n" * 81}, "at most 80 characters", "n" * 81),
        ("manipulate", {}, "Add at least one step.", 'value="Codes"'),
        ("manipulate", {"steps-0-kind": "replace", "steps-0-find": "/(/"}, "missing )", 'value="/(/"'),
        ("manipulate", {"steps-0-kind": "date", "steps-0-reads": "dd", "steps-0-writes": "YYYY"}, "is no part of a date", 'value="dd"'),
        ("manipulate", {"steps-0-kind": "join", "steps-0-parts": ""}, "This field is required.", "Join fields"),
        ("manipulate", {"steps-0-kind": "no such"}, "Add at least one step.", "Add a step"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(place, reader, kind, fields, said, kept):
    page = reader().post(f"{place}/add?type={kind}", **posted(**fields))
    assert page.status == 200
    assert said in page.words
    assert kept in page.html
    assert len(re.findall(r"<[^>]*\bautofocus\b[^>]*>", page.html)) == 1, "what is wrong has the focus"
    assert ValueTransform.objects.count() == 0


def test_an_unknown_kind_is_nothing(place, reader):
    assert reader().get(f"{place}/add?type=other").status == 404


def test_rows_are_added_moved_and_taken_away_without_saving_or_losing_anything(place, reader):
    screen, address = reader(), f"{place}/add?type=manipulate"
    steps = {"steps-0-kind": "trim", "steps-1-kind": "replace", "steps-1-find": "/half", "steps-2-kind": "case", "steps-2-to": "title"}

    def kinds(act: str) -> list[str]:
        page = screen.post(address, **posted(**steps, act=act))
        assert 'value="/half"' in page.html or act == "out 1"
        assert "must end with" not in page.html.split('id="preview"')[0], "nobody has asked to save yet"
        return re.findall(r'name="steps-\d+-kind" value="(\w+)"', page.html)

    assert kinds("add date") == ["trim", "replace", "case", "date"]
    assert kinds("up 1") == ["replace", "trim", "case"]
    assert kinds("down 0") == ["replace", "trim", "case"]
    assert kinds("out 1") == ["trim", "case"]
    assert kinds("up 0") == kinds("out 9") == kinds("add nothing") == kinds("explode 1") == kinds("down 2") == ["trim", "replace", "case"]
    assert ValueTransform.objects.count() == 0


def test_a_value_more_has_a_row_to_be_written_into(place, reader):
    page = reader().post(f"{place}/add?type=transform", **posted(**ROW, act="add"))
    assert 'value="Acme"' in page.html
    assert 'name="values-1-original"' in page.html


def test_a_change_starts_from_what_is_there(place, codes, reader):
    page = reader().get(f"{place}/{codes.pk}")
    assert all(f'value="{value}"' in page.html for value in ("Codes", "company", "code", "Acme", "A1"))


def test_what_another_changed_meanwhile_is_told_and_not_overwritten(place, codes, bob, reader):
    screen = reader()
    seen = definition_of(codes).digest
    services.change(codes.pk, definition("company", "code", label="Newer", config={"values": {"Acme": "A1"}}), actor=bob)
    page = screen.post(f"{place}/{codes.pk}", **posted(**ROW, label="Mine", seen=seen))
    assert "This transform was changed meanwhile." in page.words
    assert 'value="Mine"' in page.html
    assert ValueTransform.objects.get().label == "Newer"


def test_a_transform_of_many_values_is_edited_as_text_and_loses_none(campaign, place, bob, reader):
    values = {f"value {n}": f'new, "{n}"' for n in range(1_200)}
    big = services.create(campaign, definition("company", "code", config={"values": values}), actor=bob)
    page = reader().get(f"{place}/{big.pk}")
    assert "values-0-original" not in page.html
    pasted = (
        re.search(r'<textarea[^>]*name="pasted"[^>]*>(.*?)</textarea>', page.html, re.DOTALL)[1]
        .replace("&quot;", '"')
        .replace("\n", "\r\n")
    )
    reader().post(f"{place}/{big.pk}", **posted(pasted=pasted))
    assert definition_of(ValueTransform.objects.get()).config == {"values": values}


def test_the_preview_shows_what_is_read_each_step_and_the_result(campaign, place, make_leads, reader):
    make_leads(campaign, company="  acme  ltd ")
    fields = {"steps-0-kind": "trim", "steps-0-inner": "on", "steps-1-kind": "case", "steps-1-to": "upper"}
    words = reader().post(f"{place}/add?type=manipulate", **posted(**fields, act="preview")).words
    assert "company acme ltd 1. Take spaces away acme ltd 2. Capital and small letters ACME LTD code ACME LTD" in words
    assert ValueTransform.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"values-0-original": "Acme", "values-0-new": "A1"}, "code A1"),
        ({"values-0-original": "Other", "values-0-new": "A1"}, "code not written The value is not among the known ones"),
        ({"values-0-original": ""}, "Nothing to show yet"),
        ({"values-0-original": "Acme", "values-0-new": "", "lead": "x"}, "There is no lead “x” in this campaign."),
        ({"values-0-original": "Acme", "values-0-new": "", "lead": "9" * 19}, "There is no lead"),
        ({"values-0-original": "Acme", "values-0-new": "A1", "new_field": "company"}, "The lead has a company already"),
        ({"values-0-original": "Acme", "values-0-new": ""}, "code empty"),
    ],
)
def test_the_preview_says_why_there_is_nothing_to_show(campaign, place, make_leads, reader, fields, said):
    make_leads(campaign, company="Acme")
    assert said in reader().post(f"{place}/add?type=transform", **posted(**fields, act="preview")).words


def test_the_preview_of_a_campaign_without_leads_says_so(place, reader):
    assert (
        "There is no lead in this campaign yet to try it on."
        in reader().post(f"{place}/add?type=transform", **posted(**ROW, act="preview")).words
    )


def test_the_preview_of_a_catastrophe_says_what_it_would_do_to_a_lead(campaign, place, make_leads, reader):
    make_leads(campaign, company="a" * 3_000 + "!")
    fields = {"steps-0-kind": "replace", "steps-0-find": "/(a|a)*$/"}
    words = reader().post(f"{place}/add?type=manipulate", **posted(**fields, act="preview")).words
    assert "It could not be applied: the expression takes too long. A lead it happens to is in error, and at best Caution." in words


def test_the_preview_reads_what_earlier_transforms_make_and_no_later_ones(campaign, place, codes, make_leads, bob, reader):
    make_leads(campaign, company="Acme")
    late = services.create(campaign, definition("company", "late", config={"values": {"Acme": "too late"}}), actor=bob)
    fields = posted(source_field="code", new_field="x", **{"values-0-original": "A1", "values-0-new": "first"}, act="preview")
    assert "x first" in reader().post(f"{place}/add?type=transform", **fields).words
    services.move(late.pk, by=-1, actor=bob)
    assert "code too late" not in reader().post(f"{place}/{late.pk}", **{**fields, "source_field": "late"}).words


@pytest.mark.parametrize("find", ["/^S.*/", "/^[a-m].*/i", "/^.(.).*/", "/(?=Secret)/", "/^(S|s)(e|E)/", "/.{9,}/"])
def test_who_sees_leads_masked_learns_nothing_from_a_preview_not_even_whether_something_matched(
    campaign, place, make_leads, bob, reader, find
):
    (lead,) = make_leads(campaign, company="Secretive")
    made = services.create(campaign, manipulation("company", "note"), actor=bob)
    fields = {"steps-0-kind": "replace", "steps-0-find": find, "steps-0-replacement": "", "source_field": "company"}
    masked = reader(roles.ADMIN_MASKED)
    for named in ("", str(lead.pk)):
        page = masked.post(f"{place}/{made.pk}", **posted(**fields, act="preview", lead=named))
        assert "You see this lead masked" in page.words
        assert "S••••" not in page.html.split('id="preview"')[1]


def test_the_page_of_a_transform_shows_a_masked_admin_no_value_in_its_preview(campaign, place, make_leads, bob, reader):
    make_leads(campaign, firstName="Ann", company="  secretive   LTD ")
    steps = [join(field("firstName"), text("of"), field("company")), case("title"), trim(inner=True)]
    made = services.create(campaign, manipulation("company", "note", *steps), actor=bob)
    preview = reader(roles.ADMIN_MASKED).get(f"{place}/{made.pk}").html.split('id="preview"')[1]
    assert "You see this lead masked" in words(preview)
    assert "note ••••" not in words(preview)
    assert "ecretive" not in preview.lower()


def test_a_live_preview_answers_with_its_part_of_the_page_alone(campaign, place, make_leads, reader):
    make_leads(campaign, company="Acme")
    answer = (
        reader().client.post(f"{place}/add?type=transform", posted(**ROW, act="preview"), headers={"HX-Request": "true"}).content.decode()
    )
    assert answer.lstrip().startswith('<div id="preview"')
    assert "<html" not in answer


def test_the_switch_turns_all_off_and_says_what_is_kept(campaign, place, codes, reader):
    screen = reader()
    assert (
        "Value transforms are switched off: none runs from now on, and all of them are kept."
        in screen.post(f"{place}/switch", use="0").words
    )
    assert Campaign.objects.get(pk=campaign.pk).use_value_transforms is False
    assert "None of them runs" in screen.get(place).words
    assert (
        "It runs once value transforms are switched on."
        in screen.post(f"{place}/add?type=transform", **posted(**ROW, new_field="other")).words
    )
    screen.post(f"{place}/switch", use="1")
    assert Campaign.objects.get(pk=campaign.pk).use_value_transforms is True


def test_moving_says_why_when_it_cannot_be(campaign, place, codes, bob, reader):
    bands = services.create(campaign, definition("code", "band", label="Bands"), actor=bob)
    page = reader().post(f"{place}/{bands.pk}/move", to="up")
    assert "Bands stays where it is. “Bands” reads code, which “Codes” makes only after it." in page.words
    other = services.create(campaign, definition("email", "other", label="Other"), actor=bob)
    assert [row["Label"] for row in reader().post(f"{place}/{other.pk}/move", to="up").rows] == ["Codes", "Other", "Bands"]


def test_removing_asks_first_and_names_who_reads_what_it_makes(campaign, place, codes, bob, reader):
    services.create(campaign, definition("code", "band", label="Bands"), actor=bob)
    screen = reader()
    assert "Bands reads what it makes." in screen.get(f"{place}/{codes.pk}/remove").words
    assert transforms_of(campaign).count() == 2
    assert "Codes is removed." in screen.post(f"{place}/{codes.pk}/remove").words
    assert screen.get(f"{place}/{codes.pk}/remove").status == 404


def test_groups_of_the_advertiser_are_imported_as_copies(campaign, acme, place, bob, reader):
    kept = [services.create(acme, definition(new=f"code{n}", label=f"Kept {n}", group_name="Countries"), actor=bob) for n in range(2)]
    screen = reader()
    assert "Countries Kept 0 country to code0 , 1 known value" in screen.get(f"{place}/import").words
    assert "Choose at least one transform." in screen.post(f"{place}/import").words
    client_page = screen.client.post(f"{place}/import", {"transform": [kept[0].pk, kept[1].pk]}, follow=True).content.decode()
    assert "2 transforms imported" in client_page
    assert [one.label for one in transforms_of(campaign)] == ["Kept 0", "Kept 1"]
    assert "this campaign has it already" in screen.get(f"{place}/import").words


def test_an_advertiser_without_transforms_says_where_to_make_them(place, reader):
    assert "The advertiser has no transforms" in reader().get(f"{place}/import").words


def upload(screen, shelf: str, text: str):
    return screen._page(screen.client.post(f"{shelf}/import", {"act": "look", "file": SimpleUploadedFile("values.csv", text.encode())}))


def test_a_file_is_shown_before_it_is_taken(acme, shelf, reader):
    screen = reader()
    page = upload(screen, shelf, f'\ufeff{HEADER}\r\ncountry,code,Countries,UK,GB\r\ncountry,code,Countries,"Eire, old",IE\r\n')
    assert "2 rows read 1 transform will be made country to code : 2 values, group Countries" in page.words
    assert ValueTransform.objects.count() == 0
    seen = re.search(r'name="seen" value="(\w+)"', page.html)[1]
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.html, re.DOTALL)[1].replace("&quot;", '"')
    after = screen.post(f"{shelf}/import", act="import", seen=seen, text=text)
    assert "1 transform made, 0 transforms extended." in after.words
    assert transforms_of(acme).get().config == {"values": {"UK": "GB", "Eire, old": "IE"}}
    again = screen.post(f"{shelf}/import", act="import", seen=seen, text=text)
    assert "This is what the file would do now." in again.words
    assert "1 transform knows all of it already." in again.words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEADER}\na,b,c,,e\na,b\n", "Row 2: There is no original value. Row 3: The row ends before Group Name."),
        ("x", "The first row must name the columns"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_by_its_rows(shelf, reader, text, said):
    page = upload(reader(), shelf, text)
    assert said in page.words
    assert ValueTransform.objects.count() == 0


def test_without_a_file_nothing_happens(shelf, reader):
    assert "Choose a file." in reader().post(f"{shelf}/import", act="look").words


def test_the_advertisers_list_finds_by_group_label_and_type(acme, shelf, bob, reader):
    services.create(acme, definition(label="Codes", group_name="Countries"), actor=bob)
    services.create(acme, manipulation("company", "loud", label="Loud"), actor=bob)
    screen = reader(roles.AGENCY)
    assert [row["Label"] for row in screen.get(f"{shelf}/list").rows] == ["Codes", "Loud"]
    for asked, label in (("group=countries", "Codes"), ("label=lou", "Loud"), ("type=manipulate", "Loud"), ("label=country", "Codes")):
        assert [row["Label"] for row in screen.get(f"{shelf}/list?{asked}").rows] == [label], asked
    assert "is not a filter of this list" in screen.get(f"{shelf}/list?colour=red").words


def test_a_transform_of_an_advertiser_keeps_its_group_and_a_campaigns_copy_keeps_it_too(campaign, acme, place, shelf, bob, reader):
    screen = reader()
    screen.post(f"{shelf}/add?type=transform", **posted(**ROW, group_name="Firms"))
    kept = transforms_of(acme).get()
    services.copy_into(campaign, [kept.pk], actor=bob)
    copy = transforms_of(campaign).get()
    screen.post(f"{place}/{copy.pk}", **posted(**ROW, label="Ours"))
    assert transforms_of(campaign).values_list("label", "group_name").get() == ("Ours", "Firms")


def test_more_transforms_cost_no_more_queries(campaign, acme, place, shelf, codes, bob, reader):
    screen = reader()
    kept = services.create(acme, definition(), actor=bob)
    pages = [place, f"{place}/{codes.pk}", f"{place}/import", f"{shelf}/list", f"{shelf}/{kept.pk}"]
    for page in pages:
        screen.get(page)
    few = [len(screen.queries(page)) for page in pages]
    for n in range(15):
        services.create(campaign, definition("company", f"n{n}"), actor=bob)
        services.create(acme, definition("company", f"n{n}", group_name=f"Group {n}"), actor=bob)
    assert [len(screen.queries(page)) for page in pages] == few


def test_agencies_look_at_a_templates_transforms_and_change_none(campaign, place, codes, reader):
    Campaign.objects.filter(pk=campaign.pk).update(is_template=True)
    screen = reader(roles.AGENCY)
    page = screen.get(place)
    assert (page.status, "Add a transform" in page.words) == (200, False)
    assert screen.get(f"{place}/{codes.pk}").status == screen.post(f"{place}/switch", use="0").status == 403
    assert reader(roles.ADMIN).get(f"{place}/{codes.pk}").status == 200


def test_nobody_signed_in_is_sent_to_sign_in(place, shelf):
    assert [Client().get(address).status_code for address in (place, f"{shelf}/list")] == [302, 302]
