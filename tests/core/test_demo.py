"""`manage.py demo` and `manage.py check_integrity`."""

import json
import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.core import demo, extension_points
from config.core.extension_points import DemoStep
from config.core.models import User
from tests.cast import make_user


@pytest.fixture(autouse=True)
def _installation(settings, tmp_path, monkeypatch):
    """Empty, embedded, with one step of its own."""
    settings.STATE_DIR, settings.EMBEDDED = tmp_path, True
    monkeypatch.setattr(extension_points, "demo_steps", [DemoStep(20, _sign), DemoStep(10, _people)])


def _people(world) -> None:
    user = make_user("admin", username="ada")
    world["users"].append({"username": user.username, "name": user.name, "password": "secret", "role": user.role})


def _sign(world) -> None:
    """Use a user whom an earlier step has added."""
    world["campaigns"].append({"id": 1, "name": f"by {world['users'][0]['username']}"})


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_steps_run_in_order_and_what_they_made_is_told(settings):
    said("demo")
    told = json.loads(said("demo", "--json"))
    assert list(told) == ["base_url", "client", "users", "advertisers", "publishers", "campaigns"]
    assert (told["base_url"], told["client"]) == (settings.BASE_URL, settings.OAUTH_CLIENT)
    assert told["campaigns"] == [{"id": 1, "name": "by ada"}]
    assert stat.S_IMODE(demo.path().stat().st_mode) == 0o600
    assert [file.name for file in demo.path().parent.iterdir()] == ["demo.json"]


@pytest.mark.sql
@pytest.mark.django_db
def test_it_is_told_under_todays_address(settings):
    said("demo")
    settings.BASE_URL = "https://leads.example.org"
    assert json.loads(said("demo", "--json"))["base_url"] == "https://leads.example.org"


@pytest.mark.django_db
def test_once_makes_it_where_it_is_missing_and_then_does_nothing():
    made = json.loads(said("demo", "--once", "--json"))
    assert User.objects.count() == 1
    assert json.loads(said("demo", "--once", "--json")) == made
    assert said("demo", "--once") == ""
    with pytest.raises(CommandError, match="There are users already"):
        said("demo")


@pytest.mark.django_db
def test_it_is_not_made_into_a_database_of_somebody_elses(settings, monkeypatch):
    settings.EMBEDDED = False
    monkeypatch.delenv("SLUICE_DEMO", raising=False)
    with pytest.raises(CommandError, match="SLUICE_DEMO=1"):
        said("demo", "--once")
    assert not User.objects.exists()
    monkeypatch.setenv("SLUICE_DEMO", "1")
    said("demo")
    assert User.objects.exists()


@pytest.mark.django_db
def test_where_there_is_none_telling_says_how_to_make_it():
    with pytest.raises(CommandError, match=r"manage\.py demo"):
        said("demo", "--json")


@pytest.mark.django_db(transaction=True)
def test_a_demo_that_breaks_half_way_leaves_nothing_and_may_be_made_again(monkeypatch):
    def breaks(world) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(extension_points, "demo_steps", [DemoStep(10, _people), DemoStep(20, breaks)])
    with pytest.raises(RuntimeError, match="killed"):
        said("demo")
    assert (User.objects.exists(), demo.path().exists()) == (False, False)
    monkeypatch.setattr(extension_points, "demo_steps", [DemoStep(10, _people)])
    said("demo", "--once")
    assert User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_about_a_world_that_was_rolled_back_keeps_nobody_from_making_it():
    """The process was killed after it wrote the file, and before the commit."""
    demo.path().write_text('{"users": [{"username": "nobody"}]}')
    said("demo", "--once")
    assert demo.description()["users"][0]["username"] == "ada"


@pytest.mark.django_db
def test_integrity_names_each_check_and_ends_in_an_error_where_one_disagrees(monkeypatch):
    monkeypatch.setattr(extension_points, "integrity_checks", {"notes": list, "billing": list})
    assert said("check_integrity") == "billing: ok\nnotes: ok\n"
    monkeypatch.setitem(extension_points.integrity_checks, "notes", lambda: ["lead 7 was changed but has no note"])
    assert _refused() == "billing: ok\nnotes: 1 problems\n  lead 7 was changed but has no note\n"


@pytest.mark.sql
@pytest.mark.django_db(transaction=True)
def test_integrity_looks_at_one_moment_and_changes_nothing(monkeypatch):
    def kind_of_transaction() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
            return list(cursor.fetchone())

    monkeypatch.setattr(extension_points, "integrity_checks", {"kind": kind_of_transaction})
    assert _refused() == "kind: 2 problems\n  repeatable read\n  on\n"


def _refused() -> str:
    out = StringIO()
    with pytest.raises(CommandError, match="disagrees"):
        call_command("check_integrity", stdout=out)
    return out.getvalue()
