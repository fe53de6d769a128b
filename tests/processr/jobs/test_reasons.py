"""Reasons and rules of each type: whole sentences that name the field."""

import re

import pytest

from config.core.errors import OFFICES
from processr import texts
from processr.job_types.base import EngineJob
from processr.job_types.outcomes import OutcomeKind
from processr.job_types.registry import job_types
from processr.jobs.http import call
from processr.jobs.quality import value_transforms
from processr.lists.lookup import LookupResult
from tests.processr.planned import job, lead


class Everything:
    """A look-up that has found whatever is asked for."""

    def __contains__(self, _key: object) -> bool:
        return True

    def isdisjoint(self, _keys: object) -> bool:
        return False


EVERY = Everything()
PHONE = {"telephone": "+44 20 7946 0958"}
ROW = {"field": "country", "operator": "EQUAL", "values": ["GB"]}
SECTIONS = {"sections": [{"operation": "ALL", "conditions": [ROW]}]}
EITHER = {"sections": [{"operation": "ANY", "conditions": [ROW, {"field": "size", "operator": "GREATERTHAN", "values": ["9"]}]}]}
LIST = {"list": 7, "field": "company"}
NO_MATCH, ALL_MATCH = LookupResult({7: "Key accounts"}, {}), LookupResult({}, {})

SAID = [
    ("conditional_mapping", {"mapping": [{"field": "country", "values": ["GB"]}]}, {"country": "FR"}, {}, "country must be GB"),
    ("conditional_mapping", {"mapping": [{"field": "country", "values": ["GB"]}]}, {}, {}, "country is empty: it must be GB"),
    ("conditional_validation", SECTIONS, {"country": " "}, {}, "country is empty: it must equal GB"),
    ("conditional_validation", EITHER, {"country": "FR", "size": "2"}, {}, "country must equal GB or size must be more than 9"),
    ("constraints", {"constraints": [{"field": "age", "constraint": "whole_number"}]}, {"age": "x"}, {},
     "age is not a whole number: write it like 1250"),
    ("constraints", {"constraints": [{"field": "age", "constraint": "whole_number"}]}, {}, {}, "The lead has none of these fields"),
    ("disposable_email_domain", {}, {"email": "a@mailinator.com"}, {}, "The address in email belongs to a throw-away service: send one that is read"),
    ("duplicate_email", {}, {"email": "a@b.example"}, {"repeated": EVERY}, "The e-mail address was already received on this campaign"),
    ("duplicate_email", {}, {}, {}, "The lead has no e-mail address"),
    ("duplicate_field", {"field": "company"}, {"company": "Acme"}, {"failing": EVERY},
     "A lead with the same company has been accepted already"),
    ("duplicate_field", {"field": "company", "count": 3}, {"company": "Acme"}, {"failing": EVERY},
     "3 leads with the same company have been accepted already, and no more are"),
    ("duplicate_field", {"field": "company"}, {}, {}, "The lead has no company"),
    ("duplicate_publisher_email", {}, {"email": "a@b.example"}, {}, "The lead came from no publisher"),
    ("email_syntax", {}, {"email": "jo"}, {}, "The address in email has no @"),
    ("field_length_check", {"fields_to_read": ["city"], "minimum": 3}, {"city": "x"}, {}, "city has fewer than 3 characters"),
    ("field_not_empty", {"fields_to_read": ["country"]}, {"country": "\u200b"}, {}, "country is empty"),
    ("field_not_empty", {"fields_to_read": ["country", "city"]}, {}, {}, "country and city are empty"),
    ("first_last_name_length", {"minimum": 9}, {"firstName": "A", "lastName": "B"}, {},
     "First and last name together have fewer than 9 letters: send both in full"),
    ("first_last_name_length", {}, {}, {}, "The lead has no name"),
    ("first_last_name_match", {}, {"firstName": "Ann", "lastName": "ann"}, {}, "First and last name are the same"),
    ("first_last_name_match", {}, {"firstName": "Ann"}, {}, "The lead does not have both names"),
    ("free_email_domain", {}, {"email": "jo@gmail.com"}, {},
     "The address in email belongs to a free e-mail provider: send a company's own address"),
    ("invalid_name", {}, {"firstName": "A", "lastName": "B"}, {"suppressed": EVERY}, "The name is on the list of suppressed names"),
    ("multiple_empty_fields", {"fields_to_read": ["a", "b"], "count": 2}, {}, {}, "2 fields are empty: a, b"),
    ("multiple_short_values", {"count": 1}, {"a": "x"}, {}, "1 field has fewer than 4 characters: a"),
    ("non_standard_characters", {"fields_to_read": ["city"]}, {"city": "$%$%$%"}, {}, "city has too many non-standard characters"),
    ("office_ip", {}, {}, {"networks": ()}, OFFICES.lifts("The operator has named no addresses of offices")),
    ("postcode", {"fields_to_read": ["zip"], "country": "US"}, {"zip": "x"}, {},
     "The ZIP code in zip is not written as in the United States: 90210 or 90210-1234"),
    ("postcode", {}, {}, {}, "The lead has no postcode"),
    ("profanity", {"fields_to_read": ["note"]}, {"note": "shit"}, {}, "note contains a profanity"),
    ("rapid_post", {"seconds": 9}, {}, {"rapid": EVERY}, "Another lead came from the same IP address within 9 seconds"),
    ("repeat_character", {"fields_to_read": ["city"]}, {"city": "aaaa"}, {}, "city has the same character 3 or more times in a row"),
    ("repeated_value", {"allowed": 1}, {"a": "same", "b": "same"}, {}, "2 fields have the same value, and at most 1 may: a, b"),
    ("required_value", {"required": [{"field": "country", "values": ["GB", "IE"]}]}, {}, {}, "country is empty: it must be GB or IE"),
    ("simple_conditional_validation", ROW, {"country": "FR"}, {}, "country must equal GB"),
    ("simple_conditional_validation", ROW, {}, {}, "country is empty: it must equal GB"),
    ("suppressed_email", {}, {"email": "a@b.example"}, {"suppressed": EVERY}, "The e-mail address is on the list of suppressed addresses"),
    ("suppressed_telephone", {}, PHONE, {"suppressed": EVERY}, "The telephone number is on the list of suppressed numbers"),
    ("suppression_list", LIST, {"company": "Acme"}, {"lookup": NO_MATCH}, "company is not on the validation list “Key accounts”"),
    ("suppression_list", LIST, {}, {"lookup": NO_MATCH}, "company is empty"),
    ("suppression_list", LIST, {"company": "Acme"}, {"lookup": ALL_MATCH}, "The validation list was deleted"),
    ("telephone_format", {}, {}, {}, "The lead has no telephone number"),
    ("telephone_format", {}, {"telephone": "12"}, {}, "The number in telephone has fewer than 6 digits"),
    ("test_data", {}, {"company": "test"}, {}, "The word 'test' appears in company"),
    ("unique_ip", {}, {}, {"repeated": EVERY}, "Another lead came from the same IP address within 1 hour"),
    ("user_overactivity", {}, {"email": "a@b.example"}, {"overactive": EVERY}, "The e-mail address came more than 1 time within 1 day"),
    ("value_transforms", {"field": "company"}, {}, {"are_transforms_used": False}, value_transforms.OFF),
    ("value_transforms", {"field": "company"}, {"company": "A"}, {"are_transforms_used": True},
     "company must have a value that this campaign's value transforms know"),
    ("value_transforms", {"field": "company"}, {}, {"are_transforms_used": True},
     "company is empty: it must have a value that this campaign's value transforms know"),
    ("vowels", {"fields_to_read": ["name"]}, {"name": "sdfg"}, {}, "name contains no vowels: send the word as it is written in full"),
]  # fmt: skip
NO_REASONS = ("AT_HAND", "COULD_NOT_BE_CHECKED", "ASKED_TOGETHER")
CONSTANT = [
    *(value for name, value in vars(call).items() if name.isupper() and isinstance(value, str) and name not in NO_REASONS),
    *(value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str) and name not in NO_REASONS),
]
"""The reasons that provider checks and the engine give."""


