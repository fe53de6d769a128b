"""A refusal that a setting could lift names the setting, and who can change it."""

import ast
import re
from pathlib import Path

import pytest
from django.db import models

from campaigns.models import Campaign
from config.core import errors
from config.core.errors import Setting
from config.core.models import Enterprise, User

ROOT = Path(__file__).parents[2]
APPS = ("batches", "campaigns", "config", "integrations", "leads", "processr")
SETTINGS = {name: value for name, value in vars(errors).items() if isinstance(value, Setting)}
REFUSES = re.compile(
    r"\b(your role (may|does)|for your role|may not (use|see) the (processr|provider)|see this lead masked|you see masked"
    r"|not among the addresses|not below the one|on the public internet|too many requests|different values may be asked|job is locked"
    r"|is switched off|host name is not|has named no|uses no value transforms|has no file of)",
    re.IGNORECASE,
)
"""The words of refusals that follow from a right, a switch or a limit which somebody has set."""
KNOWN = {
    "batches/texts.py": ["It is switched off, or paused with its campaign: nothing is sent until that ends."],
    "config/core/api/hydra/responses.py": ["Too many requests"],
    "integrations/views/events.py": ["it is switched off, so no lead sets it off"],
    "processr/texts.py": ["The job is switched off"],
    "processr/views/job_page.py": [" is saved. It is switched off."],
}
"""Texts that only look like such refusals."""


def unlifted(source: str) -> list[str]:
    """The refusals in a module that do not name a setting: texts that refuse, outside a call of `lifts`."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "lifts"]
    named = {part for call in calls for part in ast.walk(call)}
    given = {part.id for part in named if isinstance(part, ast.Name)}
    for node in nodes:  # a text that is assigned to a name first, and given to `lifts` then
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in given:
            named |= set(ast.walk(node.value))
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    texts = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text.value for text in texts if text not in named | docstrings and REFUSES.search(text.value)]


def test_every_refusal_that_a_setting_could_lift_names_it():
    modules = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    assert {str(path.relative_to(ROOT)): texts for path in modules if (texts := unlifted(path.read_text()))} == KNOWN


def test_a_refusal_without_its_setting_is_seen():
    assert unlifted('raise DomainError("Your role may not do this.")') == ["Your role may not do this."]
    assert unlifted('X = f"{name} is not on the public internet."') == [" is not on the public internet."]
    assert unlifted('raise DomainError(ROLE.lifts("Your role may not do this."))') == []
    assert unlifted('why = "This job is locked."\nraise DomainError(STATE.lifts(why))') == []


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_text_says_what_to_change_and_who_can(name):
    setting = SETTINGS[name]
    assert setting.lifts("No.") == f"No ({setting.changed_by} can change that: {setting.name})."
    assert setting.lifts("Not run") == f"Not run ({setting.changed_by} can change that: {setting.name})"


def label_of(model: type[models.Model], field: str) -> str:
    name = str(model._meta.get_field(field).verbose_name)
    return name[:1].upper() + name[1:]


def test_settings_are_called_as_their_pages_call_them():
    fields = {
        "PROCESSR_ACCESS": (User, "can_use_processr"), "PROVIDER_LOGS": (User, "can_see_provider_logs"), "ACTIVE_USER": (User, "is_active"),
        "RATE_LIMITS": (Enterprise, "limits"), "OFFICES": (Enterprise, "office_ips"), "CHECKED_VALUES": (Campaign, "checked_values_per_day"),
    }  # fmt: skip
    for name, (model, field) in fields.items():
        assert f"“{label_of(model, field)}”" in SETTINGS[name].name


def test_variables_of_the_operator_are_those_that_the_settings_read():
    source = (ROOT / "config/settings.py").read_text()
    operators = [setting.name for setting in SETTINGS.values() if setting.changed_by == errors.OPERATOR]
    assert len(operators) >= 3
    assert [name for name in operators if f'"{name}"' not in source] == []
