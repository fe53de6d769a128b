"""The search box: what finds a lead, for whom, and where a search ends."""

import pytest
from django.db import connection

from campaigns import services
from config.core.accounts import roles
from leads import lifecycle, search
from leads.models import Lead
from leads.models.tally import PART_BITS
from leads.search import SearchRefused, find_leads
from leads.selectors import leads_for
from tests.cast import make_user
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db

JO = {
    "firstName": "Joséphine Anne-Marie", "lastName": "O’Neil-Núñez", "company": "Łódź & Sons (Holdings) Ltd.", "country": "GB",
    "email": "Jo.O'Neil+web@Mail.Bücher.example", "telephone": "020 7946 0001",
}  # fmt: skip
AL = {"firstName": "太郎", "lastName": "山田", "company": "3M", "email": "al@example.org", "telephone": "+39 06 9812345"}
FINDS_JO = [
    "josephine", "JOSÉ", "nunez josephine", "neil jo", "o'neil", "oneil", "O`NEIL-NUNEZ", "annemarie", "anne marie", "marie-anne", "lodz",
    "Sons Holdings", "sons, ltd", "jo.o'neil+web@mail.bücher.example", "JO.O'NEIL+WEB@mail.xn--bcher-kva.example", "jo.o'n", "jo.o'neil+web@mail",
    "mailto:jo.o'neil%2Bweb@mail.b%C3%BCcher.example?subject=x", "@mail.bücher.example", "bücher", "ann josé lodz", "  nunez\u00a0 jo ", "jo jo jo",
    "+44 20 7946 0001", "02079460001", "(020) 7946-0001", "20 7946 0001", "2079460001", "442079460001", "0044 20 7946 0001", "+44 (0)20 7946",
    "020 79", "tel:+44-20-7946-0001", "٠٢٠ ٧٩٤٦ ٠٠٠١", "+44 20 7946 0001 ext. 5", "SPRING", "campaign ring",
]  # fmt: skip
FINDS_AL = ["山田", "山", "太郎 山田", "太", "3m", "06 9812345", "+39 06 98123", "3906981", "al@", "org al", "al@example.org\x00"]
FINDS_NONE = [
    "osephine", "neilx", "jo al", "example.net", "jo.o'neil+web@mail.bücher.example.org", "020 7946 0002", "lead", "c:1", "p:1", "", " ", "!!!",
    "&", "|", "'", "\\", ":*", "q & !z", "'' | ''", "<->", "q\x00", "\ud800", "%", "_", "@", "@@", "é" * 2_000, "x" * 320 + "@a.b", "\\'", "';--",
    "a@\\", "a@'", "a@b:*", "\n@\n", "ab@cd" * 300, "💥", "\u0301", "\u0640" * 99, "9" * 20,
]  # fmt: skip


@pytest.fixture
def jo(make_campaign, make_leads) -> Lead:
    return make_leads(make_campaign("Spring campaign"), **JO)[0]


@pytest.fixture
def al(make_campaign, make_leads) -> Lead:
    return make_leads(make_campaign("Tokyo"), **AL)[0]


def found(text, who) -> list[int]:
    return sorted(leads_for(who).filter(find_leads(text, who).condition).values_list("pk", flat=True))


@pytest.mark.sql
def test_a_lead_is_found_by_any_part_in_any_order_and_spelling_and_by_nothing_else(jo, al):
    who = make_user(roles.ADMIN)
    expected = {**dict.fromkeys(FINDS_JO, [jo.pk]), **dict.fromkeys(FINDS_AL, [al.pk]), **dict.fromkeys(FINDS_NONE, [])}
    expected |= {str(jo.pk): [jo.pk], f" {al.pk} ": [al.pk], jo.lead_hash.upper(): [jo.pk], "tokyo": [al.pk]}
    assert {text: ids for text in expected if (ids := found(text, who)) != expected[text]} == {}


def test_an_id_is_found_as_people_write_it(jo, al):
    for role in (roles.ADMIN, roles.ADMIN_MASKED):
        who = make_user(role)
        for text in (f"#{jo.pk}", f" # {jo.pk} ", f"lead {jo.pk}", f"Lead #{jo.pk}", f"LEAD{jo.pk}"):
            assert found(text, who) == [jo.pk], (role, text)
    assert found(f"#{10**30}", make_user(roles.ADMIN)) == []


@pytest.mark.sql
@pytest.mark.parametrize("rare", [search.SAMPLED_AT_MOST, 1])
def test_each_word_is_one_of_the_lead_or_of_the_name_of_its_campaign(jo, al, make_leads, monkeypatch, rare):
    monkeypatch.setattr(search, "SAMPLED_AT_MOST", rare)
    who = make_user(roles.ADMIN)
    (in_tokyo,) = make_leads(al.campaign, **JO)
    (other,) = make_leads(jo.campaign, company="Spring cleaning")
    for text in ("spring josephine", "Nunez SPRING", "jo campaign lodz", "o'neil pring", "spring jo.o'neil+web@mail.bücher.example"):
        assert found(text, who) == [jo.pk], text
    assert found("tokyo neil", who) == [in_tokyo.pk]
    assert found("spring cleaning", who) == [other.pk]
    assert found("spring", who) == [jo.pk, other.pk]
    assert found("spring nobody", who) == found("tokyo 太郎 campaign", who) == []
    assert found("am josephine", who) == []  # in the name of the campaign, as it is of most


def test_a_short_number_is_an_id_or_a_whole_word(campaign, make_leads):
    one, two = make_leads(campaign, company="42"), make_leads(campaign, company="4242 Records")
    assert found("42", make_user(roles.ADMIN)) == [one[0].pk]
    assert found("4242", make_user(roles.ADMIN)) == [two[0].pk]


