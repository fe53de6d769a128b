"""Campaigns, their links, contracts, parties and fields in API v4: what each role reads, and that nothing of others is found."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services
from campaigns.api.campaigns import MANAGED
from campaigns.models import Campaign, FormField
from config.core import enterprise
from config.core.accounts import roles
from config.core.models import Currency
from tests.processr.api.program import Program, programs_of, wrong

pytestmark = pytest.mark.django_db
COLLECTIONS = ("campaigns", "campaign-links", "campaign-publishers", "advertisers", "publishers", "campaign-data-fields")
PARTIES = sorted(roles.AGENCY_SIDE | roles.ADVERTISER_SIDE | {roles.PUBLISHER})
PARTY_SIDE = (roles.ADVERTISER, roles.ADVERTISER_REPORT, roles.AGENCY_CALL_CENTRE)


@pytest.fixture
def program_of(acme, pat, bob):
    enterprise.current()
    return programs_of(acme, pat, bob)


@pytest.fixture
def program(program_of) -> Program:
    return program_of(roles.ADMIN)


@pytest.fixture
def open_campaign(campaign) -> Campaign:
    """The campaign, which the call centre sees too."""
    Campaign.objects.filter(pk=campaign.pk).update(call_centre=True, contract_value=Decimal("1000.005"), country="GB")
    return campaign


@pytest.fixture
def rival(form, currency, bob) -> Campaign:
    """A campaign of another advertiser, with another publisher."""
    owner = services.create_advertiser("Rival Ltd", actor=bob, autosign_contracts=True)
    theirs = services.create_campaign("Rival", advertiser=owner, currency=currency, start=services.timezone.now(), actor=bob)
    services.add_form(theirs, form, actor=bob)
    services.add_link(theirs, "Theirs", channel="Search", destination="https://example.org/", actor=bob)
    services.assign_publisher(theirs, services.create_publisher("Quiet Press", actor=bob), cap=None, payout=Decimal(7), actor=bob)
    return theirs


def address(collection: str, campaign: Campaign) -> str:
    return f"{collection}?campaign.id={campaign.pk}"


def test_a_campaign_has_the_properties_that_clients_know(open_campaign, currency, program):
    (record,) = program.members(address("campaigns", open_campaign))
    open_campaign.refresh_from_db()
    assert record == {
        "@id": f"/api/v4/campaigns/{open_campaign.pk}", "@type": "Campaign", "id": open_campaign.pk, "name": "Spring", "status": "Active",
        "startTs": open_campaign.start.isoformat(timespec="seconds"), "endTs": None, "endTsExtension": 0, "pauseTs": None,
        "updatedTs": open_campaign.updated_at.isoformat(timespec="seconds"), "country": "GB", "campaignMarket": "b2b",
        "advertiser": {"id": open_campaign.advertiser_id, "name": "Acme"}, "accountManager": None, "campaignManager": None,
        "contractValue": "1000.01", "baseCurrencyContractValue": "1000.01", "uncapped": True,
        "currency": {"name": currency.code, "symbol": currency.symbol, "base": True, "rateToBase": "1.00000000"},
        "defaultPublisherRate": "0.0000", "publisherPayoutType": "CPL", "defaultThresholdScore": 80, "integrate": True,
        "callCentre": True, "useValueTransforms": True, "testMode": False, "isTemplate": False,
        "welcomeEmail": False, "doubleOptin": False, "scoreBaseRouting": False, "sendVoucher": False, "sendMediakit": False,
        "defaultSaleValue": None, "defaultSaleCurrency": None, "conversionRate": None, "publisherTerms": None,
        "unavailableCampaignRedirectUrl": None,
    }  # fmt: skip
    assert program.get(f"campaigns/{open_campaign.pk}").json() == {"@context": "/api/v4/contexts/Campaign", **record}


def test_money_is_given_in_the_base_currency_too(open_campaign, program):
    dollars = Currency.objects.create(code="USD", name="US dollar", symbol="$", rate_to_base=Decimal("0.79"))
    Campaign.objects.filter(pk=open_campaign.pk).update(currency=dollars, contract_value=Decimal("10.01"))
    (record,) = program.members(address("campaigns", open_campaign))
    assert (record["contractValue"], record["baseCurrencyContractValue"]) == ("10.01", "7.91"), "7.9079, half up"
    assert record["currency"] == {"name": "USD", "symbol": "$", "base": False, "rateToBase": "0.79000000"}


@pytest.mark.parametrize("role", roles.LABELS)
def test_what_one_party_pays_is_not_told_to_the_other(role, open_campaign, program_of):
    answer = program_of(role).get(address("campaigns", open_campaign))
    if role == roles.REPORT:
        assert answer.status_code == 403
        return
    (record,) = answer.json()["hydra:member"]
    manages = role in roles.MANAGES_CAMPAIGNS
    assert record.keys() >= MANAGED if manages else not MANAGED & record.keys()
    assert ("advertiser" in record) == (role != roles.PUBLISHER)
    assert ("contractValue" in record and "uncapped" in record) == (manages or role in roles.ADVERTISER_SIDE)
    assert ("currency" in record) == (role != roles.AGENCY_CALL_CENTRE)


@pytest.mark.parametrize("role", roles.LABELS)
def test_a_contract_tells_its_terms_to_its_publisher_and_to_those_who_manage_campaigns(role, open_campaign, pat, program_of, bob):
    other = services.create_publisher("Quiet Press", actor=bob)
    services.assign_publisher(open_campaign, other, cap=9, payout=Decimal("12.5"), actor=bob)
    answer = program_of(role).get(address("campaign-publishers", open_campaign))
    if role == roles.REPORT:
        assert answer.status_code == 403
        return
    contracts = {contract["publisher"]["name"]: contract for contract in answer.json()["hydra:member"]}
    assert set(contracts) == ({"Pat Media"} if role == roles.PUBLISHER else {"Pat Media", "Quiet Press"})
    assert ("payout" in contracts["Pat Media"]) == (role in roles.MANAGES_CAMPAIGNS or role == roles.PUBLISHER)
    if role in PARTY_SIDE:
        assert not {"contractType", "payout", "cap"} & contracts["Pat Media"].keys()


def test_contracts_and_links_have_the_shape_that_was_decided(campaign, pat, program):
    contract, link = campaign.contracts.get(), campaign.links.get()
    assert program.members(address("campaign-publishers", campaign)) == [
        {
            "@id": f"/api/v4/campaign-publishers/{contract.pk}", "@type": "CampaignPublisher", "id": contract.pk,
            "campaign": f"/api/v4/campaigns/{campaign.pk}", "publisher": {"id": pat.pk, "name": "Pat Media"}, "contractType": "CPL",
            "payout": "20.0000", "cap": None, "enabled": True, "signedTs": contract.signed_at.isoformat(timespec="seconds"),
        }
    ]  # fmt: skip
    assert program.members(address("campaign-links", campaign)) == [
        {
            "@id": f"/api/v4/campaign-links/{link.pk}", "@type": "CampaignLink", "id": link.pk, "campaign": f"/api/v4/campaigns/{campaign.pk}",
            "name": "Newsletter", "channel": "Email", "destination": "https://example.com/", "status": "active",
        }
    ]  # fmt: skip
    for found in (f"campaign-links/{link.pk}", f"campaign-publishers/{contract.pk}"):
        assert program.get(found).json()["@id"] == f"/api/v4/{found}"


def test_links_and_contracts_are_filtered(campaign, pat, program, bob):
    campaign.links.update(status="archived")
    assert program.members("campaign-links?status=active") == []
    assert len(program.members("campaign-links?status=archived&status=active")) == 1
    assert len(program.members(f"campaign-publishers?publisher.id={pat.pk}&enabled=true")) == 1
    assert program.members("campaign-publishers?enabled=false") == []
    assert program.members("campaign-publishers?publisher.id=999999") == []


def test_the_parties_of_a_campaign_are_found_by_it(campaign, rival, pat, program):
    assert [party["name"] for party in program.members(address("advertisers", campaign))] == ["Acme"]
    assert [party["name"] for party in program.members(address("publishers", campaign))] == ["Pat Media"]
    assert {party["name"] for party in program.members("publishers")} == {"Pat Media", "Quiet Press"}
    assert [party["name"] for party in program.members("publishers?name=quiet")] == ["Quiet Press"]
    assert [party["name"] for party in program.members("advertisers?order[name]=desc")] == ["Rival Ltd", "Acme"]
    assert program.members("advertisers?campaign.id=999999") == []
    assert program.get(f"publishers/{pat.pk}").json()["name"] == "Pat Media"


def test_the_fields_of_a_campaign_are_those_of_its_forms(campaign, form, program, program_of):
    members = program.members(address("campaign-data-fields", campaign))
    assert [member["name"] for member in members] == ["firstName", "lastName", "email", "telephone", "company"]
    assert members[2] == {
        "@id": f"/api/v4/campaign-data-fields/{members[2]['id']}", "@type": "CampaignDataField", "id": members[2]["id"],
        "form": {"id": form.pk, "name": "White paper"}, "name": "email", "label": "E-mail", "type": "email", "required": True,
        "enabled": True, "maxLength": 2000, "options": [],
    }  # fmt: skip
    assert program.get(members[2]["@id"]).json()["name"] == "email"
    FormField.objects.filter(pk=members[4]["id"]).update(enabled=False, options=[["a", "Apple"]])
    switched_off = program.get(members[4]["@id"]).json()
    assert (switched_off["enabled"], switched_off["options"]) == (False, [{"value": "a", "label": "Apple"}])
    publisher = program_of(roles.PUBLISHER)
    assert "company" not in [member["name"] for member in publisher.members(address("campaign-data-fields", campaign))]
    assert publisher.get(members[4]["@id"]).status_code == 404
    assert program.members("campaign-data-fields?campaign.id=999999") == []
    assert wrong(program.get("campaign-data-fields")) == {"campaign.id"}


def test_a_form_of_two_campaigns_has_each_field_once(campaign, make_campaign, program):
    make_campaign("Autumn")
    members = program.members(address("campaign-data-fields", campaign))
    assert len(members) == len({member["id"] for member in members}) == 5


@pytest.mark.parametrize("role", PARTIES)
def test_nothing_of_others_is_found(role, open_campaign, rival, program_of):
    program = program_of(role)
    for collection in COLLECTIONS:
        if (collection, role) == ("advertisers", roles.PUBLISHER):
            assert program.get(collection).status_code == 403
            continue
        assert program.members(address(collection, rival)) == [], collection
        text = program.get(address(collection, open_campaign) if collection == "campaign-data-fields" else collection).content.decode()
        assert [word for word in ("Rival", "Quiet Press", "Theirs") if word in text] == [], collection
    for found in (
        f"campaigns/{rival.pk}", f"campaign-links/{rival.links.get().pk}", f"campaign-publishers/{rival.contracts.get().pk}",
        f"publishers/{rival.contracts.get().publisher_id}",
    ):  # fmt: skip
        assert program.get(found).status_code == 404, found


@pytest.mark.parametrize("role", PARTIES)
def test_who_works_for_nobody_finds_nothing(role, open_campaign, program_of):
    program = program_of(role, member=False)
    for collection in COLLECTIONS:
        if (collection, role) != ("advertisers", roles.PUBLISHER):
            assert program.members(address(collection, open_campaign)) == [], collection
    assert program.get(f"campaigns/{open_campaign.pk}").status_code == 404


def test_a_publisher_does_not_learn_whose_a_campaign_is(campaign, program_of):
    publisher = program_of(roles.PUBLISHER)
    assert wrong(publisher.get(f"campaigns?advertiser.id={campaign.advertiser_id}")) == {"advertiser.id"}
    assert "Acme" not in publisher.get("campaigns").content.decode()
    assert publisher.get("advertisers").status_code == 403


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("query", ["colour=red", "campaign.id=x", "campaign.id=0", "campaign.id=", "order[pay]=asc", "itemsPerPage=101"])
def test_what_is_not_understood_selects_nothing(collection, query, program):
    assert query.partition("=")[0] in wrong(program.get(f"{collection}?{query}"))


def test_campaigns_are_filtered_and_paged_by_key(make_campaign, program):
    made = [make_campaign(f"Page {number}") for number in range(5)]
    first = program.get("campaigns?name=page&itemsPerPage=2&order[name]=desc").json()
    second = program.get(first["hydra:view"]["hydra:next"]).json()
    assert [one["name"] for one in (*first["hydra:member"], *second["hydra:member"])] == ["Page 4", "Page 3", "Page 2", "Page 1"]
    assert first["hydra:totalItems"] == 5
    ids = f"campaigns?id[]={made[0].pk}&campaign.id[]={made[0].pk}&campaign.id[]={made[1].pk}"
    assert [one["id"] for one in program.members(ids)] == [made[0].pk]
    assert program.members("campaigns?updatedTs[after]=2999-01-01") == []
    of_acme = program.members(f"campaigns?advertiser.id={made[0].advertiser_id}")
    assert {one["advertiser"]["name"] for one in of_acme} == {"Acme"}
    assert {one["id"] for one in of_acme} >= {campaign.pk for campaign in made}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_more_members_take_no_more_queries(collection, campaign, make_campaign, program, bob):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert program.get(address(collection, campaign) if collection == "campaign-data-fields" else collection).status_code == 200
        return len(asked)

    few = queries()
    for number in range(3):
        services.create_publisher(f"More {number}", actor=bob)
        services.create_advertiser(f"More {number}", actor=bob)
        make_campaign()
    assert queries() == few


def test_campaigns_are_found_by_status_and_links_by_channel(campaign, rival, program):
    Campaign.objects.filter(pk=rival.pk).update(paused_at=rival.start)
    for status, found in {"Active": [campaign.pk], "Paused": [rival.pk], "Ended": []}.items():
        assert [one["id"] for one in program.members(f"campaigns?status={status}")] == found
    assert len(program.members("campaigns?status=Active&status[]=Paused")) == 2
    assert wrong(program.get("campaigns?status=active")) == {"status"}
    assert [one["campaign"] for one in program.members(f"campaign-links?channel=Search&campaign.id={rival.pk}")] == [
        f"/api/v4/campaigns/{rival.pk}"
    ]
    assert program.members("campaign-links?channel=Sear") == []


@pytest.mark.parametrize(
    ("collection", "name", "to"),
    [
        ("campaigns", "id", "campaigns"), ("campaigns", "campaign.id", "campaigns"), ("campaigns", "advertiser.id", "advertisers"),
        ("campaign-links", "campaign.id", "campaigns"), ("campaign-publishers", "publisher.id", "publishers"), ("publishers", "id", "publishers"),
        ("advertisers", "id", "advertisers"), ("advertisers", "campaign.id", "campaigns"), ("campaign-data-fields", "campaign.id", "campaigns"),
    ],
)  # fmt: skip
def test_ids_are_filtered_by_address_of_the_right_collection_too(collection, name, to, campaign, pat, program):
    pk = {"campaigns": campaign.pk, "advertisers": campaign.advertiser_id, "publishers": pat.pk}[to]
    assert program.members(f"{collection}?{name}=/api/v4/{to}/{pk}") == program.members(f"{collection}?{name}={pk}") != []
    for text in (f"/api/v4/leads/{pk}", f"/api/v4/{to}/", f"/api/v4/{to}/x", f"{to}/{pk}", f"/api/v4/{to}//api/v4/{to}/{pk}"):
        assert wrong(program.get(f"{collection}?{name}={text}")) == {name}, text
