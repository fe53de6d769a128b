"""`lead-flag-reasons` and `lead-flag-reason-categories`."""

import pytest

from config.core.accounts import roles
from leads.models import FlagReason, FlagReasonCategory
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
BOTH = ("lead-flag-reasons", "lead-flag-reason-categories")


@pytest.mark.parametrize("name", ["valid", "Valid", "VALID", "%20valid%20"])
def test_reasons_are_those_of_a_flag_in_their_order(name, program):
    members = program.members(f"lead-flag-reasons?leadFlag.name={name}")
    assert [member["name"] for member in members] == ["Data verified", "Approved by client", "Manual QA passed", "Other"]
    assert members[-1] == {
        "@id": f"/api/v4/lead-flag-reasons/{members[-1]['id']}", "@type": "LeadFlagReason", "id": members[-1]["id"], "name": "Other",
        "leadFlag": {"name": "valid"}, "isOther": True, "hasCategories": False,
    }  # fmt: skip
    assert program.get(members[0]["@id"]).json()["name"] == "Data verified"


def test_without_a_filter_all_reasons_are_there_a_page_at_a_time(program):
    told = program.get("lead-flag-reasons?itemsPerPage=5").json()
    assert (told["hydra:totalItems"], len(told["hydra:member"])) == (FlagReason.objects.count(), 5)
    following = program.get(told["hydra:view"]["hydra:next"]).json()["hydra:member"]
    assert not {member["id"] for member in following} & {member["id"] for member in told["hydra:member"]}
    assert [member["name"] for member in program.members("lead-flag-reasons?leadFlag.name[]=Invalid")][0] == "Returned"


def test_categories_are_those_of_a_reason(program):
    returned = FlagReason.objects.get(name="Returned")
    categories = [FlagReasonCategory.objects.create(reason=returned, name=name) for name in ("Wrong number", "No budget")]
    told = program.members(f"lead-flag-reason-categories?leadFlagReason.id={returned.pk}")
    assert [(member["id"], member["name"]) for member in told] == [(category.pk, category.name) for category in categories]
    assert told[0]["leadFlagReason"]["name"] == "Returned"
    assert program.members(f"lead-flag-reason-categories?leadFlagReason.id={returned.pk + 1}") == []
    assert program.get(told[1]["@id"]).json() == {"@context": "/api/v4/contexts/LeadFlagReasonCategory", **told[1]}


@pytest.mark.parametrize("query", ["leadFlag.name=caution", "leadFlag.name=", "flag=valid", "leadFlag.name=valid&x=1", "order[id]=asc"])
def test_an_unknown_filter_selects_nothing(query, program):
    assert wrong(program.get(f"lead-flag-reasons?{query}"))


@pytest.mark.parametrize("address", BOTH)
@pytest.mark.parametrize("role", roles.LABELS)
def test_they_are_open_to_those_who_flag(role, address, program_of):
    program = program_of(role)
    assert program.get(address).status_code == (200 if role in roles.FLAGS_LEADS else 403)
    assert program.get(f"{address}/999999999").status_code == (404 if role in roles.FLAGS_LEADS else 403)
    assert program.post("lead-flag-reasons", {"name": "x"}).status_code == 405


@pytest.mark.parametrize("role", roles.LABELS)
def test_a_category_is_added_by_those_who_keep_the_reasons(role, program_of):
    returned, valid = FlagReason.objects.get(name="Returned"), FlagReason.objects.filter(flag="valid").first()
    program = program_of(role)
    added = program.post(
        "lead-flag-reason-categories", {"name": "  Wrong   number ", "leadFlagReason": f"/api/v4/lead-flag-reasons/{returned.pk}"}
    )
    if role not in roles.SUPPORT_STAFF:
        assert (added.status_code, FlagReasonCategory.objects.count()) == (403, 0)
        return
    assert (added.status_code, added.json()["name"], added.json()["leadFlagReason"]["id"]) == (201, "Wrong number", returned.pk)
    assert program.get(added.json()["@id"]).status_code == 200
    for body in (
        {"name": "wrong NUMBER", "leadFlagReason": returned.pk}, {"name": "", "leadFlagReason": returned.pk}, {"leadFlagReason": returned.pk},
        {"name": "None", "leadFlagReason": returned.pk}, {"name": "No budget"}, {"name": "No budget", "leadFlagReason": returned.pk + 99},
        {"name": "x" * 121, "leadFlagReason": returned.pk}, {"name": 1, "leadFlagReason": returned.pk},
    ):  # fmt: skip
        assert wrong(program.post("lead-flag-reason-categories", body)), body
    assert program.post("lead-flag-reason-categories", {"name": "a\x00b", "leadFlagReason": returned.pk}).status_code == 400
    assert program.post("lead-flag-reason-categories", {"name": "No budget", "leadFlagReason": valid.pk}).status_code == 409
    assert FlagReasonCategory.objects.count() == 1
