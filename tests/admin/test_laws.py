"""The laws of the design in the admin: who writes, what is never written, and what nobody is shown."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.test import RequestFactory
from django.urls import reverse

from campaigns import services
from campaigns.models import ApiKey, Campaign, CampaignPublisher
from campaigns.services import api_key_of
from config.core.accounts import bearer, roles
from config.core.admin import ReadOnlyAdmin, site
from config.core.models import AccessToken, AuditEntry
from leads.models import Lead
from processr.models import Job
from tests.admin.rows import SEALED, address
from tests.cast import PASSWORD, make_user
from tests.laws.writes import recorded_writes
from tests.test_architecture import STATUS_COLUMNS

pytestmark = pytest.mark.django_db

INSERT_ONLY = {
    "auditentry", "auditseal", "leadnote", "priceentry", "tallydelta", "dailytally", "event", "jobdelta", "jobtally", "plan",
    "idempotencykey", "accesstoken", "leadsearch", "leadpicture", "lead", "bulkaction", "bulkchunk", "leadimport", "leadimportpart", "leadexport", "trial",
}  # fmt: skip
CHANGE_THE_PLAN = {"job", "jobgroup", "groupcondition", "valuetransform", "validationlist", "validationlistvalue"}
DELETABLE = {"membership", "savedtable", "suppressedemail", "suppressedname", "suppressedphone"}


def typed_into(page, request, row) -> set[str]:
    return set(page.get_form(request, row, change=row is not None).base_fields)


@pytest.fixture
def request_of_sue(sue):
    request = RequestFactory().get("/admin/")
    request.user = sue
    return request


class PolicyReader(HTMLParser):
    """Collects the tags that a browser would stop under the Content-Security-Policy."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        loaded = [given[name] for name in ("src", "href", "action") if name in given and tag != "a"]
        own = [url for url in loaded if re.match(r"(?!//|[\w+.-]+:)", url) or (tag == "img" and url.startswith("data:"))]
        if (
            tag in ("style", "iframe", "object", "embed", "base")
            or (tag == "script" and "src" not in given and given.get("type") != "application/json")
            or any(name == "style" or name.startswith("on") for name in given)
            or given.get("href", "").strip().lower().startswith("javascript:")
            or loaded != own
        ):
            self.forbidden.append(self.get_starttag_text() or tag)


def forbidden_by_policy(html: str) -> list[str]:
    reader = PolicyReader()
    reader.feed(html)
    return reader.forbidden


def counts(rows) -> dict:
    return {model: model._default_manager.count() for model in rows}


def test_what_is_insert_only_or_makes_plans_is_read_only(a_row_each):
    pages = {model._meta.model_name: site.get_model_admin(model) for model in a_row_each}
    assert {name for name in INSERT_ONLY | CHANGE_THE_PLAN if not isinstance(pages[name], ReadOnlyAdmin)} == set()
    assert {name for name, page in pages.items() if isinstance(page, ReadOnlyAdmin) and page.may} == set()
    assert {name for name, page in pages.items() if "delete" in page.may} == DELETABLE


def test_what_is_read_only_takes_no_post_and_shows_no_button(a_row_each, support, sue):
    type(sue).objects.filter(pk=sue.pk).update(is_superuser=True)
    for model, row in a_row_each.items():
        if not isinstance(site.get_model_admin(model), ReadOnlyAdmin):
            continue
        before = list(model._default_manager.values())
        paths = [reverse(address(model, "add")), *(reverse(address(model, page), args=[row.pk]) for page in ("change", "delete"))]
        everything = {field.name: "1" for field in model._meta.concrete_fields} | {"post": "yes"}
        assert {support.post(path, everything).status_code for path in paths} == {403}
        page = support.get(paths[1]).content.decode() + support.get(reverse(address(model, "changelist"))).content.decode()
        assert not re.search(r'name="_save|class="deletelink|class="addlink" href="/admin/[a-z]+/' + model._meta.model_name, page), model
        assert "delete_selected" not in page
        assert list(model._default_manager.values()) == before


def test_nothing_is_deleted_by_the_row_but_where_no_lead_hangs_on_it(a_row_each, support):
    before = counts(a_row_each)
    for model, row in a_row_each.items():
        ticked = {"action": "delete_selected", "_selected_action": [str(row.pk)], "index": "0", "post": "yes"}
        assert support.post(reverse(address(model, "changelist")), ticked).status_code in (200, 302)
        if model._meta.model_name not in DELETABLE:
            assert support.post(reverse(address(model, "delete"), args=[row.pk]), {"post": "yes"}).status_code == 403
    assert counts(a_row_each) == before


def test_no_status_column_and_no_count_is_typed_into(a_row_each, request_of_sue):
    moved_by_others = STATUS_COLUMNS | {
        "slots_taken", "plan_number", "served_at", "cap", "lead_volume", "uncapped", "captured", "claim", "revision", "lane",
        "is_superuser", "password", "digest", "prefix", "api_key_digest", "value_count", "version",
    }  # fmt: skip
    for model, row in a_row_each.items():
        page = site.get_model_admin(model)
        for given in (row, None):
            assert (model, typed_into(page, request_of_sue, given) & moved_by_others) == (model, set())


def test_job_types_are_no_choices(a_row_each, request_of_sue):
    assert typed_into(site.get_model_admin(Job), request_of_sue, a_row_each[Job]) == set()


