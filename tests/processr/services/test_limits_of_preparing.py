"""Limits on posted forms, settings and campaigns that hold before anything runs."""

import json

import pytest
from django.http import QueryDict

from config.core.errors import DomainError
from processr import services
from processr.job_types.registry import job_types
from processr.plans import builder
from processr.services import groups as groups_service
from processr.services import jobs as jobs_service
from processr.services.settings import LARGEST
from processr.transforms import definitions
from processr.transforms.definitions import MANIPULATE, TRANSFORM, Definition, clean_definition
from processr.transforms.drafts import ROWS_SHOWN, TransformDraft
from processr.transforms.forms import STEPS_AT_MOST


def posted(names: list[str]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name in names:
        data[name] = "x"
    return data


@pytest.mark.parametrize(
    ("names", "at_most"),
    [
        ([f"sections-{n}-operation" for n in range(1_000)], 51),
        ([f"sections-{n * 999}-conditions-{n}-field" for n in range(1_000)], 51),
        ([f"sections-0-conditions-{n}-values" for n in range(1_000)], 1),
    ],
)
def test_of_the_rows_of_a_form_no_more_are_read_than_show_that_there_are_too_many(names, at_most):
    form = job_types.get("conditional_validation").Settings(posted(names))
    rows = form["sections"].value()
    assert len(rows) == at_most
    assert max(len(row["conditions"]) for row in rows) <= 21
    assert "sections" in form.errors


@pytest.mark.parametrize(("kind", "name", "at_most"), [(MANIPULATE, "kind", STEPS_AT_MOST), (TRANSFORM, "original", ROWS_SHOWN)])
def test_a_draft_has_one_row_more_than_it_may_have_and_says_so(kind, name, at_most):
    prefix = "steps" if kind == MANIPULATE else "values"
    data = {f"{prefix}-{n}-{name}": "trim" if kind == MANIPULATE else f"v{n}" for n in range(990)}
    draft = TransformDraft.posted(kind, {"label": "A", "source_field": "a", "new_field": "b", **data}, grouped=False)
    assert len(draft.forms) == at_most + 1
    assert not draft.is_valid()
    assert f"at most {at_most} rows" in " ".join(draft.problems)


def test_a_transform_has_a_size(monkeypatch):
    monkeypatch.setattr(definitions, "LARGEST", 1_000)
    for config, kind, field in (
        ({"values": {f"v{n}": "x" * 90 for n in range(10)}}, TRANSFORM, "values"),
        ({"steps": [{"kind": "join", "parts": [{"text": "x" * 400}] * 3, "separator": ""}]}, MANIPULATE, "steps"),
    ):
        with pytest.raises(DomainError, match="at most 1,000 characters") as refused:
            clean_definition(Definition("A", kind, "a", "b", config))
        assert refused.value.field == field


def test_the_expressions_of_a_transform_and_of_a_job_have_a_size_together():
    """Each by itself is fine; a chunk would compile them all."""
    step = {"kind": "replace", "replacement": ""}
    steps = [{**step, "find": f"/a{{{900}}}{n}/"} for n in range(3)]
    clean_definition(Definition("A", MANIPULATE, "a", "b", {"steps": steps[:2]}))
    with pytest.raises(DomainError, match="2,000 parts together") as refused:
        clean_definition(Definition("A", MANIPULATE, "a", "b", {"steps": steps}))
    assert refused.value.field == "steps"
    form_class = job_types.get("http_check").Settings
    given = {name: field.initial for name, field in form_class.base_fields.items()} | {"url": "https://api.example/", "look_at": "pattern"}
    for n, accepted in ((5, True), (6, False)):
        form = form_class({**given, "passing": [f"a{{1700}}{m}" for m in range(n)], "failing": ["b"]})
        assert form.is_valid() is accepted
        assert ("10,000 parts together" in str(form.errors)) is not accepted


@pytest.mark.django_db
def test_the_settings_of_a_job_have_a_size(campaign, add_job):
    values = [f"{n}{'x' * 240}" for n in range(200)]
    section = {"operation": "ALL", "conditions": [{"field": "a", "operator": "EXISTS", "values": values}] * 11}
    assert len(json.dumps(section)) > LARGEST
    with pytest.raises(DomainError, match="500,000 characters together") as refused:
        add_job(campaign, "conditional_validation", config={"operation": "ALL", "sections": [section]})
    assert refused.value.field == "sections"


@pytest.mark.django_db
def test_a_campaign_has_so_many_jobs_and_no_more(campaign, add_job, bob, monkeypatch):
    monkeypatch.setattr(jobs_service, "MOST_JOBS", 2)
    first, _ = add_job(campaign, "test_data"), add_job(campaign, "test_data")
    with pytest.raises(DomainError, match="remove one first") as refused:
        add_job(campaign, "test_data")
    assert refused.value.status == 409
    services.remove_job(first.pk, actor=bob)
    add_job(campaign, "test_data")
    monkeypatch.setattr(groups_service, "MOST_GROUPS", 1)
    services.create_group(campaign, name="A", actor=bob)
    with pytest.raises(DomainError, match="at most 1 groups"):
        services.create_group(campaign, name="B", actor=bob)


@pytest.mark.django_db
def test_the_plans_that_a_process_keeps_have_a_size(make_campaign, add_job, monkeypatch):
    plans = []
    for _ in range(3):
        campaign = make_campaign()
        add_job(campaign, "test_data")
        plans.append(builder.current_plan(campaign.pk))
        builder.current_plan(campaign.pk)
    assert builder._stored_plan.size >= 3 * len(json.dumps(plans[0].body())) // 2
    monkeypatch.setattr(builder._stored_plan, "most", builder._stored_plan.size)
    campaign = make_campaign()
    add_job(campaign, "test_data")
    builder.current_plan(campaign.pk)
    builder.current_plan(campaign.pk)
    assert builder._stored_plan.size <= builder._stored_plan.most
