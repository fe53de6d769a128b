"""The first admin, from the command line: asked for, or given by a script."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.test import Client

from config.core.accounts import roles
from config.core.management.commands import createadmin
from config.core.models import AuditEntry, User

PASSWORD = "a long and odd one 4711"
ODD_PASSWORDS = [
    "p@ss/w:rd%40+longer",
    "with  blanks inside it",
    "päßwörter-sind-länger",
    "'quoted' \"twice\" $HOME",
    "\\back\\slashes\\n\\t",
]


@pytest.fixture
def admin(monkeypatch):
    """The command without a terminal; the user it made, or None."""

    def run(*words: str, stdin: str = "", **environment: str) -> User | None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        monkeypatch.delenv(createadmin.PASSWORD_VARIABLE, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        call_command("createadmin", *words, stdout=io.StringIO(), stderr=OutputWrapper(io.StringIO()))
        return User.objects.filter(email="ada@example.com").first()

    return run


ADA = ("--username=ada", "--email=ada@example.com")


@pytest.mark.django_db
def test_an_admin_made_by_a_script_signs_in_and_may_do_everything(admin, client: Client):
    ada = admin(*ADA, SLUICE_ADMIN_PASSWORD=PASSWORD)
    assert (ada.role, ada.is_staff, ada.is_superuser, ada.name, ada.password_expired) == (roles.ADMIN, True, True, "ada", False)
    assert ada.password_changed_at is not None
    assert client.post("/sign-in", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert client.get("/admin/").status_code == 200
    entry = AuditEntry.objects.get(action="admin created")
    assert (entry.severity, entry.object_id, entry.actor_name) == ("high", str(ada.pk), "Sluice")
    assert PASSWORD not in str(entry.after)


@pytest.mark.django_db
def test_a_password_arrives_as_it_is(admin):
    for line_end in ("\n", "\r\n", ""):
        for password in ODD_PASSWORDS:
            ada = admin(*ADA, "--password-stdin", "--noinput", stdin=f"{password}{line_end}more")
            assert ada.check_password(password) or not line_end
            ada.delete()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (["--email=a@example.com"], {}, "User name is missing: give --username"),
        (["--username= ", "--email=a@example.com"], {}, "User name is missing: give --username"),
        (["--username=ada"], {}, "E-mail address is missing: give --email"),
        ([*ADA], {}, "give it in SLUICE_ADMIN_PASSWORD"),
        ([*ADA, "--password-stdin"], {}, "first line of the input"),
        ([*ADA], {"SLUICE_ADMIN_PASSWORD": "short"}, "at least 12 characters"),
        ([*ADA], {"SLUICE_ADMIN_PASSWORD": "1234567890123"}, "entirely numeric"),
        (["--username=ada lovelace", "--email=a@example.com"], {"SLUICE_ADMIN_PASSWORD": PASSWORD}, "User name: Enter a valid username"),
        (["--username=ada", "--email=ada"], {"SLUICE_ADMIN_PASSWORD": PASSWORD}, "E-mail address: Enter a valid email"),
        ([*ADA, "--name=Ada\u202eecalevol"], {"SLUICE_ADMIN_PASSWORD": PASSWORD}, "Full name: A name cannot contain the invisible direction mark"),
        ([*ADA, f"--name={'a' * 151}"], {"SLUICE_ADMIN_PASSWORD": PASSWORD}, "Full name: Ensure this value has at most 150"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said_and_nobody_is_made(admin, words, environment, sentence):
    with pytest.raises(CommandError, match=sentence.replace("(", r"\(")):
        admin(*words, **environment)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_name_that_is_taken_is_refused_and_its_user_stays_as_it_is(admin):
    admin(*ADA, SLUICE_ADMIN_PASSWORD=PASSWORD)
    with pytest.raises(CommandError, match="There is a user ada already; nothing was changed"):
        admin(*ADA, "--name=Another", SLUICE_ADMIN_PASSWORD="quite another one 4711")
    ada = User.objects.get()
    assert (ada.check_password(PASSWORD), ada.name) == (True, "ada")


@pytest.mark.django_db
def test_at_a_terminal_it_asks_until_the_password_is_right(monkeypatch, admin):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    said = io.StringIO()
    answers = iter(["ada", "ada@example.com", ""])
    typed = iter(["short", PASSWORD, "another", PASSWORD, PASSWORD])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    monkeypatch.setattr(createadmin.getpass, "getpass", lambda _: next(typed))
    monkeypatch.setattr(sys, "stdin", Terminal())
    call_command("createadmin", stdout=io.StringIO(), stderr=said)
    assert "at least 12 characters" in said.getvalue()
    assert "differ" in said.getvalue()
    assert User.objects.get(username="ada", role=roles.ADMIN).check_password(PASSWORD)


@pytest.mark.django_db
def test_djangos_own_command_makes_an_admin_too(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--username=sue", "--email=sue@example.com", "--name=Sue", stdout=io.StringIO())
    sue = User.objects.get(username="sue")
    assert (sue.role, sue.is_staff, sue.is_superuser) == (roles.ADMIN, True, True)
    with pytest.raises(ValueError, match="has the role admin"):
        User.objects.create_superuser("bob", role=roles.REPORT)
