"""The sentences of rules that publishers read, and lists of several things in one sentence."""

import pytest

from processr.job_types.registry import job_types
from processr.jobs.text import phrases
from tests.processr.planned import job

TEN = [f"f{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("key", "config", "rule"),
    [
        ("duplicate_email", {}, "No other lead of this campaign came earlier with the same e-mail address"),
        ("field_length_check", {}, "Each of firstName and lastName has at least 2 characters"),
        (
            "field_length_check",
            {"fields_to_read": ["company"], "minimum": 1, "maximum": 9},
            "The field company has at least 1 character and at most 9",
        ),
        ("field_not_empty", {"fields_to_read": ["a", "b", "c"]}, "Each of a, b and c is filled in"),
        ("first_last_name_match", {}, "The names in firstName and lastName are not the same"),
        ("multiple_empty_fields", {}, "Fewer than 3 of the fields that were sent are empty"),
        ("multiple_empty_fields", {"fields_to_read": ["a", "b"], "count": 2}, "Fewer than 2 of a and b are empty"),
        (
            "non_standard_characters",
            {"fields_to_read": ["company"]},
            r"The field company has at most 3 of the characters ^ $ % ! } { * # ? > < = + _ \ / and the full stop",
        ),
        ("rapid_post", {"seconds": 1}, "No other lead of this campaign came from the same IP address within 1 second"),
        ("repeat_character", {"fields_to_read": ["a", "b"]}, "Each of a and b has no character 3 or more times in a row"),
        (
            "telephone_format",
            {},
            "The field telephone has a number of at least 6 digits, without one digit 6 times in a row, without 6 digits in a row counting up "
            "or down, as long as numbers of its country are",
        ),
        ("test_data", {}, "The word 'test' is in no field, and no postcode is AA1 1AA"),
        ("test_data", {"fields_to_read": ["a", "b"]}, "The word 'test' is not in a or b, and no postcode is AA1 1AA"),
        ("vowels", {}, "Each of firstName and lastName contains a vowel, where it has 3 letters or more"),
        ("repeated_value", {}, "Every captured field has its value in common with at most 2 other fields"),
        (
            "repeated_value",
            {"fields_to_read": ["a", "b"], "allowed": 1},
            "Each of a and b has its value in common with at most 0 other fields",
        ),
        ("multiple_short_values", {}, "Fewer than 3 of the fields that are filled in have fewer than 4 characters"),
        ("first_last_name_length", {}, "The names in firstName and lastName together have at least 4 letters"),
        (
            "profanity",
            {},
            "Every captured field not named like url, website, webpage, homepage, linkedin, phone, mobile or fax is free of profanities",
        ),
        (
            "required_value",
            {"required": [{"field": "country", "values": ["GB", "IE"]}, {"field": "size", "values": ["1"]}]},
            "Required: country is GB or IE and size is 1",
        ),
        ("constraints", {"constraints": [{"field": "age", "constraint": "whole_number"}]}, "Where filled in: age is a whole number"),
        ("office_ip", {}, "The lead was not sent from an IP address of the operator's own offices"),
        ("email_syntax", {}, "The field email has an e-mail address written as such addresses are"),
        ("free_email_domain", {}, "The field email has a company's e-mail address, not one of a free provider"),
        ("disposable_email_domain", {}, "The field email has no e-mail address made to be thrown away"),
        (
            "postcode",
            {"fields_to_read": ["zip"], "country": "US"},
            "The field zip is written as postcodes are in the country of the lead, or in the United States where no country is named",
        ),
    ],
)
def test_the_rule_is_told_with_its_settings(key, config, rule):
    assert job_types.get(key)(job(type=key, config=config)).rule() == rule


def test_values_that_the_settings_hold_by_the_hundred_are_counted_from_the_eleventh():
    config = {"required": [{"field": "code", "values": [f"v{n}" for n in range(500)]}]}
    told = job_types.get("required_value")(job(config=config)).rule()
    assert told == "Required: code is v0, v1, v2, v3, v4, v5, v6, v7, v8, v9 or 490 more"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c"), (TEN, "f0, f1, f2, f3, f4, f5, f6, f7, f8 and f9"),
        ([*TEN, "x"], "f0, f1, f2, f3, f4, f5, f6, f7, f8, f9 and 1 more"),
    ],
)  # fmt: skip
def test_as_many_are_named_as_a_person_reads(names, told):
    assert phrases.all_of(names) == told


@pytest.mark.parametrize(("number", "told"), [(0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_one_is_one(number, told):
    assert phrases.counted(number, "day") == told
