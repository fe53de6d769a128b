"""Ids inside settings belong to the campaign's advertiser, when they are saved, copied, tried, sent and stored."""

import pytest
from django.test import Client

from campaigns import services as campaigns
from campaigns.credentials import scope
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.credentials.service import set_credential
from config.core.errors import DomainError
from config.core.models import AuditEntry, Credential, User
from integrations.delivery.payload import build_outgoing
from processr import integrity, services
from processr.engine import scheduler
from processr.job_types.registry import job_types
from processr.lists.services import create_list
from processr.models import Job
from processr.plans import planned
from tests.cast import make_user
from tests.processr.api.program import Program, wrong

pytestmark = pytest.mark.django_db
URL = "https://api.example/v1/check"
HTTP = {
    "http_check": {"url": URL, "path": "ok", "passing": ["yes"]},
    "http_enrichment": {"url": URL, "taken": [{"field": "size", "path": "size"}]},
    "http_post": {"url": URL, "fields_sent": [{"name": "mail", "field": "email", "value": ""}]},
}
NUMBERS = {"http_check": 9080, "http_enrichment": 9081, "http_post": 9120}


@pytest.fixture
def rival(bob):
    return campaigns.create_advertiser("Rival", actor=bob)


@pytest.fixture
def theirs(make_campaign, rival):
    """A campaign of another advertiser."""
    campaign = make_campaign("Theirs")
    type(campaign).objects.filter(pk=campaign.pk).update(advertiser=rival)
    campaign.refresh_from_db()
    return campaign


@pytest.fixture
def actor(acme, rival, bob):
    """actor(role): of an agency that works for Acme, where the role asks for a party."""

    def make(role: str, *, also=()) -> Actor:
        user = make_user(role)
        if role == roles.AGENCY:
            agency = campaigns.create_agency(f"Agency {user.pk}", advertisers=[acme, *also], actor=bob)
            campaigns.add_member(user, agency, actor=bob)
        return Actor(user.name, user.pk)

    return make


@pytest.fixture
def credentials(acme, rival, bob) -> dict[str, Credential]:
    made = {
        name: set_credential(name, secret="whisper", api_url="https://api.example/", actor=bob) for name in ("House", "Own", "Secret name")
    }
    scope.set_owners(made["Own"], [acme.pk], actor=bob)
    scope.set_owners(made["Secret name"], [rival.pk], actor=bob)
    return made


def refusal_of(act) -> DomainError:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value


@pytest.mark.parametrize("role", [roles.ADMIN, roles.SUPER, roles.AGENCY])
def test_a_duplicate_check_names_campaigns_of_its_advertiser_alone(campaign, make_campaign, theirs, actor, rival, role):
    """One answer, whether there is no such campaign or it is another's, and whoever asks: the outcome is seen by the campaign's clients."""
    person, own = actor(role, also=[rival]), make_campaign("Own")
    job = services.add_job(campaign, "duplicate_field", config={"field": "email", "campaign_ids": [own.pk]}, actor=person)
    for make in (list, lambda ids: ", ".join(map(str, ids))):
        answers = []
        for pk in (theirs.pk, 99_999_999):
            config = {"field": "email", "campaign_ids": make([own.pk, pk])}
            for act in (
                lambda config=config: services.add_job(campaign, "duplicate_field", config=config, actor=person),
                lambda config=config: services.update_job(job.pk, changes={"config": config}, actor=person),
            ):
                refusal = refusal_of(act)
                answers.append((refusal.field, refusal.status, refusal.message.replace(str(pk), "N")))
        assert set(answers) == {("campaign_ids", 400, "The advertiser of this campaign has no campaign N.")}


def test_nor_by_a_program(campaign, theirs, actor):
    program = Program(make_user(roles.ADMIN))
    for pk in (theirs.pk, 99_999_999):
        body = {"campaign": campaign.pk, "processrJob": 9052, "config": {"field": "email", "campaign_ids": [pk]}}
        assert wrong(program.post("campaign-processr-jobs", body)) == {"config.campaign_ids"}


