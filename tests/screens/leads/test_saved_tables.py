"""Views of the Leads page: own tables, named and shared views, what cannot be shown any more, and the file of the rows on screen."""

import csv
import re
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest

from campaigns import services
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.lists.saved.services import set_default
from config.core.models import AuditEntry, SavedTable
from leads.columns import label_of
from leads.columns.declared import DEFAULT_COLUMNS
from leads.models import Lead
from leads.privacy import MASKED_ROLES
from tests.cast import make_user
from tests.laws.writes import recorded_writes
from tests.leads.acts import judge_all
from tests.screens.reading import Reader, words

pytestmark = pytest.mark.django_db
LEADS = "/v2/leads"
HOSTILE = '<img src=x onerror="alert(1)"> ”%27 {{ 7*7 }}'


@pytest.fixture
def jo(campaign, make_leads) -> Lead:
    return make_leads(
        campaign, firstName="Joséphine", lastName="Núñez", email="jo@example.com", company="=1+1", telephone="+44 7700 900123"
    )[0]


def save_as(screen: Reader, name: str, address: str = LEADS, **fields) -> SavedTable:
    """Save what the address shows as a view, and return it."""
    screen.post(address, act="save_as", name=name, **fields)
    return SavedTable.objects.get(user=screen.user, name=" ".join(name.split()))


def messages_of(html: str) -> str:
    return words(html.partition('<div id="messages">')[2].partition('<section class="list"')[0])


def test_a_table_of_ones_own_is_kept_without_a_name_and_reset(jo, reader):
    screen, other = reader(), reader()
    default = screen.get(LEADS).headings
    assert default == ["Id", "Name", "Company", "Email", "Current Status", "Campaign", "Delivery", "Billable", "Date", "Actions"]
    page = screen.post(LEADS, act="save", columns=["ip", "captured:company", "id"])
    assert page.headings == screen.get(LEADS).headings == ["IP Address", "company", "Id", "Actions"]
    assert other.get(LEADS).headings == default
    for refused in (["id", "colour"], ["lead_hash"], ["captured:"], ["id"] * 2 + ["enriched:\0"]):
        assert "Nothing was saved: the column" in screen.post(LEADS, act="save", columns=refused).words
    assert screen.get(LEADS).headings[0] == "IP Address"
    assert screen.post(LEADS, act="reset").headings == default
    assert not SavedTable.objects.exists()
    assert [screen.client.post(LEADS, {"act": act}).status_code for act in ("", "drop", "share", "default", "delete")] == [
        400,
        400,
        302,
        302,
        302,
    ]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))[-2:] == ["own table saved", "own table reset"]


def test_a_view_keeps_columns_order_filter_and_rows_and_opens_with_them_in_the_address(jo, campaign, make_leads, reader):
    screen = reader()
    view = save_as(
        screen, "  Only\tSpring ", f"{LEADS}?campaign={campaign.pk}&email=jo&sort=-created_at&per_page=25", columns=["email", "id"]
    )
    assert (view.name, view.columns, view.order, view.per_page) == ("Only Spring", ["email", "id"], "-created_at", 25)
    assert view.filter == {"campaign": [str(campaign.pk)], "email": ["jo"]}
    with recorded_writes() as writes:
        opened = screen.client.get(f"{LEADS}?view={view.pk}")
        assert parse_qs(urlsplit(opened["Location"]).query) == {
            "view": [str(view.pk)], "campaign": [str(campaign.pk)], "email": ["jo"], "sort": ["-created_at"], "per_page": ["25"],
        }  # fmt: skip
        page = screen.get(opened["Location"])
    assert writes == []
    assert (page.headings, page.ids) == (["Email", "Id", "Actions"], [jo.pk])
    assert "View: Only Spring" in page.words
    (other,) = make_leads(campaign, email="al@example.com")
    cleared = screen.get(f"{LEADS}?view={view.pk}&sort=-id")
    assert (cleared.headings, cleared.ids) == (["Email", "Id", "Actions"], [other.pk, jo.pk])
    filtered = screen.get(f"{LEADS}?view={view.pk}&email=al")
    assert filtered.ids == [other.pk]
    assert f'href="{LEADS}?view={view.pk}&amp;sort=-id"' in filtered.html, "clearing the filter does not open the view with it again"
    assert "You have a view “Only Spring” of this list already." in screen.post(LEADS, act="save_as", name="Only Spring").words
    for name, fault in (
        ("", "Give the view a name."),
        (" \n", "Give the view a name."),
        ("x" * 81, "at most 80"),
        ("a\u202eb", "direction mark"),
        ("a\0", "plain text"),
    ):
        assert fault in screen.post(LEADS, act="save_as", name=name).words
    assert "Nothing was saved." in screen.post(f"{LEADS}?colour=red", act="save_as", name="Red").words
    screen.post(f"{LEADS}?view={view.pk}&delivery=delivered", act="save", columns=["id"])
    view.refresh_from_db()
    assert (view.columns, view.filter, view.order) == (["id"], {"delivery": ["delivered"]}, "")


