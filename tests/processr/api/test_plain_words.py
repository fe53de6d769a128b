"""Refusals of API v4 speak of the request, in English and JSON, never in Python's words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.api import hydra
from processr.job_types.registry import job_types
from processr.services.settings import SettingRefused, clean_settings
from tests.processr.api.program import Program

PYTHON = re.compile(
    r"\b(None|NoneType|dict|dictionary|str|int|float|bool|tuple|Traceback|unhashable|True|False|inf|nan|[A-Z]\w+(Error|Exception)|"
    r"(list|string|tuple) (index|indices)|object at 0x\w+|positional argument)\b|<class|[\[{(]'"
)
ODD = (
    None, True, False, 0, -1, 1.5, 10**30, "", "x", [], {}, [None], [{}], [[]], [True], [1.5], ["x"], {"a": None}, {"a": []}, {"key": "a"},
    [{"key": 1, "value": None}], [["a", "b"]], {"id": None}, {"@id": []}, [{"field": "a", "values": None}], {"": {"": [None]}}, "\u0000",
)  # fmt: skip
texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6).filter(lambda text: not PYTHON.search(text))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
PROPERTIES = {
    "campaign-processr-jobs": (
        "campaign",
        "processrJob",
        "label",
        "score",
        "stage",
        "hardfail",
        "config",
        "routingValues",
        "campaignMapping",
    ),
    "campaign-processr-job-groups": ("campaign", "name", "score", "jobs"),
    "suppression-lists": ("name", "private", "advertiser"),
    "suppression-list-values": ("suppressionList", "value", "values"),
    "invalid-emails": ("email", "value", "values"),
    "advertiser-value-manipulate-preview": (
        "advertiser",
        "campaign",
        "type",
        "originalFieldName",
        "newFieldName",
        "config",
        "leads",
        "values",
    ),
}


def in_plain_words(answer) -> str:
    """The description of a refusal when it has Python's words in it, else nothing."""
    assert answer.status_code < 500, answer.content
    if answer.status_code < 400:
        return ""
    said = [answer.json()["hydra:description"], *(violation["message"] for violation in answer.json()["violations"])]
    return next((text for text in said if PYTHON.search(text)), "")


def test_every_property_of_every_body_is_refused_in_plain_words(program: Program, campaign):
    """Once with odd values throughout, and once behind a good campaign and type, where the rest is read."""
    good = {"campaign": campaign.pk, "processrJob": 1003, "name": "x", "label": "x", "originalFieldName": "x"}
    found = {}
    for address, properties in PROPERTIES.items():
        for odd in ODD:
            throughout = dict.fromkeys(properties, odd)
            for body in (throughout, throughout | {name: value for name, value in good.items() if name in properties}):
                if text := in_plain_words(program.post(address, body)):
                    found[address, repr(body)] = text
    assert found == {}


def test_every_value_that_is_checked_is_refused_in_plain_words(program: Program, campaign, add_job):
    job = add_job(campaign, "simple_conditional_validation", config={"field": "country", "operator": "EQUAL", "values": ["GB"]})
    answers = {repr(odd): program.post(f"campaign-processr-jobs/{job.pk}/check", {"values": odd}) for odd in ODD}
    assert {odd: text for odd, answer in answers.items() if (text := in_plain_words(answer))} == {}


INFINITE = (float("inf"), [float("-inf")], [{"name": "a", "field": "email", "values": [float("nan")]}])


def test_every_setting_of_every_type_is_refused_in_plain_words(campaign):
    """By the check that the API and the import of settings share, without a request for each of some thousand values."""
    found = {}
    for job_type in job_types:
        for name in job_type.settings_fields(campaign):
            for odd in (*ODD[:1], *ODD[1:28:3], *INFINITE):
                try:
                    clean_settings(job_type, {name: odd}, campaign)
                except SettingRefused as refusal:
                    if PYTHON.search(str(refusal)):
                        found[job_type.key, name, repr(odd)] = str(refusal)
    assert found == {}


@given(body=st.dictionaries(st.sampled_from(sorted({name for names in PROPERTIES.values() for name in names})), values, max_size=4))
def test_no_body_is_refused_in_pythons_words(program: Program, body):
    for address in PROPERTIES:
        assert in_plain_words(program.post(address, body)) == ""


def test_the_words_of_python_are_found():
    assert PYTHON.search('Expected a list of items but got type "dict".')
    assert PYTHON.search("None is not one of the available choices.")
    assert not PYTHON.search("Must be a list of objects with `field` and `values`.")


def test_a_list_that_is_none_is_refused_by_its_own_name():
    with pytest.raises(hydra.fields.serializers.ValidationError, match="Must be a list"):
        hydra.ListField(child=hydra.StringField()).run_validation("x")
