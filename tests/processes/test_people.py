"""The five hundred people of `tests/people.py`, posted by a publisher's program: all stored, all judged correctly."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.post_people import people as people_of
from tests.clients.post_people import post_people
from tests.people import People, invent
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN = "Payroll demo requests"  # active, without a cap, with the three jobs
ASKED = ("firstName", "lastName", "email", "telephone", "company", "postcode")
"""The values that the campaign's first form asks for."""
AGAIN = 20
"""The first ones, with whom nothing is wrong."""
VERDICTS = {
    "": ("valid", 60, 60), "duplicate_email": ("invalid", 30, 60), "test_data": ("invalid", 40, 60),
    "first_last_name_match": ("caution", 50, 60),
}  # fmt: skip
"""By the job that is failed: status, score, and what could have been scored."""


@dataclass
class Posted:
    known: People
    people: list[dict[str, str]]
    leads: list[int]


@pytest.fixture(scope="module")
def posted(sluice: Sluice, tmp_path_factory: pytest.TempPathFactory) -> Posted:
    """In the file's order, by the client of tests/clients."""
    known = invent()
    known.write(file := Path(tmp_path_factory.mktemp("people")) / "people.csv")
    persons = [{name: person[name] for name in ASKED} for person in people_of(file)]
    return Posted(known, persons, post_people(sluice.client(sluice.campaign(CAMPAIGN)), file))


def test_the_five_hundred_are_in_as_they_were_sent(sluice: Sluice, posted: Posted) -> None:
    assert len(posted.leads) == len(set(posted.leads)) == 500
    kept = sluice.rows("SELECT captured, email FROM leads_lead WHERE id = ANY(%s) ORDER BY id", posted.leads)
    trimmed = [{name: value.strip() for name, value in person.items()} for person in posted.people]
    assert kept == [(person, person["email"].lower()) for person in trimmed]


def test_whose_telephone_or_name_is_the_same_is_known_by_the_same_key(sluice: Sluice, posted: Posted) -> None:
    """However differently it is written, and nobody else's is."""
    rows = sluice.rows("SELECT phone, name_key FROM leads_lead WHERE id = ANY(%s) ORDER BY id", posted.leads)
    for known, keys in zip((posted.known.same_telephone, posted.known.same_name), zip(*rows, strict=True), strict=True):
        assert {place: keys.index(key) for place, key in enumerate(keys) if keys.index(key) != place} == known


def test_the_five_hundred_are_judged_once_and_right(sluice: Sluice, posted: Posted) -> None:
    assert faults(posted.people) == [{fault} if fault else set() for fault in faults_known(posted.known)]
    sluice.wait_until_all_are_judged()
    assert sluice.not_judged_exactly_once(posted.leads) == []
    assert found(sluice, posted.leads) == faults(posted.people)
    assert verdicts(sluice, posted.leads) == expected_verdicts(posted.known)


def test_who_comes_again_tries_the_form_out_or_says_one_name_twice_is_found(sluice: Sluice, posted: Posted) -> None:
    campaign = sluice.campaign(CAMPAIGN)
    again = [{**person, "email": f" {person['email'].upper()} "} for person in posted.people[:AGAIN]]
    one_name, company, all_three = (dict(person) for person in posted.people[AGAIN : AGAIN + 3])
    one_name |= {"lastName": one_name["firstName"].upper(), "email": "one.name@example.com"}
    company |= {"company": "A Test", "email": "company@example.com"}
    all_three |= {"lastName": all_three["firstName"], "company": "test"}
    late = [*again, one_name, company, all_three]
    leads = [sluice.client(campaign).create_lead(campaign["forms"][0]["id"], person) for person in late]
    sluice.wait_until_all_are_judged()
    expected = faults([*posted.people, *late])[len(posted.people) :]
    assert expected == [{"duplicate_email"}] * AGAIN + [
        {"first_last_name_match"}, {"test_data"}, {"duplicate_email", "first_last_name_match", "test_data"},
    ]  # fmt: skip
    assert found(sluice, leads) == expected
    statuses = [status for (status,) in sluice.rows("SELECT current_status FROM leads_lead WHERE id = ANY(%s) ORDER BY id", leads)]
    assert statuses == ["invalid"] * AGAIN + ["caution", "invalid", "invalid"]


def faults(persons: Iterable[dict[str, str]]) -> list[set[str]]:
    """Return the faults of each person, in this order, found without code of the product."""
    seen: set[str] = set()
    found = []
    for person in persons:
        email = person["email"].strip().lower()
        wrong = {
            "duplicate_email": email in seen,
            "first_last_name_match": person["firstName"].strip().lower() == person["lastName"].strip().lower(),
            "test_data": any("test" in re.split(r"[\W\d_]+", value.lower()) for value in person.values()),
        }
        seen.add(email)
        found.append({fault for fault, is_wrong in wrong.items() if is_wrong})
    return found


def faults_known(people: People) -> list[str]:
    """Return the fault of each row by its job's key."""
    known = {"duplicate_email": people.same_email, "first_last_name_match": people.one_name_twice, "test_data": people.test_word}
    return [next((fault for fault, places in known.items() if place in places), "") for place in range(len(people.rows))]


def expected_verdicts(people: People) -> list[tuple[Any, ...]]:
    return [VERDICTS[fault] for fault in faults_known(people)]


def verdicts(sluice: Sluice, leads: list[int]) -> list[tuple[Any, ...]]:
    return sluice.rows("SELECT current_status, score, max_score FROM leads_lead WHERE id = ANY(%s) ORDER BY id", leads)


def found(sluice: Sluice, leads: list[int]) -> list[set[str]]:
    """Return the types of the jobs that each lead failed, from the database."""
    types = {job["id"]: job["type"] for job in sluice.campaign(CAMPAIGN)["jobs"]}
    rows = sluice.rows("SELECT failed_jobs FROM leads_lead WHERE id = ANY(%s) ORDER BY id", leads)
    return [{types[job] for job in failed} for (failed,) in rows]