def test_a_job_copied_to_another_client_does_not_bring_its_ids_along(campaign, make_campaign, theirs, acme, credentials, bob):
    own = make_campaign("Own")
    sources = {
        "duplicate_field": services.add_job(campaign, "duplicate_field", config={"field": "email", "campaign_ids": [own.pk]}, actor=bob),
        "suppression_list": services.add_job(
            campaign, "suppression_list", config={"list": create_list("Keys", advertiser=acme, actor=bob).pk, "field": "company"}, actor=bob
        ),
        **{
            key: services.add_job(campaign, key, config={**config, "credential": credentials["Own"].pk}, actor=bob)
            for key, config in HTTP.items()
        },
    }
    shared = create_list("Shared", advertiser=None, actor=bob)
    fields = {"duplicate_field": "campaign_ids", "suppression_list": "list"}
    initial = {"duplicate_field": {"field": "email"}, "suppression_list": {"list": shared.pk, "field": "company"}, **HTTP}
    for key, source in sources.items():
        target = services.add_job(theirs, key, config=initial[key], actor=bob)
        for act in (
            lambda target=target, source=source: services.copy_settings(target.pk, source_id=source.pk, actor=bob),
            lambda target=target, source=source: services.changes_of_copy(target, source=source, actor=bob),
        ):
            assert refusal_of(act).field == fields.get(key, "credential"), key
        assert Job.objects.get(pk=target.pk).config == target.config


@pytest.mark.parametrize("key", sorted(HTTP))
def test_a_credential_is_accepted_within_the_advertisers_it_belongs_to(campaign, theirs, credentials, bob, key):
    for place, usable in ((campaign, {"House", "Own"}), (theirs, {"House", "Secret name"})):
        form = str(job_types.get(key).settings_form(campaign=place)["credential"])
        assert {name for name in credentials if name in form} == usable
        for name, credential in credentials.items():
            config = {**HTTP[key], "credential": credential.pk}
            if name in usable:
                assert services.add_job(place, key, config=config, actor=bob).credential == credential
            else:
                foreign = refusal_of(lambda place=place, config=config: services.add_job(place, key, config=config, actor=bob))
                gone = refusal_of(lambda place=place: services.add_job(place, key, config={**HTTP[key], "credential": 4711}, actor=bob))
                assert (foreign.field, foreign.message) == (gone.field, gone.message) == ("credential", foreign.message)


def test_the_property_of_a_job_is_scoped_as_the_setting_is(campaign, credentials, bob):
    """Also of a job whose type has no such setting."""
    job = services.add_job(campaign, "test_data", credential=credentials["Own"].pk, actor=bob)
    for pk in (credentials["Secret name"].pk, 4711):
        for act in (
            lambda pk=pk: services.update_job(job.pk, changes={"credential": pk}, actor=bob),
            lambda pk=pk: services.add_job(campaign, "test_data", credential=pk, actor=bob),
        ):
            refusal = refusal_of(act)
            assert (refusal.field, refusal.message) == ("credential", "There is no such credential.")
    program = Program(make_user(roles.ADMIN))
    answers = [program.patch(f"campaign-processr-jobs/{job.pk}", {"credential": pk}) for pk in (credentials["Secret name"].pk, 4711)]
    assert [wrong(answer) for answer in answers] == [{"credential"}] * 2
    assert answers[0].json()["hydra:description"] == answers[1].json()["hydra:description"]


@pytest.fixture
def stored(campaign, theirs, credentials, rival, bob) -> dict[str, Job]:
    """Jobs as an older version kept them, with ids of another advertiser."""
    jobs = {
        "duplicate_field": services.add_job(campaign, "duplicate_field", config={"field": "email"}, hardfail=True, actor=bob),
        "suppression_list": services.add_job(
            campaign, "suppression_list", config={"list": create_list("S", advertiser=None, actor=bob).pk, "field": "company"}, actor=bob
        ),
        **{key: services.add_job(campaign, key, config=config, actor=bob) for key, config in HTTP.items()},
    }
    hidden = create_list("Hidden list", advertiser=rival, actor=bob).pk
    foreign = {"duplicate_field": {"campaign_ids": [theirs.pk]}, "suppression_list": {"list": hidden}}
    for key, job in jobs.items():
        job.config = {**job.config, **foreign.get(key, {"credential": credentials["Secret name"].pk})}
        job.credential = credentials["Secret name"] if key in HTTP else None
        job.save()
    campaigns.plan_changed(campaign.pk)
    return jobs


def test_what_is_stored_of_others_is_not_used(campaign, theirs, stored, credentials, make_leads, bob):
    Job.objects.exclude(pk=stored["duplicate_field"].pk).update(enabled=False)
    campaigns.plan_changed(campaign.pk)
    services.add_job(theirs, "test_data", actor=bob)
    make_leads(theirs, email="anna@example.com")
    scheduler.process_turn(theirs.pk, 0)
    (lead,) = make_leads(campaign, email="anna@example.com")
    scheduler.process_turn(campaign.pk, 0)
    lead.refresh_from_db()
    assert lead.qa_status == "valid", "it tells about the lead of another advertiser"
    integration = job_types.get("http_post")(planned(stored["http_post"]))
    outgoing = build_outgoing(lead, event_id="0" * 24, delivery_id=0, is_test=False)
    integration.prepare_sending([outgoing])
    assert integration.unsendable(outgoing) == "The credential is missing, or cannot be used for this address"
    assert integration.send(outgoing).problem


