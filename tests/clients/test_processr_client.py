"""The Processr's client against a server that listens: a script sets up a job, and reads its outcome for a lead."""

import pytest

from campaigns.services import add_member
from config.core.accounts import roles
from processr.engine import scheduler
from processr.lists import services as lists
from tests.cast import PASSWORD, make_user
from tests.clients.processr_client import ProcessrClient, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(server) -> ProcessrClient:
    client = ProcessrClient(server)
    client.log_in(make_user(roles.ADMIN).username, PASSWORD)
    return client


def test_a_script_adds_a_job_changes_it_reads_its_results_and_removes_it(client, campaign, make_leads):
    (types,) = [one for one in client.catalogue() if one["name"] == "First and Last Name Check"]
    assert set(types["settings"]["properties"]) == {"first_name", "last_name"}
    assert "firstName" in client.field_names(campaign.pk)
    job = client.add_job(campaign.pk, types["id"], label="Names", config=[{"key": "first_name", "value": "firstName"}])
    assert client.change_job(job, score=40)["score"] == 40
    (lead,) = make_leads(campaign, firstName="Kim", lastName="Kim")
    scheduler.serve_campaigns(seconds=10)
    assert [(one["status"], one["maxScore"]) for one in client.results(lead.pk)] == [("failed", 40)]
    assert [one["message"] for one in client.logs("processr", **{"lead.id": lead.pk})] == [
        "Names: failed (First and last name are the same)"
    ]
    assert next(client.jobs(**{"campaign.id": campaign.pk}))["statistics"]["failed"] == 1
    assert {"Processr: job added", "Processr: job changed"} <= {one["message"] for one in client.logs("system")}
    client.remove_job(job)
    assert list(client.jobs(**{"campaign.id": campaign.pk})) == []


def test_a_script_walks_through_as_many_pages_as_there_are(client, campaign):
    made = [client.add_job(campaign.pk, 1003, label=f"Job {n}")["id"] for n in range(5)]
    assert [one["id"] for one in client.all_of("campaign-processr-jobs", itemsPerPage=2)] == made


def test_a_script_reads_what_is_wrong_with_what(client, campaign):
    with pytest.raises(Refused) as refused:
        client.add_job(campaign.pk, 1004, config={"first_name": ""})
    assert (refused.value.status, list(refused.value.about)) == (400, ["config.first_name"])
    with pytest.raises(Refused) as refused:
        list(client.logs("processr"))
    assert list(refused.value.about) == ["lead.id"]


def test_a_publishers_script_asks_whether_its_values_would_pass(server, client, campaign, pat, bob):
    listed = lists.create_list("Key accounts", advertiser=None, private=False, actor=bob)
    lists.add_values(listed, ["Acme"], actor=bob)
    job = client.add_job(campaign.pk, 1118, config={"list": listed.pk, "field": "company"})
    tess = make_user(roles.PUBLISHER)
    add_member(tess, pat, actor=bob)
    publisher = ProcessrClient(server)
    publisher.log_in(tess.username, PASSWORD)
    assert [one["id"] for one in publisher.jobs()] == [job["id"]]
    assert publisher.check(job["id"], ["ACME", "Other"]) == [True, False]
    with pytest.raises(Refused) as refused:
        publisher.change_job(job, score=1)
    assert refused.value.status == 403
