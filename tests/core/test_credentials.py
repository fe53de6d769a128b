"""The Credential Manager: secrets go in, are used and replaced, and never come out."""

import re

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.services import api_key_of
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.credentials import encryption, service
from config.core.errors import DomainError
from config.core.models import AuditEntry, Credential
from processr.services import add_job
from tests.cast import make_user

pytestmark = pytest.mark.django_db
PAGE = "/v2/enterprise/credentials"
SECRET = "whisper-7Q"


@pytest.fixture
def ann(client) -> Client:
    client.force_login(make_user(roles.ADMIN, name="Ann"))
    return client


@pytest.fixture
def partner(bob) -> Credential:
    return service.set_credential("Partner", actor=bob, secret=SECRET, client_id="sluice", api_url="https://partner.example/v1")


def typed(**changes: str) -> dict[str, str]:
    usual = {
        "name": "Partner",
        "type": "processrJob",
        "entity": "",
        "client_id": "sluice",
        "api_url": "https://partner.example/v1",
        "secret": "",
    }
    return usual | changes


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_what_is_set_is_listed_without_its_secret(ann):
    answer = ann.post(f"{PAGE}/add", typed(entity="HTTP Check", secret=SECRET), follow=True)
    assert "Partner is set. Jobs can use it from now on." in words(answer)
    assert re.search(r"Partner Processr job HTTP Check sluice https://partner.example/v1 set at", words(answer))
    kept = Credential.objects.get()
    assert service.secret_of(kept) == SECRET
    assert kept.set_by.name == "Ann"
    for page in (PAGE, f"{PAGE}/{kept.pk}", f"{PAGE}/{kept.pk}/delete"):
        assert SECRET not in ann.get(page).content.decode()
    assert SECRET.encode() not in bytes(kept.secret)


def test_the_secret_stays_unless_it_is_typed_again(ann, partner):
    answer = ann.post(f"{PAGE}/{partner.pk}", typed(name="The partner"), follow=True)
    assert "The partner is saved; its secret stays as it was." in words(answer)
    renamed = Credential.objects.get()
    assert (renamed.name, service.secret_of(renamed), renamed.set_at) == ("The partner", SECRET, partner.set_at)
    ann.post(f"{PAGE}/{partner.pk}", typed(name="The partner", secret=" spaces are kept "))
    assert service.secret_of(Credential.objects.get()) == " spaces are kept "
    assert Credential.objects.get().set_at > partner.set_at


def test_a_new_address_asks_for_the_secret_again(ann, partner):
    answer = ann.post(f"{PAGE}/{partner.pk}", typed(api_url="https://evil.example/"))
    assert "Type the secret again: it will be sent to another address." in words(answer)
    assert "https://evil.example/" in answer.content.decode(), "what was typed is lost"
    assert Credential.objects.get().api_url == "https://partner.example/v1"
    ann.post(f"{PAGE}/{partner.pk}", typed(api_url="https://new.example/", secret="second"))
    assert (Credential.objects.get().api_url, service.secret_of(Credential.objects.get())) == ("https://new.example/", "second")