def test_the_default_view_opens_with_the_list_and_the_own_table_stays_within_reach(jo, reader):
    screen = reader()
    first, second = (save_as(screen, name, f"{LEADS}?delivery=delivered", columns=["id"]) for name in ("First", "Second"))
    for view in (first, second):
        screen.post(f"{LEADS}?view={view.pk}", act="default", is_default="yes")
    assert list(SavedTable.objects.filter(is_default=True)) == [second]
    page = screen.client.get(LEADS)
    assert page["Location"] == f"{LEADS}?view={second.pk}&delivery=delivered&per_page=50"
    assert screen.get(f"{LEADS}?view=own").ids == [jo.pk]
    assert screen.get(f"{LEADS}?email=jo").ids == [jo.pk], "an address with a filter is answered as it stands"
    searched = screen.get(f"{LEADS}?search=jo")
    assert (searched.headings, searched.ids) == (["Id", "Actions"], [jo.pk]), (
        "a search keeps the columns of the default view, not its filter"
    )
    assert "View: Second" in searched.words
    stale = SavedTable.objects.get(pk=second.pk)
    screen.post(f"{LEADS}?view={second.pk}", act="delete")
    assert screen.get(LEADS).ids == [jo.pk]
    with pytest.raises(DomainError, match="deleted meanwhile"):
        set_default(stale, is_default=True, actor=Actor("", screen.user.pk))


@pytest.mark.parametrize("text", ["0", "999999999", "x", "-1", "٣", "9" * 40, "1 2", "%00"])
def test_a_view_that_one_does_not_have_shows_nothing_and_is_named(jo, reader, text):
    page = reader().get(f"{LEADS}?view={text}")
    assert (page.status, page.ids) == (200, [])
    assert "is no view of this list that you can open: it was deleted, or is not shared with you." in page.words


def test_a_shared_view_is_seen_by_its_roles_without_personal_filters_and_changed_by_its_owner_alone(jo, campaign, reader):
    owner, masked, publisher, admin = reader(roles.SUPER), reader(roles.ADMIN_MASKED), reader(roles.PUBLISHER), reader(roles.ADMIN)
    asked = f"{LEADS}?campaign={campaign.pk}&email=jo&phone=%2B44&name=jos&search=jo&created_after=2020-01-01"
    view = save_as(owner, HOSTILE, asked, columns=["email", "publisher_payout", "advertiser_payout", "id"])
    address = f"{LEADS}?view={view.pk}"
    assert "is no view of this list" in masked.get(address).words
    audience = {"act": "share", "roles": [roles.ADMIN_MASKED, roles.PUBLISHER, roles.ADMIN]}
    asked_first = owner.post(address, **audience)
    assert "Choose what becomes of the filter by Email, Name, Telephone and Search, which a shared view cannot hold." in asked_first.words
    view.refresh_from_db()
    assert (view.shared_with, view.filter["email"]) == ([], ["jo"])
    said = owner.post(address, personal="drop", **audience).html
    assert (
        "Left out of the shared view, as not everybody may read personal data: the filter by Email, Name, Telephone and Search."
        in messages_of(said)
    )
    view.refresh_from_db()
    assert view.filter == {"campaign": [str(campaign.pk)], "created_after": ["2020-01-01"]}
    page = masked.get(address)
    page = masked.get(masked.client.get(address)["Location"])
    assert (page.headings[:2], page.rows[0]["Email"]) == (["Email", "Publisher Payout"], "j••••")
    assert "<img src=x" not in page.html
    assert "{{ 7*7 }}" in page.words
    page = publisher.get(publisher.client.get(address)["Location"])
    assert page.headings == ["Email", "Publisher Payout", "Id", "Actions"]
    assert "The column “Advertiser Payout” of the view" in page.words
    assert "is not shown to your role: it opened without it." in page.words
    for act in ({"act": "save", "columns": "id"}, {"act": "share"}, {"act": "default", "is_default": "yes"}):
        for screen in (masked, admin):
            assert "This view is somebody else's." in screen.post(address, **act).words
    assert "This view is somebody else's." in masked.post(address, act="delete").words
    owner.post(f"{asked}&view={view.pk}", act="save", columns=["id"])
    view.refresh_from_db()
    assert set(view.filter) == {"campaign", "created_after"}, "a shared view is saved without them too"
    assert "does not open this list" in owner.post(address, act="share", roles=["king"]).words
    admin.post(address, act="delete")
    assert not SavedTable.objects.exists()
    assert not AuditEntry.objects.filter(after__icontains="jo@").exists()


