"""The picture of a lead's person: fetched by a worker from the address that enrichment names, and served by ourselves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns import services
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.http.connection import pool
from leads import lifecycle, pictures, tasks
from leads.lifecycle import claims
from leads.models import Lead, LeadPicture
from processr.engine import scheduler
from processr.services import add_job
from tests.core.outbound.conftest import allow, house, names
from tests.core.outbound.secure import secure
from tests.core.outbound.servers import RawServer, reply
from tests.leads.acts import verdict

pytestmark = pytest.mark.django_db
__all__ = ["allow", "house", "names", "secure"]

PNG, JPEG, GIF, WEBP = b"\x89PNG\r\n\x1a\n123", b"\xff\xd8\xff\xe0123", b"GIF89a123", b"RIFF\x10\x00\x00\x00WEBPVP8 "
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def host(house, secure) -> RawServer:
    """Answers each request by what stands in `answers` under its path, else with 404."""
    pool.forget()
    secure.answers = {}

    def script(line):
        path = secure.head(line).split()[1]
        line.sendall(secure.answers.get(path, reply(status="404 Not Found")))

    secure.script = script
    return secure


@pytest.fixture
def at(host) -> Callable[..., str]:
    """at("/1.png", b"…", Content_Type="…"): the address at which the host answers so."""

    def answer(path: str, body: bytes = PNG, **how: str) -> str:
        host.answers[path] = reply(body, **how)
        return f"https://partner.example:{host.port}{path}"

    return answer


@pytest.fixture
def lead(campaign, make_leads) -> Lead:
    return make_leads(campaign, firstName="Ann", lastName="Lee")[0]


def judge(lead: Lead, **enriched) -> None:
    """Judge the lead, again if it was before, with what enrichment found."""
    if Lead.objects.get(pk=lead.pk).processr_status != "waiting":
        lifecycle.requeue([lead.pk], actor=SYSTEM)
    token = claims.claim(lead.campaign_id, limit=500).token
    lifecycle.judge([verdict(lead.pk, enriched=enriched)], token=token)


def fetch(**later: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(**later), tick=True):
        pictures.fetch_due(seconds=10)


def served(reader, lead: Lead, role: str = roles.ADMIN):
    return reader(role).client.get(f"/v2/leads/{lead.pk}/picture")


@pytest.mark.parametrize(
    ("body", "kind"), [(PNG, "png"), (JPEG, "jpeg"), (GIF, "gif"), (b"GIF87a", "gif"), (WEBP, "webp"), (PNG + b"x" * 199_989, "png")]
)
def test_the_picture_is_fetched_after_the_judgement_and_served_by_ourselves(lead, at, reader, body, kind):
    admin = reader()
    judge(lead, photo=at("/ann", body, Content_Type="text/html"))
    page = admin.get(f"/v2/leads/{lead.pk}")
    assert '<img class="avatar"' not in page.html
    assert '<span class="avatar" aria-hidden="true">AL</span>' in page.html
    assert served(reader, lead).status_code == 404
    fetch()
    page = admin.get(f"/v2/leads/{lead.pk}")
    assert f'<img class="avatar" src="/v2/leads/{lead.pk}/picture?at=' in page.html
    assert 'width="44" height="44" alt=""' in page.html
    answer = served(reader, lead)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, body, f"image/{kind}")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'"
    assert answer["Cache-Control"] == "private, max-age=300"


def test_what_an_enrichment_job_finds_is_fetched(campaign, make_leads, at, reader, bob):
    found = b'{"person": {"photo": "%s"}}' % at("/ann", WEBP).encode()
    url = at("/of/ann%40example.com", found, Content_Type="application/json").replace("ann%40example.com", "{email}")
    add_job(campaign, "http_enrichment", config={"url": url, "taken": [{"path": "person.photo", "field": "photo"}]}, actor=bob)
    (lead,) = make_leads(campaign, email="ann@example.com")
    scheduler.serve_campaigns(seconds=10)
    tasks.fetch_pictures()
    assert (served(reader, lead).content, served(reader, lead)["Content-Type"]) == (WEBP, "image/webp")


@pytest.mark.parametrize(
    ("body", "how"),
    [
        (SVG, {"Content_Type": "image/svg+xml"}), (b"<html>", {"Content_Type": "image/png"}), (b"", {}), (b"RIFF1234WAVE", {}), (b" " + PNG, {}),
        (PNG, {"status": "404 Not Found"}), (PNG, {"status": "403 Forbidden"}), (PNG, {"status": "206 Partial Content"}), (b"BM123", {}),
        (PNG + b"x" * 200_000, {}), (PNG, {"Content_Encoding": "br"}), (b"", {"status": "302 Found", "Location": "http://partner.example/"}),
        (b"", {"status": "302 Found", "Location": "https://10.0.0.1/"}), (b"", {"status": "302 Found", "Location": "/again"}),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_not_kept_and_not_asked_for_for_ever(lead, at, host, reader, body, how):
    judge(lead, photo=at("/again", body, **how))
    for hours in range(0, 24, 4):
        fetch(hours=hours)
    row = LeadPicture.objects.get(pk=lead.pk)
    assert (bytes(row.content), row.content_type, row.due_at) == (b"", "", None)
    assert row.attempts <= 3
    asked = len(host.heads)
    fetch(days=400)
    assert len(host.heads) == asked
    assert served(reader, lead).status_code == 404
    assert '<img class="avatar"' not in reader().get(f"/v2/leads/{lead.pk}").html


@pytest.mark.parametrize("status", ["503 Service Unavailable", "500 Oops", "429 Too Many Requests"])
def test_what_may_pass_is_tried_three_times(lead, at, host, reader, status):
    address = at("/ann", status=status)
    judge(lead, avatar=address)
    fetch()
    fetch(minutes=5)
    assert len(host.heads) == 1
    fetch(minutes=11)
    assert len(host.heads) == 2
    at("/ann")
    fetch(minutes=30)
    assert len(host.heads) == 2
    fetch(hours=4)
    assert len(host.heads) == 3
    assert served(reader, lead).content == PNG


def test_a_host_that_is_not_there_is_tried_three_times(lead, house, names, reader):
    names["partner.example"] = ["127.0.0.1"]
    judge(lead, avatar="https://partner.example:9/ann")
    for hours in (0, 1, 5):
        fetch(hours=hours)
    row = LeadPicture.objects.get(pk=lead.pk)
    assert (row.attempts, row.due_at) == (3, None)


def test_an_address_inside_is_never_called(lead, at, host, settings):
    address = at("/ann")
    settings.OUTBOUND_ALLOW = []
    judge(lead, photo=address)
    fetch()
    assert host.connections == 0
    row = LeadPicture.objects.get(pk=lead.pk)
    assert (row.attempts, row.due_at) == (1, None)


def test_the_same_address_is_fetched_once_and_another_takes_its_place(lead, at, host, reader):
    for _ in range(2):
        judge(lead, photo=at("/old"))
        fetch()
    assert len(host.heads) == 1
    judge(lead, photo=at("/new", JPEG))
    assert served(reader, lead).status_code == 404
    fetch()
    answer = served(reader, lead)
    assert (answer.content, answer["Content-Type"]) == (JPEG, "image/jpeg")
    assert LeadPicture.objects.filter(pk=lead.pk).count() == 1
    judge(lead, photo="none")
    assert served(reader, lead).status_code == 404
    assert '<img class="avatar"' not in reader().get(f"/v2/leads/{lead.pk}").html


def test_what_comes_for_an_address_that_was_replaced_meanwhile_is_not_kept(lead, at):
    new = at("/new", GIF)
    judge(lead, photo=at("/old"))
    (old,) = pictures._claim()
    judge(lead, photo=new)
    pictures._store(old, pictures._fetch(old.address))
    row = LeadPicture.objects.get(pk=lead.pk)
    assert (row.address, bytes(row.content), row.attempts) == (new, b"", 0)
    fetch()
    assert bytes(LeadPicture.objects.get(pk=lead.pk).content) == GIF


def test_an_attempt_is_claimed_once_and_that_of_a_killed_worker_is_made_again(lead, at, host, reader):
    judge(lead, photo=at("/ann"))
    assert [picture.pk for picture in pictures._claim()] == [lead.pk]
    assert pictures._claim() == []
    fetch()
    assert host.heads == []
    fetch(minutes=11)
    assert served(reader, lead).content == PNG


def test_a_worker_that_is_killed_each_time_leaves_no_attempt(lead, at, host):
    judge(lead, photo=at("/ann"))
    for hours in (0, 1, 5):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            assert len(pictures._claim()) == 1
    fetch(days=9)
    assert host.heads == []


def test_that_of_a_deleted_lead_is_neither_fetched_nor_served(campaign, make_leads, at, host, reader, bob):
    fetched, unfetched = make_leads(campaign, 2)
    token = claims.claim(campaign.pk, limit=500).token
    lifecycle.judge([verdict(fetched.pk, enriched={"photo": at("/1")}), verdict(unfetched.pk)], token=token)
    fetch()
    judge(unfetched, photo=at("/2"))
    lifecycle.delete([fetched.pk, unfetched.pk], actor=bob)
    fetch()
    assert len(host.heads) == 1
    assert LeadPicture.objects.get(pk=unfetched.pk).due_at is None
    assert {served(reader, lead).status_code for lead in (fetched, unfetched)} == {404}


def test_more_than_are_fetched_at_once_are_all_fetched(campaign, make_leads, at):
    leads = make_leads(campaign, 2 * pictures.AT_ONCE + 1)
    token = claims.claim(campaign.pk, limit=500).token
    lifecycle.judge([verdict(lead.pk, enriched={"image": at(f"/{lead.pk}", PNG + b"%d" % lead.pk)}) for lead in leads], token=token)
    assert not pictures.fetch_due(seconds=20)
    found = LeadPicture.objects.filter(lead__in=leads)
    assert {row.pk: bytes(row.content) for row in found} == {lead.pk: PNG + b"%d" % lead.pk for lead in leads}


@pytest.mark.parametrize("role", sorted(roles.LABELS))
def test_the_picture_is_for_roles_that_see_values_and_what_enrichment_made(lead, campaign, at, reader, role):
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    judge(lead, photo=at("/ann"))
    fetch()
    sees = role in {roles.ADMIN, roles.SUPER, roles.AGENCY, roles.AGENCY_CALL_CENTRE}
    assert served(reader, lead, role).status_code == (200 if sees else 403 if role == roles.REPORT else 404)
    page = reader(role).get(f"/v2/leads/{lead.pk}")
    assert ('<img class="avatar"' in page.html) is sees
    assert "partner.example" not in page.html or sees  # as a value in the Profile tab


def test_the_advertisers_report_user_sees_that_of_a_billable_lead(lead, at, reader):
    judge(lead, photo=at("/ann"))
    fetch()
    Lead.objects.filter(pk=lead.pk).update(advertiser_billable=True)
    assert served(reader, lead, roles.ADVERTISER_REPORT).content == PNG


def test_the_picture_of_anothers_lead_does_not_exist(lead, at, reader, campaign, bob):
    judge(lead, photo=at("/ann"))
    fetch()
    other = services.create_advertiser("Other", actor=bob)
    type(campaign).objects.filter(pk=campaign.pk).update(advertiser=other)
    assert served(reader, lead, roles.AGENCY).status_code == 404


@pytest.mark.parametrize(
    ("enriched", "address"),
    [
        ({"photo": "https://a.example/1.png"}, "https://a.example/1.png"),
        ({"photo": "  https://a.example/1.png\n"}, "https://a.example/1.png"),
        ({"avatarUrl": "HTTPS://a.example/1"}, "HTTPS://a.example/1"),
        ({"photo": "none", "picture_url": "https://a.example/1"}, "https://a.example/1"),
        ({"image": "https://a.example/2", "photo": "https://a.example/1"}, "https://a.example/1"),
        ({"website": "https://a.example/1.png"}, ""),
        ({"photo": "http://a.example/1.png"}, ""),
        ({"photo": "//a.example/1.png"}, ""),
        ({"photo": "data:image/png;base64,AAAA"}, ""),
        ({"photo": "javascript:alert(1)"}, ""),
        ({"photo": "https://ann:pw@a.example/1.png"}, ""),
        ({"photo": "https://a.example/a b.png"}, ""),
        ({"photo": "https://[a.example/"}, ""),
        ({"photo": "https://"}, ""),
        ({"photo": "https://a.example/" + "x" * 2000}, ""),
        ({"photo": ["https://a.example/1.png"]}, ""),
        ({"photo": None}, ""),
        ({"photo": 7}, ""),
        ({}, ""),
    ],
)
def test_the_address_is_an_https_one_in_a_field_for_pictures(lead, enriched, address):
    assert pictures.address_of(enriched) == address
    judge(lead, **enriched)
    assert list(LeadPicture.objects.filter(pk=lead.pk).values_list("address", flat=True)) == ([address] if address else [])


def test_a_captured_address_is_none_of_ours_to_call(campaign, make_leads):
    (lead,) = make_leads(campaign, photo="https://a.example/1.png")
    judge(lead)
    assert not LeadPicture.objects.exists()


def test_the_judgement_tells_workers_and_costs_the_same_for_many_pictures(campaign, make_leads, monkeypatch, django_assert_max_num_queries):
    told = []
    monkeypatch.setattr(pictures, "notify_workers", lambda *message: told.append(message))
    for n in (1, 40):
        leads = make_leads(campaign, n)
        token = claims.claim(campaign.pk, limit=500).token
        verdicts = [verdict(lead.pk, enriched={"photo": f"https://a.example/{lead.pk}"}) for lead in leads]
        with django_assert_max_num_queries(40) as caught:
            lifecycle.judge(verdicts, token=token)
        told.append(len(caught))
    assert told[::2] == [("work", "pictures", "leads.tasks.fetch_pictures")] * 2
    assert told[1] == told[3]


def test_the_log_names_no_address(lead, at, caplog):
    judge(lead, photo=at("/ann-lee.png?token=s3cret", status="404 Not Found"))
    fetch()
    assert "ann-lee" not in caplog.text
    assert "s3cret" not in caplog.text