@pytest.mark.sql
def test_what_is_stored_of_others_is_named_by_the_integrity_check(campaign, theirs, stored, credentials):
    found = integrity.settings_of_jobs()
    assert len(found) == len(stored)
    for key, job in stored.items():
        (line,) = [line for line in found if line.startswith(f"job {job.pk} on campaign {campaign.pk}:")]
        assert {"duplicate_field": "campaign", "suppression_list": "validation list"}.get(key, "credential") in line
        assert "Hidden" not in line
    Job.objects.update(removed_at="2026-01-01T00:00Z")
    assert integrity.settings_of_jobs() == []


def test_what_is_stored_of_others_is_shown_without_its_name_and_refused_when_saved(campaign, stored, actor):
    person = actor(roles.AGENCY)
    client, program = Client(), Program(User.objects.get(pk=person.user_id))
    client.force_login(program.user)
    for key, job in stored.items():
        page = client.get(f"/v2/campaigns/{campaign.pk}/processr/jobs/{job.pk}").content.decode()
        assert "Secret name" not in page
        assert "Hidden list" not in page
        if key != "duplicate_field":
            assert "Not for this campaign" in page
        record = program.get(f"campaign-processr-jobs/{job.pk}")
        assert b"Secret name" not in record.content
        copy = client.get(f"/v2/campaigns/{campaign.pk}/processr/jobs/{job.pk}/copy").content.decode()
        assert "Secret name" not in copy
        refusal = refusal_of(lambda job=job: services.update_job(job.pk, changes={"config": {}}, actor=person))
        assert refusal.field in {"campaign_ids", "list", "credential"}


def test_all_advertisers_are_compared_with_by_those_who_see_them_all(campaign, make_leads, theirs, actor, bob):
    """An agency could else ask by a pasted lead who is another client's."""
    wide, agency = {"field": "email", "level": "Enterprise"}, actor(roles.AGENCY)
    mine = services.add_job(campaign, "duplicate_field", config={"field": "email"}, actor=agency)
    for act in (
        lambda: services.add_job(campaign, "duplicate_field", config=wide, actor=agency),
        lambda: services.update_job(mine.pk, changes={"config": {"level": "Enterprise"}}, actor=agency),
    ):
        refusal = refusal_of(act)
        assert (refusal.field, refusal.status) == ("level", 403)
        assert "Admin" in refusal.message
    for role in (roles.ADMIN, roles.SUPER):
        source = services.add_job(campaign, "duplicate_field", config=wide, actor=actor(role))
    assert refusal_of(lambda: services.copy_settings(mine.pk, source_id=source.pk, actor=agency)).field == "level"
    make_leads(theirs, email="anna@example.com")
    typed = {
        "job-label": "Mine", "job-stage": "10", "job-score": "1", "job-on_error": "error", "field": "email", "count": "1",
        "duplicate_status": "valid", "level": "Enterprise", "act": "try", "try-pasted": "email=anna@example.com",
    }  # fmt: skip
    shown = {}
    for who in (agency, bob):
        client = Client()
        client.force_login(User.objects.get(pk=who.user_id))
        shown[who] = client.post(f"/v2/campaigns/{campaign.pk}/processr/jobs/{source.pk}", typed).content.decode()
    assert ['class="trial-outcome"' in shown[who] for who in (agency, bob)] == [False, True]


def test_what_is_asked_of_all_advertisers_is_changed_by_those_who_see_them_all(campaign, actor, bob):
    """An agency could else turn the question of an admin's job into one of its own."""
    agency = actor(roles.AGENCY)
    company = services.add_job(campaign, "duplicate_field", config={"field": "company", "level": "Enterprise"}, actor=bob)
    activity = services.add_job(campaign, "user_overactivity", config={"count": 3}, actor=bob)
    for job, changes in (
        (company, {"field": "email"}),
        (company, {"field": " telephone "}),
        (company, {"count": 2}),
        (company, {"duplicate_status": "billable"}),
        (company, {"field": "email", "count": 5}),
        (activity, {"count": 1}),
        (activity, {"hours": 900}),
    ):
        refusal = refusal_of(lambda job=job, changes=changes: services.update_job(job.pk, changes={"config": changes}, actor=agency))
        assert (refusal.field, refusal.status) == (next(iter(changes)), 403)
    program = Program(User.objects.get(pk=agency.user_id))
    assert wrong(program.patch(f"campaign-processr-jobs/{company.pk}", {"config": {"field": "email"}}), 403) == {"config.field"}
    for changes in (
        {"score": 3},
        {"config": {"field": "company", "count": 1}},
        {"config": {}},
        {"config": {"level": "Advertiser", "count": 2}},
    ):
        services.update_job(company.pk, changes=changes, actor=agency)


