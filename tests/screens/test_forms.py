"""Every page with a form, sent with mistakes: the first invalid field has the focus and its message."""

from html.parser import HTMLParser

import pytest

from config.core.credentials.service import set_credential
from processr.lists.services import create_list
from processr.models import Job
from processr.services import add_job, create_group, put_in_group
from tests.module_cast import ANEW

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


class FormReader(HTMLParser):
    """Ids, and invalid controls with the ids that describe them or the group around them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.invalid: list[dict[str, str | None]] = []
        self.focused: list[dict[str, str | None]] = []
        self.groups: list[dict[str, str | None]] = []
        self.depth: list[bool] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        if tag == "div":
            self.depth.append(found.get("role") == "group")
            self.groups += [found] if self.depth[-1] else []
        if "autofocus" in found:
            self.focused.append(found)
        if found.get("aria-invalid") == "true":
            group = self.groups[-1].get("aria-describedby") if self.groups else ""
            self.invalid.append({**found, "told": f"{found.get('aria-describedby') or ''} {group or ''}"})

    def handle_endtag(self, tag):
        if tag == "div" and self.depth and self.depth.pop():
            self.groups.pop()


@pytest.fixture
def job(campaign, bob) -> Job:
    return add_job(campaign, "field_length_check", label="Length", config={"fields_to_read": ["firstName"], "minimum": 3}, actor=bob)


@pytest.fixture
def places(campaign, acme, job, bob) -> dict[str, str]:
    kept = create_list("Kept", advertiser=None, actor=bob)
    key = set_credential(name="Key", type="processrJob", secret="x", actor=bob)
    of_campaign = f"/v2/campaigns/{campaign.pk}"
    return {
        "campaign": of_campaign, "processr": f"{of_campaign}/processr", "job": str(job.pk), "acme": f"/v2/advertisers/{acme.pk}",
        "shelf": f"/v2/system/validation-list/{kept.pk}", "credential": str(key.pk),
    }  # fmt: skip


COUNTS = {"job-label": "Length", "job-stage": "10", "job-score": "25", "job-on_error": "error"}
FORMS = {
    "change of the password": ("/password", {}, "old_password"),
    "profile": ("/profile", {"zone": "Mars"}, "name"),
    "new credential": ("/v2/enterprise/credentials/add", {"type": "processrJob"}, "name"),
    "credential": ("/v2/enterprise/credentials/{credential}", {"name": "Key", "type": "x"}, "type"),
    "pause": ("{campaign}/pause", {"resume_at": "soon"}, "reason"),
    "groups of jobs": ("{processr}/groups", {"jobs": "{job}", "into": "new"}, "name"),
    "new job": ("{processr}/add/http_check", {"act": "save", "look_at": "path"}, "method"),
    "job": ("{processr}/jobs/{job}", {"act": "save", "fields_to_read": "firstName", "minimum": "3", "job-stage": "x"}, "job-label"),
    "trial of a job": ("{processr}/jobs/{job}", {"act": "try", "fields_to_read": "firstName", "minimum": "3", **COUNTS}, "try-pasted"),
    "integration": ("{processr}/add/http_post", {"act": "save", "method": "POST"}, "url"),
    "new transform": ("{campaign}/value_transforms/add?type=transform", {"act": "save"}, "label"),
    "steps of a transform": ("{campaign}/value_transforms/add?type=manipulate", {"act": "save", "steps-0-kind": "replace"}, "label"),
    "import of transforms": ("{acme}/value-transforms/import", {"act": "look"}, "file"),
    "new list": ("/v2/system/validation-list/add", {}, "name"),
    "settings of a list": ("{shelf}/settings", {}, "name"),
    "entries of a list": ("{shelf}/add", {}, "entries"),
    "file of a list": ("{shelf}/import", {}, "file"),
}


@pytest.mark.parametrize("page_name", FORMS)
def test_the_first_wrong_field_has_the_focus_and_says_what_is_wrong(page_name, places, reader):
    address, sent, first = FORMS[page_name]
    page = reader().post(address.format(**places), sent="yes", **{name: value.format(**places) for name, value in sent.items()})
    assert page.status in (200, 422), f"{address}: {page.status}"
    read = FormReader(page.html)
    assert [field["name"] for field in read.focused][:1] == [first]
    assert read.invalid[0]["name"] == first, "the focus is not on the first wrong field of the page"
    for field in read.invalid:
        described = set(str(field["told"]).split())
        assert any(name.endswith("_error") for name in described), f"nothing says what is wrong with {field['name']}"
        assert described <= set(read.ids), f"{described - set(read.ids)} is not on the page"
    assert "style=" not in page.html


SEVERAL_FORMS = {
    "job": (
        "{processr}/jobs/{job}",
        {"act": "save", "fields_to_read": "a", "minimum": "abc", **COUNTS, "job-label": "", "job-stage": "x"},
        "minimum",
    ),
    "trial of a job": (
        "{processr}/jobs/{job}",
        {"act": "try", "fields_to_read": "a", "minimum": "abc", **COUNTS, "try-lead": "x" * 255},
        "minimum",
    ),
    "transform": (
        "{campaign}/value_transforms/add?type=manipulate",
        {"act": "save", "steps-0-kind": "replace", "steps-1-kind": "replace"},
        "label",
    ),
}


@pytest.mark.parametrize("page_name", SEVERAL_FORMS)
def test_of_several_forms_with_errors_only_the_first_takes_the_focus(page_name, places, reader):
    address, sent, first = SEVERAL_FORMS[page_name]
    page = reader().post(address.format(**places), **sent)
    read = FormReader(page.html)
    assert len(read.invalid) > 1
    assert [field["name"] for field in read.focused] == [first]


def test_of_the_conditions_of_a_group_only_the_first_wrong_one_takes_the_focus(campaign, places, bob, reader):
    jobs = [add_job(campaign, "test_data", label=f"Test {number}", actor=bob) for number in range(2)]
    group = create_group(campaign, name="Regions", actor=bob)
    put_in_group([job.pk for job in jobs], group, actor=bob)
    wrong = {f"job{job.pk}-conditions-0-{name}": value for job in jobs for name, value in (("field", "company"), ("values", ""))}
    page = reader().post(f"{places['processr']}/groups/{group.pk}", act="save", name="Regions", score="1", **wrong)
    read = FormReader(page.html)
    assert len(read.invalid) == 2
    assert [field["name"] for field in read.focused] == [f"job{jobs[0].pk}-conditions-0-values"]


def test_every_field_with_help_is_described_by_it(places, reader):
    page = reader().get(f"{places['processr']}/add/http_post")
    helps = [name for name in FormReader(page.html).ids if name.endswith("_helptext")]
    assert len(helps) > 10
    assert [name for name in helps if page.html.count(name) < 2] == []
