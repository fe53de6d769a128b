"""`campaign-processr-jobs`: the record that existing clients read and write, for each role."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.credentials.service import set_credential
from config.core.models import AuditEntry, Credential
from processr import services
from processr.api.serializers import CATEGORIES, takes_credential
from processr.engine import scheduler
from processr.job_types.registry import job_types
from processr.models import Job
from processr.selectors import catalogue
from tests.processr.api.program import wrong

JOBS = "campaign-processr-jobs"
DOCUMENTED = {
    "id", "stage", "score", "hardfail", "visible", "enabled", "updatedTs", "updatedBy", "campaign", "processrJob", "label", "campaignMapping",
    "routeByScoreMinimum", "routeByScoreMaximum", "routingValues", "shownOnCampaign", "config", "alwaysDeliver", "campaignProcessrJobGroupJob",
    "statistics", "unmappedFields",
}  # fmt: skip


@pytest.fixture
def job(campaign, add_job) -> Job:
    return add_job(campaign, "first_last_name_match", label="Names", config={"first_name": "given"})


@pytest.fixture
def at(job) -> str:
    return f"{JOBS}/{job.pk}"


def test_a_job_reads_as_documented(program, campaign, job, at, bob, make_leads):
    make_leads(campaign, 2, given="Kim", lastName="Kim")
    make_leads(campaign, 1, given="Kim")
    scheduler.serve_campaigns(seconds=10)
    record = program.get(at).json()
    assert record.keys() >= DOCUMENTED
    assert (record["@id"], record["@type"], record["@context"]) == (
        f"/api/v4/{at}",
        "CampaignProcessrJob",
        "/api/v4/contexts/CampaignProcessrJob",
    )
    assert record["campaign"] == {
        "@id": f"/api/v4/campaigns/{campaign.pk}",
        "@type": "Campaign",
        "id": campaign.pk,
        "name": campaign.name,
        "status": "Active",
    }
    assert record["config"] == [{"key": "first_name", "value": "given"}, {"key": "last_name", "value": "lastName"}]
    assert record["statistics"] == {"total": 3, "passed": 1, "failed": 2, "errored": 0, "skipped": 0}
    assert (record["updatedBy"]["id"], record["shownOnCampaign"], record["unmappedFields"]) == (bob.user_id, True, [])
    processr_job = record["processrJob"]
    assert (processr_job["id"], processr_job["name"], processr_job["defaultScore"]) == (1004, "First and Last Name Check", 10)
    assert processr_job["processrJobCategory"] == {"id": 1, "name": "Quality Assurance"}
    assert record["rule"]
    assert program.members(JOBS) == [{name: value for name, value in record.items() if name != "@context"}]


def test_a_record_sent_back_as_it_came_changes_nothing(program, job, at):
    record = program.get(at).json()
    answer = program.patch(at, record)
    assert answer.json() == record
    assert not AuditEntry.objects.filter(action="job changed").exists()


@pytest.mark.parametrize("config", [[{"key": "first_name", "value": "forename"}], {"first_name": "forename"}])
def test_a_job_is_put_on_a_campaign(program, campaign, config):
    answer = program.post(
        JOBS,
        {"campaign": f"/api/v4/campaigns/{campaign.pk}", "processrJob": 1004, "label": "Both", "stage": 50, "score": 0, "config": config},
    )
    assert (answer.status_code, answer["Location"]) == (201, answer.json()["@id"])
    made = Job.objects.get()
    assert (made.label, made.stage, made.score, made.config, made.updated_by) == (
        "Both",
        50,
        0,
        {"first_name": "forename", "last_name": "lastName"},
        program.user,
    )
    assert AuditEntry.objects.get(action="job added").actor_id == program.user.pk


def test_what_is_not_said_is_the_catalogues(program, campaign):
    record = program.post(JOBS, {"campaign": {"id": campaign.pk}, "processrJob": {"@id": "/api/v4/processr-jobs/1003"}}).json()
    assert (record["label"], record["score"], record["enabled"], record["visible"]) == ("Test Data Check", 10, True, True)


def test_everything_that_can_be_said_of_a_job_is_kept(program, campaign):
    credential = Credential.objects.create(name="Checks", secret=b"x")
    said = {
        "label": "All", "stage": 7, "score": 8, "hardfail": True, "enabled": False, "shownOnCampaign": False, "alwaysDeliver": True, "afterEnrichment": True,
        "deliverTestLeads": True, "onError": "fail", "routeByScoreMinimum": 1, "routeByScoreMaximum": None, "routingValues": [{"field": "a", "values": ["b"]}],
        "campaignMapping": [{"field": "email", "name": "mail"}],
    }  # fmt: skip
    record = program.post(JOBS, {"campaign": campaign.pk, "processrJob": 1003, "credential": credential.pk, **said}).json()
    assert {name: record[name] for name in said} == said
    assert record["visible"] is False
    assert record["credential"] == {"id": credential.pk, "name": "Checks"}


def test_what_is_named_is_changed_and_the_rest_stays(program, job, at):
    record = program.patch(at, {"score": 77, "config": [{"key": "last_name", "value": "surname"}], "visible": False}).json()
    assert (record["score"], record["label"], record["shownOnCampaign"]) == (77, "Names", False)
    assert {entry["key"]: entry["value"] for entry in record["config"]} == {"first_name": "given", "last_name": "surname"}
    entry = AuditEntry.objects.get(action="job changed")
    assert (entry.before["score"], entry.after["score"]) == (10, 77)


@pytest.mark.parametrize("name", ["visible", "shownOnCampaign"])
def test_of_the_two_names_of_one_thing_the_one_that_says_something_new_counts(program, at, name):
    record = program.get(at).json()
    assert program.patch(at, {**record, name: False}).json()["shownOnCampaign"] is False
    assert program.patch(at, {**program.get(at).json(), name: True}).json()["visible"] is True


def test_a_removed_job_is_gone_for_programs(program, job, at):
    assert program.delete(at).status_code == 204
    assert [program.get(at).status_code, program.delete(at).status_code, program.patch(at, {"score": 1}).status_code] == [404] * 3
    assert program.members(JOBS) == []
    assert Job.objects.get().removed_at


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({"colour": 1}, {"colour"}), ({"label": ""}, {"label"}), ({"stage": "10"}, {"stage"}), ({"score": 10**18}, {"score"}), ({"hardfail": "no"}, {"hardfail"}),
        ({"shownOnCampaign": 0}, {"shownOnCampaign"}), ({"visible": "x"}, {"shownOnCampaign"}), ({"onError": "x"}, {"onError"}),
        ({"config": "x"}, {"config"}), ({"config": [1]}, {"config"}), ({"config": [{"key": "first_name"}]}, {"config"}), ({"config": None}, {"config"}),
        ({"config": [{"key": "first_name", "value": "a"}, {"key": "first_name", "value": "b"}]}, {"config"}), ({"config": {"colour": 1}}, {"config.colour"}),
        ({"config": [{"key": ["a"], "value": 1}]}, {"config.['a']"}), ({"config": {"first_name": ""}}, {"config.first_name"}),
        ({"config": {"first_name": {"a": []}}}, {"config.first_name"}), ({"credential": 5}, {"credential"}), ({"credential": "x"}, {"credential"}),
        ({"campaignMapping": {}}, {"campaignMapping"}), ({"routingValues": [{}]}, {"routingValues"}), ({"routeByScoreMinimum": -1}, {"routeByScoreMinimum"}),
        ({"routeByScoreMinimum": 2, "routeByScoreMaximum": 1}, {"routeByScoreMinimum"}), ({"lockState": "locked"}, {"lockState"}),
        ({"campaignProcessrJobGroupJob": "x"}, {"campaignProcessrJobGroupJob"}), ({"campaignProcessrJobGroupJob": {}}, {"campaignProcessrJobGroupJob"}),
        ({"campaignProcessrJobGroupJob": {"campaignProcessrJobGroup": 999}}, {"campaignProcessrJobGroupJob.campaignProcessrJobGroup"}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_in_the_callers_words_and_nothing_changes(program, campaign, job, at, said, about):
    before = Job.objects.values().get()
    assert wrong(program.patch(at, {"enabled": False, **said})) == about
    assert wrong(program.post(JOBS, {"campaign": campaign.pk, "processrJob": 1004, **said})) == about
    assert Job.objects.values().get() == before


@pytest.mark.parametrize(
    ("said", "about"),
    [({}, {"campaign", "processrJob"}), ({"campaign": 999_999}, {"processrJob"}), ({"campaign": 0, "processrJob": 1004}, {"campaign"})],
)
def test_a_job_needs_a_campaign_and_a_type(program, said, about):
    assert wrong(program.post(JOBS, said)) == about


@pytest.mark.parametrize("value", [0, -1, 2**63 - 1, "x", "/api/v4/processr-jobs/1003", {"id": None}, {}, [], True, None, 1.5, "1" * 40])
def test_a_campaign_that_is_none_is_named(program, value):
    assert wrong(program.post(JOBS, {"campaign": value, "processrJob": 1004})) == {"campaign"}


def test_a_type_that_is_none_is_named(program, campaign):
    assert wrong(program.post(JOBS, {"campaign": campaign.pk, "processrJob": 424_242})) == {"processrJob"}


def test_a_job_stays_on_its_campaign_and_of_its_type(program, make_campaign, at):
    other = make_campaign()
    assert wrong(program.patch(at, {"campaign": other.pk})) == {"campaign"}
    assert wrong(program.patch(at, {"processrJob": 1003})) == {"processrJob"}
    assert wrong(program.patch(at, {"id": 1})) == {"id"}


def test_a_job_whose_type_is_gone_reads_and_can_only_be_switched_off_and_removed(program, job, at, monkeypatch):
    monkeypatch.delitem(job_types._plugins, "first_last_name_match")
    record = program.get(at).json()
    assert (record["processrJob"]["id"], record["rule"]) == (None, "This kind of job is no longer available")
    assert wrong(program.patch(at, {"score": 1}), 409) == set()
    assert program.patch(at, {"enabled": False}).json()["enabled"] is False
    assert program.delete(at).status_code == 204


def test_with_the_state_one_saw_nothing_is_overwritten(program, at):
    seen = program.get(at)["ETag"]
    changed = program.patch(at, {"score": 1}, If_Match=seen)
    assert changed.status_code == 200
    assert changed["ETag"] != seen
    for answer in (program.patch(at, {"score": 2}, If_Match=seen), program.delete(at, If_Match=seen)):
        assert wrong(answer, 412) == set()
    assert program.patch(at, {"score": 3}, If_Match=f'"x", {changed["ETag"]}').status_code == 200
    assert program.patch(at, {"score": 4}, If_Match="*").json()["score"] == 4


FOUND = {
    "": "ABCD", "campaign.id={other}": "D", "campaign.id[]={campaign}&campaign.id[]={other}": "ABCD", "processrJob.processrJobCategory.id=1": "ABD",
    "processrJob.processrJobCategory.id=2": "", "processrJob.processrJobCategory.id=3": "C", "enabled=false": "B", "enabled=true&campaign.id={campaign}": "AC",
    "processrJob.id=1003": "AD", "processrJob.id=4242": "", "shownOnCampaign=false": "", "hardfail=true": "A", "label=a": "A",
    "order[stage]=desc&campaign.id={campaign}": "CBA", "order[label]=desc": "DCBA", "itemsPerPage=2&page=2": "CD", "updatedTs[after]=2999-01-01": "",
    "label=a&label[]=b": "AB", "enabled[]=false": "B", "hardfail[]=true&hardfail=0": "ABCD", "campaign.id[]={campaign}&campaign.id={other}": "ABCD",
}  # fmt: skip


def test_jobs_are_found_by_what_they_are(program, campaign, make_campaign, add_job, job_type):
    other = make_campaign()
    add_job(campaign, "test_data", label="A", stage=1, hardfail=True)
    add_job(campaign, "first_last_name_match", label="B", stage=2, enabled=False)
    add_job(campaign, job_type("finder", category="enrichment"), label="C", stage=3)
    add_job(other, "test_data", label="D", stage=4)
    found = {query: program.members(f"{JOBS}?{query.format(campaign=campaign.pk, other=other.pk)}") for query in FOUND}
    assert {query: "".join(record["label"] for record in records) for query, records in found.items()} == FOUND


def test_a_filter_that_is_wrong_selects_nothing(program, job):
    for query in ("processrJob.processrJobCategory.id=4", "enabled=maybe", "campaign.id=x", "campaign=1", "processrJob.id=x"):
        assert wrong(program.get(f"{JOBS}?{query}")), query


def test_the_number_of_queries_does_not_grow_with_the_jobs(program, campaign, add_job, job_type, bob):
    job_type("sender", category="integration")
    group = services.create_group(campaign, name="G", actor=bob)

    def queries() -> int:
        for key in ("test_data", "sender"):
            job = add_job(campaign, key)
        services.put_in_group([add_job(campaign, "test_data").pk], group, actor=bob)
        with CaptureQueriesContext(connection) as captured:
            assert job.label in str(program.members(f"{JOBS}?itemsPerPage=100"))
        return len(captured)

    first = queries()
    for _ in range(4):
        last = queries()
    assert last == first


def test_an_integration_names_the_fields_it_does_not_map(program, campaign, add_job, job_type):
    job = add_job(campaign, job_type("sender", category="integration"), mapping=[{"field": "email", "name": "mail"}])
    assert program.get(f"{JOBS}/{job.pk}").json()["unmappedFields"] == ["firstName", "lastName", "telephone", "company"]


class TestGroups:
    def test_a_group_is_made_changed_and_removed(self, program, campaign):
        made = program.post("campaign-processr-job-groups", {"campaign": campaign.pk, "name": "Regions"})
        assert (made.status_code, made.json()["score"], made.json()["jobCount"]) == (201, 10, 0)
        assert program.patch(made["Location"], {"score": 30}).json()["score"] == 30
        assert [group["name"] for group in program.members(f"campaign-processr-job-groups?campaign.id={campaign.pk}")] == ["Regions"]
        assert program.delete(made["Location"]).status_code == 204
        assert program.get(made["Location"]).status_code == 404

    def test_a_job_goes_into_a_group_with_conditions_and_out_again(self, program, campaign, at):
        group = program.post("campaign-processr-job-groups", {"campaign": campaign.pk, "name": "Regions"}).json()
        said = {"campaignProcessrJobGroup": group["@id"], "conditions": [{"field": "country", "values": "GB; IE"}]}
        record = program.patch(at, {"campaignProcessrJobGroupJob": said}).json()
        membership = record["campaignProcessrJobGroupJob"]
        assert (membership["campaignProcessrJobGroup"]["id"], membership["conditions"]) == (
            group["id"],
            [{"field": "country", "values": ["GB", "IE"]}],
        )
        assert program.get(group["@id"]).json()["jobCount"] == 1
        assert program.patch(at, record).json() == record
        assert program.patch(at, {"campaignProcessrJobGroupJob": None}).json()["campaignProcessrJobGroupJob"] is None

    def test_of_a_change_that_is_refused_in_the_end_nothing_stays(self, program, campaign, job, at):
        group = program.post("campaign-processr-job-groups", {"campaign": campaign.pk, "name": "Regions"}).json()
        said = {"campaignProcessrJobGroup": group["id"], "conditions": [{"field": "", "values": "x"}]}
        assert wrong(program.patch(at, {"score": 1, "campaignProcessrJobGroupJob": said})) == {"campaignProcessrJobGroupJob.conditions"}
        now = Job.objects.get(pk=job.pk)
        assert (now.score, now.group) == (10, None)

    @pytest.mark.parametrize(
        ("said", "about"),
        [({"name": ""}, "name"), ({"name": "x", "score": "1"}, "score"), ({"name": 5}, "name"), ({"name": "x", "more": 1}, "more")],
    )
    def test_a_group_that_cannot_be_is_named(self, program, campaign, said, about):
        assert wrong(program.post("campaign-processr-job-groups", {"campaign": campaign.pk, **said})) == {about}


def everything(program, campaign, job) -> dict[str, int]:
    """Each call, and its status."""
    asked = {
        "list": program.get(JOBS), "item": program.get(f"{JOBS}/{job.pk}"), "add": program.post(JOBS, {"campaign": campaign.pk, "processrJob": 1003}),
        "change": program.patch(f"{JOBS}/{job.pk}", {"score": 3}), "catalogue": program.get("processr-jobs"), "type": program.get("processr-jobs/1003"),
        "groups": program.get("campaign-processr-job-groups"), "group": program.post("campaign-processr-job-groups", {"campaign": campaign.pk, "name": "G"}),
        "results": program.get("processr-job-leads?lead.id=1"), "names": program.get(f"processr-form-mappings?campaign.id={campaign.pk}"),
        "steps": program.get("logs?channel=processr&lead.id=1"), "provider": program.get("logs?channel=provider&lead.id=1"), "system": program.get("logs?channel=system"),
        "remove": program.delete(f"{JOBS}/{job.pk}"),
    }  # fmt: skip
    return {name: answer.status_code for name, answer in asked.items()}


MANAGER = {name: 200 for name in ("list", "item", "change", "catalogue", "type", "groups", "results", "names", "steps")}
MANAGER |= {"add": 201, "group": 201, "provider": 403, "system": 403, "remove": 204}
MAY = {
    roles.ADMIN: {**MANAGER, "provider": 200, "system": 200},
    **dict.fromkeys((roles.ADMIN_MASKED, roles.SUPER, roles.AGENCY), MANAGER),
    roles.PUBLISHER: {"list": 200, "item": 404},
}


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_role_does_what_it_may(program_of, campaign, job, role):
    expected = MAY.get(role, {})
    answers = everything(program_of(role), campaign, job)
    assert answers == {name: expected.get(name, 403) for name in answers}


def test_of_campaigns_out_of_sight_nothing_exists(program_of, campaign, job):
    answers = everything(program_of(roles.AGENCY, member=False), campaign, job)
    assert {name: code for name, code in answers.items() if code not in (200, 403)} == {
        "item": 404,
        "change": 404,
        "remove": 404,
        "add": 400,
        "group": 400,
    }
    stranger = program_of(roles.AGENCY, member=False)
    for path in (
        JOBS,
        "campaign-processr-job-groups",
        f"processr-form-mappings?campaign.id={campaign.pk}",
        f"{JOBS}?campaign.id={campaign.pk}",
    ):
        assert stranger.members(path) == []


def test_who_may_not_use_the_processr_sees_what_it_did_to_leads_and_nothing_else_of_it(program_of, campaign, job):
    answers = everything(program_of(roles.SUPER, can_use_processr=False), campaign, job)
    assert {name for name, code in answers.items() if code != 403} == {"results", "steps"}


def test_agencies_leave_templates_and_locked_jobs_alone(program_of, campaign, job, at):
    agency = program_of(roles.AGENCY)
    Job.objects.filter(pk=job.pk).update(lock_state="locked")
    assert wrong(agency.patch(at, {"score": 1}), 403) == set()
    campaign.is_template = True
    campaign.save()
    assert wrong(agency.post(JOBS, {"campaign": campaign.pk, "processrJob": 1003}), 403) == set()


def test_the_catalogue_is_narrowed_by_every_spelling_of_a_filter(program):
    cases: dict[str, tuple[set[int], set[bool]]] = {
        "": ({1, 2, 3}, {True, False}),
        "processrJobCategory.id=3": ({3}, {True, False}),
        "processrJobCategory.id[]=3": ({3}, {True, False}),
        "processrJobCategory.id=1&processrJobCategory.id[]=3": ({1, 3}, {True, False}),
        "hasCredentialManager[]=true": ({1, 2, 3}, {True}),
        "hasCredentialManager[]=1&hasCredentialManager=0&processrJobCategory.id[]=1": ({1}, {True, False}),
    }
    types = {job_type.api_id: (CATEGORIES[job_type.category][0], takes_credential(job_type)) for job_type in catalogue()}
    for query, (categories, credential) in cases.items():
        expected = {number for number, (category, takes) in types.items() if category in categories and takes in credential}
        assert {record["id"] for record in program.members(f"processr-jobs?itemsPerPage=100&{query}")} == expected, query


def test_the_catalogue_names_every_type_with_its_settings(program):
    types = {record["key"]: record for record in program.members("processr-jobs?itemsPerPage=100")}
    assert set(types) == set(job_types.keys())
    assert program.get("processr-jobs/1118").json()["settings"]["properties"]["field"]["x-leadField"] is True
    assert program.get("processr-jobs/4242").status_code == 404
    with_credentials = {record["key"] for record in program.members("processr-jobs?itemsPerPage=100&hasCredentialManager=true")}
    assert with_credentials == {key for key, one in types.items() if "credential" in one["settings"]["properties"]} < set(types)
    assert {
        record["processrJobCategory"]["id"] for record in program.members("processr-jobs?itemsPerPage=100&processrJobCategory.id=1")
    } == {1}
    pages = [program.get(f"processr-jobs?itemsPerPage=5&page={page}").json() for page in (1, 2)]
    followed = program.get(pages[0]["hydra:view"]["hydra:next"]).json()
    assert followed["hydra:member"] == pages[1]["hydra:member"]
    assert wrong(program.get("processr-jobs?after=x")) == {"after"}


def test_the_names_of_a_campaigns_fields_are_told_with_their_forms(program, campaign, form):
    named = program.members(f"processr-form-mappings?campaign.id={campaign.pk}")
    assert [(entry["name"], entry["source"], entry["form"]["id"]) for entry in named][:2] == [
        ("firstName", "form", form.pk),
        ("lastName", "form", form.pk),
    ]
    assert wrong(program.get("processr-form-mappings")) == {"campaign.id"}


def test_a_credential_that_is_a_setting_too_is_said_once_or_twice_alike(program, campaign):
    one, two = (set_credential(name, secret="s", api_url="https://api.example/", actor=SYSTEM).pk for name in ("One", "Two"))
    config = {"url": "https://api.example/check", "look_at": "status", "passing": ["200"]}
    made = program.post(JOBS, {"campaign": campaign.pk, "processrJob": 9080, "credential": one, "config": config})
    assert made.status_code == 201, made.content
    record = made.json()
    assert record["credential"] == {"id": one, "name": "One"}
    assert program.patch(record["@id"], record).json() == record
    assert program.patch(record["@id"], {"credential": two}).json()["credential"]["id"] == two
    assert program.patch(record["@id"], {"config": {"credential": one}}).json()["credential"]["id"] == one
    assert wrong(program.patch(record["@id"], {"credential": two, "config": {"credential": one}})) == {"credential"}
    assert program.patch(record["@id"], {"credential": None}).json()["credential"] is None


SPELLINGS = ["fieldname", "Fieldname", "FieldName", "fieldName", "field_name", "Field_name", "Field Name", "FIELDNAME"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_documented_name_of_the_field_is_taken_for_ours(program, campaign, spelling):
    """Writing, in both shapes; the answer has our name."""
    for config in (
        {spelling: "company", "values": ["Acme"]},
        [{"key": spelling, "value": "company"}, {"key": "values", "value": ["Acme"]}],
    ):
        record = program.post(JOBS, {"campaign": campaign.pk, "processrJob": 1115, "config": config}).json()
        told = {entry["key"]: entry["value"] for entry in record["config"]}
        assert (told["field"], told["values"], spelling in told) == ("company", ["Acme"], False)
        changed = program.patch(record["@id"], {"config": {spelling: "country"}}).json()
        assert {entry["key"]: entry["value"] for entry in changed["config"]} == {**told, "field": "country"}


def test_the_documented_name_is_taken_in_the_rows_of_a_setting_too(program, campaign):
    rows = [{"FieldName": "company", "values": "Acme"}, {"field": "country", "values": "GB"}]
    record = program.post(JOBS, {"campaign": campaign.pk, "processrJob": 9025, "config": {"required": rows}}).json()
    told = {entry["key"]: entry["value"] for entry in record["config"]}
    assert [row["field"] for row in told["required"]] == ["company", "country"]


def test_both_names_of_the_field_must_agree_and_other_types_have_none(program, campaign):
    both = {"campaign": campaign.pk, "processrJob": 1115, "config": {"field": "company", "fieldname": "country", "values": ["x"]}}
    assert wrong(program.post(JOBS, both)) == {"config.field"}
    assert program.post(JOBS, {**both, "config": {**both["config"], "fieldname": "company"}}).status_code == 201
    assert wrong(program.post(JOBS, {"campaign": campaign.pk, "processrJob": 1003, "config": {"fieldname": "a"}})) == {"config.fieldname"}