HIDDEN = {
    "advertiser_payout": roles.SEES_LEADS - roles.MANAGES_CAMPAIGNS - roles.ADVERTISER_SIDE,
    "publisher_payout": roles.SEES_LEADS - roles.MANAGES_CAMPAIGNS - {roles.PUBLISHER},
    "publisher_billable": roles.SEES_LEADS - roles.MANAGES_CAMPAIGNS,
    "enriched:domain": {roles.PUBLISHER},
}


@pytest.mark.parametrize("role", sorted(roles.SEES_LEADS))
def test_a_shared_view_opens_for_each_role_without_what_it_may_not_see_and_names_that(role, jo, campaign, reader):
    campaign.call_centre = True
    campaign.save(update_fields=["call_centre"])
    judge_all(campaign)
    admin, screen = reader(roles.ADMIN), reader(role)
    view = save_as(admin, "For all", f"{LEADS}?sort=email&flag_comment.is=empty&delivery=not_delivered", columns=[*HIDDEN, "email", "id"])
    admin.post(f"{LEADS}?view={view.pk}", act="share", roles=[*roles.SEES_LEADS], personal="drop")
    SavedTable.objects.filter(pk=view.pk).update(  # as no view is saved
        filter={"flag_comment.is": ["empty"], "delivery": ["not_delivered"]}
    )
    page = screen.get(screen.client.get(f"{LEADS}?view={view.pk}")["Location"])
    hidden = [label_of(key) for key, unseen in HIDDEN.items() if role in unseen]
    notices = [words(notice) for notice in re.findall(r'view-notice">(.*?)</div></div>', page.html, re.DOTALL)]
    expected = [f"The column “{label}” of the view “For all” is not shown to your role: it opened without it." for label in hidden]
    masked = role in MASKED_ROLES | {roles.ADVERTISER_REPORT}
    assert page.headings == [*(label_of(key) for key in HIDDEN if role not in HIDDEN[key]), "Email", "Id", "Actions"]
    assert notices[: len(expected)] == expected
    assert ["Comments are masked for your role" in words_ for words_ in notices[len(expected) :]] == ([True, False] if masked else [])


def test_a_copy_is_shared_without_personal_filters_and_the_view_keeps_them(jo, campaign, reader):
    owner, masked = reader(roles.SUPER), reader(roles.ADMIN_MASKED)
    view = save_as(owner, "Jo's", f"{LEADS}?campaign={campaign.pk}&email~=jo", columns=["email", "id"])
    address = f"{LEADS}?view={view.pk}"
    menu = owner.client.get(f"{address}&panel=views", headers={"HX-Request": "true"}).content.decode()
    assert "The filter by Email" in menu
    assert 'value="Jo&#x27;s (shared)"' in menu
    shared = {"act": "share", "roles": [roles.ADMIN_MASKED], "personal": "copy"}
    assert "Give the view a name." in owner.post(address, copy_name=" ", **shared).words
    assert "does not open this list" in owner.post(address, **{**shared, "roles": ["king"], "copy_name": "Not made"}).words
    said = owner.post(address, copy_name="Jo's (shared)", **shared).words
    assert "Your view “Jo's” stays as it is, with its filter by Email." in said
    view.refresh_from_db()
    copy = SavedTable.objects.get(name="Jo's (shared)")
    assert (view.filter, view.is_shared) == ({"campaign": [str(campaign.pk)], "email~": ["jo"]}, False)
    assert (copy.filter, copy.shared_with, copy.columns) == ({"campaign": [str(campaign.pk)]}, [roles.ADMIN_MASKED], ["email", "id"])
    assert SavedTable.objects.count() == 2
    assert masked.get(f"{LEADS}?view={copy.pk}&sort=id").rows[0]["Email"] == "j••••"
    assert "stays out of it" not in menu
    menu = owner.client.get(f"{LEADS}?view={copy.pk}&email=jo&panel=views", headers={"HX-Request": "true"}).content.decode()
    assert "The view is shared: the filter by Email stays out of it." in menu


