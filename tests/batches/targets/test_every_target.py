"""Rules that every batch target follows. A new file in the folder is tested without a change here."""

import json

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from batches.targets import BatchTarget, Login, base, batch_targets, shown_fields, target_choices, target_fields
from config.core import http
from config.core.errors import DomainError
from config.core.forms.page_form import PageForm

TARGETS = sorted(batch_targets, key=lambda target: target.key)
every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
ANYTHING = st.one_of(
    st.text(max_size=30),
    st.integers(),
    st.none(),
    st.booleans(),
    st.lists(st.text(max_size=8), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def form_of(target: type[BatchTarget]) -> type[forms.Form]:
    return type("Settings", (PageForm,), dict(target.fields))


def refused_field(target: type[BatchTarget], values: dict) -> str | None:
    """Return the field that a refusal names, and None if there is none."""
    try:
        target.clean(values)
    except DomainError as refusal:
        return refusal.field or "none"
    return None


def test_the_targets_of_the_specification_are_there():
    assert {target.key for target in TARGETS} >= {"email", "sftp", "ftp", "ftps", "local_folder"}
    assert len({target.label for target in TARGETS}) == len(TARGETS) == len(target_choices())


@every_target
def test_its_fields_bear_its_key_and_none_is_required(target):
    assert all(name.startswith(f"{target.key}_") for name in target.fields)
    assert not any(field.required for field in target.fields.values())
    assert form_of(target)({}).is_valid()


def test_one_form_has_the_fields_of_all_and_shows_those_of_the_chosen_one():
    form = type("Settings", (PageForm,), {"destination": forms.ChoiceField(choices=target_choices()), **target_fields()})
    parts = {part.names[0].split("_")[0]: part for part in shown_fields("destination")}
    assert set(target_fields()) == {name for part in shown_fields("destination") for name in part.names}
    assert parts["sftp"].is_shown(form({"destination": "sftp"}))
    assert not parts["ftps"].is_shown(form({"destination": "sftp"}))


@every_target
@given(data=st.data())
def test_any_settings_are_cleaned_to_json_that_stays_the_same_or_refused(target, data):
    typed = {name: data.draw(ANYTHING, label=name) for name in target.fields}
    form = form_of(target)(typed)
    if not form.is_valid():
        return
    values = form.cleaned_data
    if field := refused_field(target, values):
        assert field in target.fields
        return
    assert json.loads(json.dumps(values)) == values
    again = form_of(target)(values)
    assert again.is_valid(), again.errors
    cleaned = again.cleaned_data
    target.clean(cleaned)
    assert cleaned == values
    assert target(values, Login("bob", "hunter2")).describe()


@every_target
def test_it_calls_nobody_in_a_web_request(target, make_file):
    for act in (lambda: target({}).test(), lambda: target({}).put(make_file())):
        with http.no_calls(), pytest.raises(http.CallInRequest):
            act()


@given(st.text())
def test_any_answer_becomes_one_short_line(text):
    line = base.one_line(text)
    assert len(line) <= 300
    assert line.isprintable()


def test_a_login_hides_its_secrets_and_knows_keys_from_passwords():
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"
    assert Login.from_secret("bob", key) == Login("bob", private_key=key)
    assert Login.from_secret("bob", "hunter2") == Login("bob", "hunter2")
    assert "hunter2" not in f"{Login('bob', 'hunter2')!r}{Login('bob', private_key='hunter2')!r}"


def test_secrets_are_masked_in_the_words_of_a_server_alone():
    target = batch_targets.get("ftp")({}, Login("bob", "wrong"))
    put = target.outcome(base.AttemptResult.NEVER, "The password is wrong:", words="wrong, and d3Jvbmc= too")
    assert put.answer == "The password is wrong: •••, and ••• too"