@pytest.mark.parametrize(("key", "config", "captured", "prepared", "reason"), SAID, ids=lambda part: part if isinstance(part, str) else "")
def test_the_reason_is_a_sentence_that_people_would_say(key, config, captured, prepared, reason):
    checked = job_types.get(key)(job(type=key, label="Job 1", config=config))
    for name, value in prepared.items():
        setattr(checked, name, value)
    outcome = checked.check(lead(**captured))
    assert (outcome.reason, outcome.kind is OutcomeKind.PASSED) == (reason, False)


def test_no_type_is_without_its_sentences():
    judging = {job_type.key for job_type in job_types if issubclass(job_type, EngineJob) and hasattr(job_type, "check")}
    assert judging == {key for key, *_ in SAID}


@pytest.mark.parametrize("sentence", [reason for *_, reason in SAID] + CONSTANT)
def test_each_has_a_subject_and_a_verb_and_no_odd_turn(sentence):
    assert not re.search(r"\bIt saw\b|\bNothing is in\b|\bis there\b|  |\.$|!|\bwould need\b", sentence)
    verbs = r"is|are|has|have|must|was|were|does|do|did|came|comes|contains?|appears|failed|took|says|hold|cannot|can|compares|were|asked|uses|refused|belongs"
    assert re.search(rf"\b({verbs})\b", sentence, re.IGNORECASE), "a verb"