def test_what_is_refused_in_the_menu_is_shown_again_with_what_was_typed(jo, reader):
    screen = reader(roles.SUPER)
    view = save_as(screen, "First", f"{LEADS}?email=jo", columns=["id"])

    def post(address: str, **fields):
        return screen.client.post(address, fields, headers={"HX-Request": "true"})

    answer = post(f"{LEADS}?email=jo", act="save_as", name="First", columns=["company", "id", "captured:size"])
    menu = answer.content.decode()
    assert (answer.status_code, answer["X-Sluice-Fragment"]) == (200, "1")
    assert 'value="First"' in menu
    assert 'aria-invalid="true" aria-describedby="view-name-error" autofocus' in menu
    assert "You have a view “First” of this list already. Choose another name." in menu
    assert re.findall(r'name="columns" value="([^"]*)"', menu) == ["company", "id", "captured:size", ""]
    assert "the column “colour” is not there any more" in words(post(LEADS, act="save", columns=["id", "colour"]).content.decode())
    menu = post(f"{LEADS}?view={view.pk}", act="share", roles=[roles.ADMIN], personal="copy", copy_name="First").content.decode()
    assert 'id="copy-name-error"' in menu
    assert 'value="admin" checked' in menu
    assert 'value="First" maxlength="80" autocomplete="off" dir="auto" aria-invalid="true"' in menu
    answer = post(f"{LEADS}?email=jo", act="save_as", name="Second", columns=["id"])
    second = SavedTable.objects.get(name="Second")
    assert answer["HX-Redirect"] == f"{LEADS}?email=jo&view={second.pk}&per_page=50"
    assert "The view “Second” is saved." in screen.get(answer["HX-Redirect"]).words


def test_an_agencys_user_shares_with_the_own_agency_alone(jo, reader, bob, acme):
    owner, colleague, caller, super_user = (reader(role) for role in (roles.AGENCY, roles.AGENCY, roles.AGENCY_CALL_CENTRE, roles.SUPER))
    rival = services.create_agency("Rival", advertisers=[acme], actor=bob)
    stranger = reader(roles.SUPER)
    stranger.client.force_login(user := make_user(roles.AGENCY))
    services.add_member(user, rival, actor=bob)
    agency = owner.user.memberships.get().agency_id
    view = save_as(owner, "Ours", columns=["id"])
    address = f"{LEADS}?view={view.pk}"
    for refused in (rival.pk, "x", "0"):
        assert "an agency that you work for" in owner.post(address, act="share", agency=refused).words
    owner.post(address, act="share", agency=agency, roles=[roles.SUPER])
    assert ["View: Ours" in screen.get(f"{address}&sort=-id").words for screen in (colleague, caller)] == [True, True]
    for screen in (stranger, super_user):
        assert "is no view of this list" in screen.get(address).words
    owner.post(address, act="share", agency="")
    assert "is no view of this list" in colleague.get(address).words
    publisher = reader(roles.PUBLISHER)
    own = save_as(publisher, "Mine", columns=["id"])
    assert "Your role shares no views" in publisher.post(f"{LEADS}?view={own.pk}", act="share", agency=agency, roles=[roles.SUPER]).words


def test_what_a_view_has_and_the_page_does_not_is_left_out_and_said(jo, reader):
    """A column that is gone, one of another type, a filter and an order that the role may not use any more."""
    screen = reader(roles.ADMIN_MASKED)
    stored = {
        "columns": ["id", "colour", 7, "id", "captured:", "company"],
        "filter": {"email": ["jo"], "gone": ["1"], "view": ["9"], "odd": 3},
    }
    view = SavedTable.objects.create(user=screen.user, table="leads", name="Old", order="email", **stored)
    answer = screen.client.get(f"{LEADS}?view={view.pk}")
    assert answer["Location"] == f"{LEADS}?view={view.pk}&per_page=50"
    page = screen.get(answer["Location"])
    assert (page.headings, page.ids) == (["Id", "Company", "Actions"], [jo.pk])
    assert "The column “colour” of the view “Old” is not there any more: it opened without it." in page.words
    assert "opened without a part of its filter or order. Email: E-mail addresses are masked for your role" in page.words
    assert "“gone” is not a filter of this list." in page.words
    for broken in ([], {}, "id", [3], ["colour"]):
        SavedTable.objects.filter(pk=view.pk).update(columns=broken, filter=broken)
        assert len(screen.get(f"{LEADS}?view={view.pk}&sort=-id").headings) == len(DEFAULT_COLUMNS) + 1