def test_a_search_takes_so_many_words_and_says_so(jo):
    who = make_user(roles.ADMIN)
    ten = "jo jose josep nunez nu n o neil annem anne"
    assert found(ten, who) == [jo.pk]
    with pytest.raises(SearchRefused, match="at most 10 words"):
        find_leads(f"{ten} mar", who)


@pytest.mark.sql
def test_each_role_searches_what_it_sees(jo, al, make_leads, acme, pat, bob):
    stranger = services.create_publisher("Stranger", actor=bob)
    (theirs,) = make_leads(jo.campaign, publisher=stranger, **JO)
    other = services.create_advertiser("Other", actor=bob)
    publisher, advertiser, outsider = make_user(roles.PUBLISHER), make_user(roles.ADVERTISER), make_user(roles.ADVERTISER)
    calls = make_user(roles.AGENCY_CALL_CENTRE)
    services.add_member(publisher, pat, actor=bob)
    services.add_member(advertiser, acme, actor=bob)
    services.add_member(outsider, other, actor=bob)
    services.add_member(calls, services.create_agency("Calls", advertisers=[acme], actor=bob), actor=bob)
    jo.campaign.call_centre = True
    jo.campaign.save(update_fields=["call_centre"])

    assert found("jo nunez", publisher) == [jo.pk]
    assert found("spring", advertiser) == [jo.pk, theirs.pk]
    for text in ("spring", "zzz", "jo"):
        with pytest.raises(SearchRefused, match="by their id and campaign only"):
            find_leads(text, outsider)
    assert found("jo nunez", make_user(roles.PUBLISHER)) == []
    assert found("jo nunez", calls) == []
    judge_all(jo.campaign)
    assert found("jo nunez", calls) == [jo.pk, theirs.pk]
    assert found("tokyo", calls) == []


@pytest.mark.parametrize("role", [roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT])
def test_those_who_see_a_lead_masked_learn_nothing_by_searching_it(role, jo, acme, bob):
    who = make_user(role)
    if role in roles.ADVERTISER_SIDE:
        services.add_member(who, acme, actor=bob)
        acme.visible_fields = ["company", "email"]
        acme.save(update_fields=["visible_fields"])
    messages = set()
    for text in ("jo", "nunez", "lodz", "jo.o'neil+web@mail.bücher.example", "+44 20 7946 0001", "nobody", "spring jo"):
        with pytest.raises(SearchRefused) as refused:
            find_leads(text, who)
        messages.add(str(refused.value).replace(text, "…"))
    assert len(messages) == 1, "an answer tells a lead from none"
    assert found("2079460001", who) == []
    assert found("spring", who) == found(str(jo.pk), who) == [jo.pk]


def test_a_search_ends_at_the_newest_leads_and_says_so(campaign, make_leads, monkeypatch):
    who = make_user(roles.ADMIN)
    old, *_ = make_leads(campaign, 3, company="Acme")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('leads_lead', 'id'), %s)", [old.pk + (3 << PART_BITS)])
    newest = [lead.pk for lead in make_leads(campaign, 2, company="Acme")]
    assert (len(found("acme", who)), find_leads("acme", who).limit) == (5, "")
    monkeypatch.setattr(search, "FOUND_AT_MOST", 2)
    assert found("acme", who) == newest
    assert find_leads("acme", who).limit.startswith("More than 2 leads match")
    monkeypatch.setattr(search, "SECONDS", 0.0)
    assert found("acme", who) == []
    assert "stopped after a second" in find_leads("acme", who).limit


@pytest.mark.sql
def test_words_that_many_leads_have_are_compared_beside_those_that_the_index_is_asked_for(jo, al, monkeypatch):
    monkeypatch.setattr(search, "SAMPLED_AT_MOST", 1)  # no word is rare
    who = make_user(roles.ADMIN)
    assert found("josephine lodz neil", who) == [jo.pk]
    assert found("josephine lodz 太郎", who) == []


def test_the_search_of_a_campaign_ends_at_its_own_leads(jo, make_campaign, make_leads, monkeypatch):
    make_leads(make_campaign("Autumn"), 2, **JO)
    monkeypatch.setattr(search, "FOUND_AT_MOST", 1)
    who = make_user(roles.ADMIN)
    for text in ("josephine", "jo neil", "020 7946 0001"):
        result = find_leads(text, who, campaign=jo.campaign)
        assert (list(Lead.objects.filter(result.condition)), result.limit) == ([jo], "")


def test_the_page_says_what_was_searched_and_that_there_is_more(jo, make_leads, reader_of, monkeypatch):
    make_leads(jo.campaign, company="Łódź")
    page = reader_of("/v2/leads?search=nobody")
    assert (
        "Searched: name and company (words or how they begin, in any order), e-mail, telephone (any spelling), campaign name, lead hash and lead id."
        in page
    )
    monkeypatch.setattr(search, "FOUND_AT_MOST", 1)
    assert "1–1 of 1+" in reader_of("/v2/leads?search=lodz")
    assert "More than 1 leads match" in reader_of("/v2/leads?search=lodz")


@pytest.fixture
def reader_of(client):
    client.force_login(make_user(roles.ADMIN))
    return lambda address: " ".join(client.get(address).content.decode().split())


def test_a_deleted_lead_is_found_again_once_it_is_restored(jo, bob, reader_of):
    judge_all(jo.campaign)
    address = f'href="/v2/leads/{jo.pk}"'
    lifecycle.delete([jo.pk], actor=bob)
    assert address not in reader_of("/v2/leads?search=nunez")
    lifecycle.restore([jo.pk], actor=bob)
    assert address in reader_of("/v2/leads?search=nunez")