def test_saving_nothing_changes_nothing(ann, partner):
    lines = AuditEntry.objects.count()
    assert "Nothing was changed on Partner." in words(ann.post(f"{PAGE}/{partner.pk}", typed(), follow=True))
    assert AuditEntry.objects.count() == lines


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Partner"}, "name"), ({"name": ""}, "name"), ({"name": "x" * 121}, "name"), ({"name": "a\x00b"}, "name"), ({"name": "a\ud800"}, "name"),
        ({"type": "wish"}, "type"), ({"secret": ""}, "secret"), ({"secret": "x" * 4001}, "secret"), ({"secret": "a\x00"}, "secret"),
        ({"api_url": "gopher://a.example/"}, "api_url"), ({"api_url": "sftp://a.example/in"}, "api_url"), ({"api_url": "https://u:p@a.example/"}, "api_url"), ({"api_url": "partner"}, "api_url"),
        ({"api_url": "https://a.example/" + "x" * 200}, "api_url"), ({"client_id": "x" * 256}, "client_id"), ({"entity": "x" * 81}, "entity"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_by_field(bob, partner, changes, field):
    given = {"name": "Other", "secret": SECRET, **changes}
    with pytest.raises(DomainError) as refused:
        service.set_credential(given.pop("name"), actor=bob, **given)
    assert refused.value.field == field
    assert Credential.objects.count() == 1


def test_hosts_of_an_intranet_are_addresses_too(bob):
    assert service.set_credential("CRM", actor=bob, secret="s", api_url="http://crm:8080/api").api_url == "http://crm:8080/api"


def test_what_a_job_uses_is_not_deleted(ann, partner, campaign, bob):
    job = add_job(campaign, "first_last_name_match", actor=bob, label="Name at partner")
    job.credential = partner
    job.save(update_fields=["credential"])
    answer = ann.post(f"{PAGE}/{partner.pk}/delete")
    assert answer.status_code == 409
    assert f"It is used by job {job.pk} “Name at partner”. Choose another credential there first." in words(answer)
    assert Credential.objects.exists()
    job.credential = None
    job.save(update_fields=["credential"])
    assert "Partner is deleted, and its secret with it." in words(ann.post(f"{PAGE}/{partner.pk}/delete", follow=True))
    assert not Credential.objects.exists()


def test_looking_at_the_question_deletes_nothing(ann, partner):
    assert ann.get(f"{PAGE}/{partner.pk}/delete").status_code == 200
    assert Credential.objects.exists()


def test_each_change_leaves_one_line_without_the_secret(bob, partner):
    service.change_credential(partner.pk, actor=bob, entity="Job", secret="second")
    service.remove_credential(partner.pk, actor=bob)
    lines = list(AuditEntry.objects.filter(page=service.PAGE).order_by("pk"))
    assert [(line.action, line.object_id, line.severity) for line in lines] == [
        (f"credential {what}", str(partner.pk), "high") for what in ("set", "changed", "removed")
    ]
    assert (lines[1].before, lines[1].after) == ({"entity": ""}, {"entity": "Job", "secret": "•••"})
    assert lines[2].before["api_url"] == "https://partner.example/v1"
    assert not [line for line in AuditEntry.objects.values() if SECRET in str(line) or "second" in str(line)]


@pytest.mark.parametrize("role", sorted(roles.ALL - service.MANAGERS))
def test_nobody_else_sets_changes_or_deletes_one(client, partner, role):
    client.force_login(make_user(role))
    posts = [client.post(f"{PAGE}{path}", typed(secret="x")) for path in ("/add", f"/{partner.pk}", f"/{partner.pk}/delete")]
    assert [answer.status_code for answer in posts] == [403] * 3
    assert service.secret_of(Credential.objects.get()) == SECRET


def test_the_entry_in_the_rail_is_for_those_who_may_open_it(client, ann):
    assert f'href="{PAGE}"' in ann.get("/profile").content.decode()
    client.force_login(make_user(roles.AGENCY))
    assert f'href="{PAGE}"' not in client.get("/profile").content.decode()


def test_a_page_costs_the_same_queries_for_two_and_for_twenty(ann, bob):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert ann.get(PAGE).status_code == 200
        return len(caught)

    for n in range(2):
        service.set_credential(f"Partner {n}", actor=bob, secret="s")
    queries()
    few = queries()
    for n in range(2, 20):
        service.set_credential(f"Partner {n}", actor=bob, secret="s")
    assert queries() == few


def test_a_secret_of_a_lost_key_says_so(partner, settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(DomainError, match="Set it again"):
        service.secret_of(partner)


def test_after_resealing_the_old_key_can_go(partner, campaign, settings, capsys):
    key = api_key_of(campaign)
    settings.FIELD_KEYS = [new := Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    call_command("reseal")
    assert "core.Credential.secret: 1 encrypted anew" in capsys.readouterr().out
    settings.FIELD_KEYS = [new]
    partner.refresh_from_db()
    campaign.refresh_from_db()
    assert (service.secret_of(partner), api_key_of(campaign)) == (SECRET, key)
    assert set(encryption.reseal_all().rows.values()) == {0}, "what the newest key wrote was written again"


def test_resealing_names_what_no_key_opens_and_does_the_rest(partner, bob, settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    good = service.set_credential("Good", actor=bob, secret="kept")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    before = bytes(partner.secret)
    with pytest.raises(CommandError, match=f"core.Credential.secret of row {partner.pk}"):
        call_command("reseal")
    partner.refresh_from_db()
    good.refresh_from_db()
    assert bytes(partner.secret) == before
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert service.secret_of(good) == "kept"
    with pytest.raises(InvalidToken):
        encryption.unseal(partner.secret)


def test_every_column_that_is_sealed_is_resealed():
    names = {f"{model._meta.label}.{column}" for model, column in encryption.sealed_columns()}
    assert names == {
        "core.Credential.secret", "campaigns.Campaign.api_key_sealed", "processr.Trial.request", "processr.Trial.result",
        "integrations.Destination.signing_secret", "integrations.OutboundEvent.sealed_headers", "integrations.Destination.previous_secret",
        "batches.SentBatch.sealed_key",
    }  # fmt: skip


def test_an_actor_without_a_user_may_set_one(db):
    assert service.set_credential("By demo", actor=Actor("Sluice"), secret="s").set_by_id is None