def test_the_file_of_the_rows_on_screen_is_what_the_page_shows(jo, campaign, make_leads, reader):
    make_leads(campaign, 30, email="al@example.com", company="Acme")
    columns = {"columns": ["id", "company", "email"], "table": "leads"}
    for role, shown in ((roles.ADMIN, ["'=1+1", "jo@example.com"]), (roles.ADMIN_MASKED, ["'=••••", "j••••"])):
        screen = reader(role)
        SavedTable.objects.create(user=screen.user, **columns)
        address = f"{LEADS}?sort=id&per_page=25"
        assert "Tick that you accept the terms first." in screen.post(address, act="download").words
        answer = screen.client.post(address, {"act": "download", "terms": "yes"})
        rows = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert rows[0] == ["Id", "Company", "Email"]
        assert rows[1] == [str(jo.pk), *shown]
        assert [int(row[0]) for row in rows[1:]] == screen.get(address).ids
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.after["rows"], entry.after["columns"]) == ("table downloaded", 25, ["Id", "Company", "Email"])
        second = screen.client.post(f"{address}&after={rows[-1][0]}", {"act": "download", "terms": "yes"})
        assert len(b"".join(second.streaming_content).splitlines()) == 1 + 6
        refused = screen.post(f"{LEADS}?colour=red", act="download", terms="yes")
        assert "“colour” is not a filter of this list." in refused.words


def test_the_menu_offers_what_the_role_may_see_and_costs_the_page_no_more_with_many_views(jo, reader):
    publisher = reader(roles.PUBLISHER)
    menu = publisher.client.get(f"{LEADS}?panel=views", headers={"HX-Request": "true"}).content.decode()
    assert 'value="Publisher Payout"' in menu
    assert 'value="Advertiser Payout"' not in menu
    assert 'data-key="captured:company"' in menu
    assert "Share…" not in menu
    assert "“panel” is not a filter of this list." in publisher.get(f"{LEADS}?panel=views").words
    few = len(publisher.queries(LEADS))
    for n in range(5):
        view = save_as(publisher, f"View {n}", columns=["id"])
    assert len(publisher.queries(LEADS)) == few
    menu = publisher.client.get(f"{LEADS}?panel=views&view={view.pk}&sort=id", headers={"HX-Request": "true"}).content.decode()
    assert 'aria-current="true">View 4</a>' in menu
    assert f'action="{LEADS}?view={view.pk}&amp;sort=id"' in menu


def test_every_list_with_a_key_has_views_of_its_own(campaign, make_campaign, reader):
    """Columns without data stay where they are, what the role does not see cannot be chosen, and the file has whole words."""
    make_campaign("=Autumn")
    screen, publisher = reader(), reader(roles.PUBLISHER)
    page = screen.post("/v2/campaigns", act="save", columns=["volume", "name"])
    assert page.headings == ["Volume", "Name"]
    assert 'class="in-card card-1" data-label="Name"' in page.html
    view = save_as(screen, "Names", "/v2/campaigns?sort=-name", columns=["name", "start"])
    assert (view.table, view.order) == ("campaigns", "-name")
    assert "is no view of this list" in screen.get(f"{LEADS}?view={view.pk}").words, "a view belongs to one list"
    answer = screen.client.post(f"/v2/campaigns?view={view.pk}&sort=-name", {"act": "download", "terms": "yes"})
    rows = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [rows[0], *(row[0] for row in rows[1:])] == [["Name", "Starts"], "Spring", "'=Autumn"]
    assert rows[1][1].startswith(campaign.start.isoformat()[:16])
    assert "the column “advertiser” is not there any more" in publisher.post("/v2/campaigns", act="save", columns=["advertiser"]).words
    assert reader(roles.REPORT).client.post("/v2/campaigns", {"act": "save", "columns": "name"}).status_code == 403
    assert screen.get("/v2/campaigns").headings == ["Volume", "Name"]
