"""Integrations in API v4: campaign-processr-jobs takes and shows what the page does, and no secret."""

import pytest
from jsonschema import Draft202012Validator

from config.core.accounts import roles
from config.core.credentials import service
from integrations.delivery.payload import NAMES
from processr.models import Job
from tests.integrations.kinds.sending import row
from tests.processr.api.conftest import program, program_of
from tests.processr.api.program import wrong

__all__ = ["program", "program_of"]
pytestmark = pytest.mark.django_db
JOBS = "campaign-processr-jobs"
CONFIG = {"url": "https://crm.example/leads", "fields_sent": [row("mail", "email", type="text")]}


@pytest.fixture
def say(campaign):
    """say(config={…}, …): the body that adds an HTTP Post."""
    return lambda **said: {"campaign": campaign.pk, "processrJob": 9120, "config": CONFIG, **said}


def settings_in(record: dict) -> dict:
    return {one["key"]: one["value"] for one in record["config"]}


def test_the_catalogue_describes_what_may_be_set(program):
    kinds = {one["id"]: one for one in program.members("processr-jobs?processrJobCategory.id=2")}
    assert {9120: "HTTP Post", 9121: "Collect for file"}.items() <= {pk: kind["name"] for pk, kind in kinds.items()}.items()
    schema = kinds[9120]["settings"]
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(CONFIG)
    assert schema["required"] == ["url", "fields_sent"]
    assert all(name in schema["properties"]["fields_sent"]["description"] for name in NAMES)
    assert kinds[9120]["hasCredentialManager"] is True


def test_an_integration_is_added_read_and_changed(program, say):
    said = {
        "label": "CRM",
        "deliverTestLeads": True,
        "routeByScoreMinimum": 5,
        "routeByScoreMaximum": 9,
        "routingValues": [{"field": "a", "values": ["b"]}],
    }
    record = program.post(JOBS, say(**said)).json()
    assert {name: record[name] for name in said} == said
    assert (record["processrJob"]["processrJobCategory"]["id"], record["shownOnCampaign"], record["hardfail"]) == (2, False, False)
    assert {name: settings_in(record)[name] for name in CONFIG} == CONFIG
    assert settings_in(record)["in_doubt"] == "wait"
    changed = program.patch(f"{JOBS}/{record['id']}", {"config": {"in_doubt": "again"}, "routeByScoreMaximum": None}).json()
    assert (settings_in(changed)["in_doubt"], settings_in(changed)["url"], changed["routeByScoreMaximum"]) == ("again", CONFIG["url"], None)
    assert changed["rule"] == "Sent to crm.example by POST as JSON"


def test_fields_of_the_forms_that_nobody_sends_are_named(program, say):
    record = program.post(JOBS, say(campaignMapping=[{"field": "company", "name": "account"}])).json()
    assert record["unmappedFields"] == ["firstName", "lastName", "telephone"]


def test_what_the_answer_is_goes_back_as_it_came(program, say):
    record = program.post(JOBS, say()).json()
    assert program.patch(f"{JOBS}/{record['id']}", record).json() == record


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({"config": {**CONFIG, "url": "crm"}}, {"config.url"}), ({"config": {}}, {"config.url"}), ({"config": {**CONFIG, "fields_sent": "mail"}}, {"config.fields_sent"}),
        ({"config": {**CONFIG, "statuses": ["200"]}}, {"config.statuses"}), ({"config": {**CONFIG, "seconds": "soon"}}, {"config.seconds"}),
        ({"config": {**CONFIG, "colour": 1}}, {"config.colour"}), ({"hardfail": True}, {"hardfail"}), ({"afterEnrichment": True}, {"afterEnrichment"}),
        ({"routeByScoreMinimum": 9, "routeByScoreMaximum": 8}, {"routeByScoreMinimum"}), ({"routeByScoreMinimum": -1}, {"routeByScoreMinimum"}),
        ({"deliverTestLeads": "yes"}, {"deliverTestLeads"}), ({"routingValues": [{"field": "a", "values": []}]}, {"routingValues"}),
    ],
)  # fmt: skip
def test_nonsense_is_refused_by_its_name(program, say, said, about):
    assert wrong(program.post(JOBS, say(**said))) == about
    assert not Job.objects.exists()


def test_the_secret_is_named_and_never_shown(program, say, bob):
    partner = service.set_credential("Partner", actor=bob, secret="whisper", api_url="https://crm.example/")
    answer = program.post(JOBS, say(config={**CONFIG, "credential": partner.pk}))
    assert answer.json()["credential"] == {"id": partner.pk, "name": "Partner"}
    assert "whisper" not in program.get(JOBS).content.decode()


def test_publishers_are_not_told_where_leads_go(program, program_of, say):
    program.post(JOBS, say(shownOnCampaign=True))
    assert "crm.example" not in program_of(roles.PUBLISHER).get(JOBS).content.decode()
