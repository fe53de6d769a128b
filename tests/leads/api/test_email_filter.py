"""`leads?email=`: the leads with a captured address, in whatever spelling it is asked for, and for nobody who sees it masked."""

from urllib.parse import quote

import pytest

from config.core.accounts import roles
from leads import lifecycle, privacy
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
ADDRESS = "ann+sales@müller.de"
SPELLINGS = (
    ADDRESS, "ANN+SALES@MÜLLER.DE", "ann+sales@xn--mller-kva.de", "  Ann+Sales@Müller.de ", '"ann+sales"@müller.de', "ann+sales@m\u0075\u0308ller.de",
    "ann+sales＠müller.de", "ann+sales@müller.de.", "mailto:ann+sales@müller.de?subject=Hello", "ann sales@müller.de",
)  # fmt: skip
NONE_OF_THEM = (
    "ann",
    "ann+sales",
    "ann+sales@",
    "@müller.de",
    "ann+sales@müller",
    "ann+sales@müller.de.uk",
    "ann@müller.de",
    "%",
    "_nn+sales@müller.de",
)


@pytest.fixture
def ann(campaign, make_campaign, make_leads):
    """Two leads of different campaigns, and one whose address begins with theirs."""
    make_leads(campaign, email=f"{ADDRESS}.example.com")
    return [*make_leads(campaign, email="Ann+Sales@Müller.de"), *make_leads(make_campaign("Autumn"), email="ann+sales@xn--mller-kva.de")]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_address_is_found_in_any_spelling(spelling, ann, program):
    ids = [lead.pk for lead in ann]
    assert [one["id"] for one in program.members(f"leads?email={quote(spelling)}")] == ids
    assert [one["id"] for one in program.members(f"leads?email[]={quote(spelling)}")] == ids


def test_a_plus_sign_that_was_not_encoded_is_meant(ann, program):
    assert len(program.members("leads?email=ann+sales@müller.de")) == 2


@pytest.mark.parametrize("text", NONE_OF_THEM)
def test_a_part_of_an_address_finds_nothing(text, ann, program):
    answer = program.get(f"leads?email={quote(text)}")
    assert answer.json()["hydra:member"] == []


@pytest.mark.parametrize("text", ["", " ", "a\x00b@example.com", "x" * 501, "\u200b"])
def test_what_is_no_address_is_refused(text, ann, program):
    assert wrong(program.get(f"leads?email={quote(text)}")) == {"email"}


def test_several_addresses_and_other_filters_narrow_each_other(ann, campaign, program):
    asked = f"leads?email={quote(ADDRESS)}&email={quote(ADDRESS + '.example.com')}"
    assert len(program.members(asked)) == 3
    assert len(program.members(f"{asked}&campaign.id={campaign.pk}")) == 2
    first = program.get(f"{asked}&itemsPerPage=2").json()
    assert (first["hydra:totalItems"], len(program.get(first["hydra:view"]["hydra:next"]).json()["hydra:member"])) == (3, 1)


def test_a_deleted_lead_and_one_of_others_is_not_found(ann, program, program_of, bob):
    lifecycle.delete([ann[0].pk], actor=bob)
    asked = f"leads?email={quote(ADDRESS)}"
    assert [one["id"] for one in program.members(asked)] == [ann[1].pk]
    assert program_of(roles.AGENCY, member=False).members(asked) == []


@pytest.mark.parametrize("role", sorted(roles.SEES_LEADS))
def test_who_sees_addresses_masked_cannot_probe_for_them(role, ann, program_of):
    for asked in (f"email={quote(ADDRESS)}", f"email[]={quote(ADDRESS)}", "email=nobody@example.com", f"email!={quote(ADDRESS)}"):
        answer = program_of(role).get(f"leads?{asked}")
        if privacy.sees_personal_data(program_of(role).user):
            assert answer.status_code == 200
        else:
            assert wrong(answer) == {asked.partition("=")[0].removesuffix("[]")}
            assert "E-mail addresses are masked for your role" in answer.json()["hydra:description"]