def test_no_type_tells_an_agency_about_leads_of_other_advertisers(campaign, actor):
    assert {one.key for one in job_types if getattr(one, "compares", None) == "enterprise"} == {"duplicate_field", "user_overactivity"}
    refusal = refusal_of(lambda: services.add_job(campaign, "user_overactivity", config={"count": 1}, actor=actor(roles.AGENCY)))
    assert (refusal.field, refusal.status) == ("count", 403)
    assert services.add_job(campaign, "user_overactivity", config={"count": 1}, actor=actor(roles.SUPER)).pk


def test_a_prefix_limits_where_a_secret_goes(campaign, make_leads, bob):
    limited = set_credential(
        "L", secret="whisper", api_url="https://api.example/", address_prefix="https://api.example/v1/check", actor=bob
    )
    config = {**HTTP["http_post"], "credential": limited.pk}
    for path in ("/v1/check", "/v1/check/{email}?x={company}"):
        services.add_job(campaign, "http_post", config={**config, "url": f"https://api.example{path}"}, actor=bob)
    for path in ("/", "/v1", "/v1/checks", "/v1/check/../admin", "/v1/check/%2e%2e/admin", "/{email}", "/v1/{email}/check", "//v1/check"):
        refusal = refusal_of(
            lambda path=path: services.add_job(campaign, "http_post", config={**config, "url": f"https://api.example{path}"}, actor=bob)
        )
        assert (refusal.field, "limited to addresses below" in refusal.message) == ("credential", True), path
    (job,) = [job for job in Job.objects.all() if "{email}" in job.config["url"]]
    integration = job_types.get("http_post")(planned(job))
    for value, refused in (("anna@example.com", False), ("a/../../admin", True), ("..\\..\\admin", True), ("a;b", False), ("%2e%2e", True)):
        (lead,) = make_leads(campaign, email=value)
        outgoing = build_outgoing(lead, event_id="0" * 24, delivery_id=0, is_test=False)
        integration.prepare_sending([outgoing])
        assert bool(integration.unsendable(outgoing)) is refused, value


@pytest.mark.parametrize(
    "prefix",
    [
        "https://other.example/v1", "https://api.example:8443/v1", "http://api.example/v1", "https://api.example/v1?x=1", "https://api.example/a/../b",
        "https://api.example/%2e%2e", "https://api.example/a%2fb", "api.example/v1", "https://u@api.example/", "https://api.example.evil.example/v1",
        "https://api.example/v1#fragment", "https://api.example/v1#", "https://api.example/#/v1", "https://api.example/v1?",
        "https://api.example?v1", "https://u:p@api.example/v1", "https://@api.example/v1", "https://api.example/v1?#", "https://api.example/a/.",
    ],
)  # fmt: skip
def test_a_prefix_that_limits_nothing_is_refused(bob, prefix):
    refusal = refusal_of(lambda: set_credential("L", secret="s", api_url="https://api.example/", address_prefix=prefix, actor=bob))
    assert refusal.field == "address_prefix"
    assert not Credential.objects.exists()


def test_the_credential_manager_sets_whose_a_credential_is(acme, rival, bob):
    client = Client()
    client.force_login(make_user(roles.ADMIN))
    place = "/v2/enterprise/credentials"
    typed = {"name": "P", "type": "processrJob", "api_url": "https://a.example/", "secret": "s", "owner": "advertisers"}
    assert "Name at least one advertiser" in client.post(f"{place}/add", typed).content.decode()
    assert client.post(f"{place}/add", {**typed, "advertisers": [acme.pk, rival.pk]}).status_code == 302
    made = Credential.objects.get()
    assert scope.owners_of(made) == [acme.pk, rival.pk]
    assert "Acme, Rival" in client.get(place).content.decode()
    assert client.post(f"{place}/{made.pk}", {**typed, "secret": "", "advertisers": [acme.pk]}).status_code == 302
    assert scope.owners_of(made) == [acme.pk]
    assert client.post(f"{place}/{made.pk}", {**typed, "secret": "", "advertisers": ["999"]}).status_code == 200
    assert client.post(f"{place}/{made.pk}", {**typed, "secret": "", "owner": "enterprise"}).status_code == 302
    assert scope.owners_of(made) == []
    entries = AuditEntry.objects.filter(action="owners of credential set").order_by("pk")
    assert [entry.after["belongs to"] for entry in entries] == [["Acme", "Rival"], ["Acme"], ["the enterprise"]]