def test_a_lead_posted_over_stays_as_it_is(a_row_each, support):
    lead = a_row_each[Lead]
    before = Lead.objects.values().get(pk=lead.pk)
    answer = support.post(reverse("admin:leads_lead_change", args=[lead.pk]), {"current_status": "valid", "captured": "{}"})
    assert (answer.status_code, Lead.objects.values().get(pk=lead.pk)) == (403, before)


def test_fields_that_are_not_on_the_form_are_not_written(a_row_each, support):
    """Further fields in the request are ignored."""
    contract, campaign = a_row_each[CampaignPublisher], a_row_each[Campaign]
    stolen = {"slots_taken": "9", "cap": "9", "signed_at_0": "2020-01-01", "campaign": "77", "publisher": "77"}
    support.post(reverse("admin:campaigns_campaignpublisher_change", args=[contract.pk]), {"payout": "21", **stolen})
    kept = CampaignPublisher.objects.get(pk=contract.pk)
    assert (kept.payout, kept.cap, kept.slots_taken) == (21, contract.cap, contract.slots_taken)
    assert (kept.campaign_id, kept.publisher_id, kept.signed_at) == (campaign.pk, contract.publisher_id, contract.signed_at)


def test_no_page_shows_what_opens_something_or_breaks_the_policy_and_reading_leaves_no_trace(a_row_each, support, pat, bob):
    """The newest row of each table is opened: those with the secrets are made here."""
    user = make_user(roles.PUBLISHER)
    key = services.make_api_key(user, pat, actor=bob)
    issued = bearer.issue(user, source=bearer.PASSWORD)
    token, kept = AccessToken.objects.latest("id"), ApiKey.objects.latest("id")
    campaign = a_row_each[Campaign]
    hidden = [
        key, kept.digest, issued.access_token, issued.refresh_token, token.digest, token.refresh_digest, token.password_mark, user.password,
        api_key_of(campaign), campaign.api_key_digest, bytes(campaign.api_key_sealed).decode(), SEALED, PASSWORD,
    ]  # fmt: skip
    before = AuditEntry.objects.count()
    for model in a_row_each:
        pages = [reverse(address(model, "changelist"))]
        pages += [reverse(address(model, "change"), args=[row.pk]) for row in model._default_manager.order_by("-pk")[:3]]
        with recorded_writes() as written:
            answers = [support.get(path) for path in pages]
        assert [answer for answer in answers if "default-src 'none'" not in answer["Content-Security-Policy"]] == []
        read = "".join(answer.content.decode() for answer in answers)
        assert (model, [text for text in hidden if text in read]) == (model, [])
        assert (model, forbidden_by_policy(read)) == (model, [])
        assert (model, written) == (model, [])
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    "html",
    [
        "<script>1</script>", '<script src="https://elsewhere.example/x.js"></script>', "<p style='margin:0'>", "<style>p {}</style>",
        '<a onclick="x()">', '<a href="javascript:x()">', '<link rel="stylesheet" href="//elsewhere.example/x.css">', '<iframe src="/">',
        '<form action="https://elsewhere.example">', '<base href="/">', '<img src="https://elsewhere.example/x.png">',
    ],
)  # fmt: skip
def test_what_the_policy_forbids_is_recognised(html):
    allowed = (
        '<script src="/static/x.js"></script><script type="application/json" id="x">{}</script><img src="data:,"><a href="/admin/">x</a>'
    )
    assert forbidden_by_policy(allowed) == []
    assert len(forbidden_by_policy(f"<main>{html}</main>")) == 1


def test_secrets_are_not_felt_for_letter_by_letter(a_row_each, support):
    for path in (
        "core/user/?password__startswith=m", "core/accesstoken/?digest__startswith=a", "campaigns/apikey/?user__password__contains=a",
        "campaigns/campaign/?api_key_digest__lt=8", "core/user/?access_tokens__digest__startswith=a", "core/credential/?secret__isnull=0",
        "leads/lead/?captured__email=a@b.c", "leads/lead/?lead_hash__regex=(a%2B)%2B$", "core/user/?_facets=True&role__exact=admin&o=-9",
    ):  # fmt: skip
        answer = support.get(f"/admin/{path}")
        assert (path, answer.status_code) == (path, 200 if "_facets" in path else 302)
    ask = "/admin/autocomplete/?app_label=campaigns&model_name=membership&field_name=user&term="
    assert support.get(ask + "md5").json()["results"] == []


def test_every_column_of_every_table_is_shown_or_left_out_for_a_reason(a_row_each, request_of_sue):
    """A new column must not be forgotten."""
    left_out = {
        "password", "digest", "refresh_digest", "api_key_digest", "api_key_sealed", "secret", "password_mark", "request_sha256", "request", "result",  # open things
        "id", "xid", "tsv", "one", "session", "key", "name_key", "row_digest", "lost_claim", "deleted_at",  # say nothing to a person
        "signing_secret", "previous_secret", "sealed_headers", "sealed_key",  # secrets, even though they are encrypted
        "first_name", "last_name", "is_superuser",  # of Django's user, not of ours
    }  # fmt: skip
    shown_otherwise = {"entries", "type", "lead", "lead_id", "prefix", "job", "content"}
    for model, row in a_row_each.items():
        page = site.get_model_admin(model)
        shown = {name if isinstance(name, str) else name.__name__ for name in flatten_fieldsets(page.get_fieldsets(request_of_sue, row))}
        shown |= {name for name in page.list_display if isinstance(name, str)}
        columns = {field.name for field in model._meta.concrete_fields} - {name.removesuffix("_id") for name in shown}
        assert (model, columns - shown - left_out - shown_otherwise) == (model, set())
