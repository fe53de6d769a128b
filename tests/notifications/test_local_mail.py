"""E-mails of a local installation: files that only its own user can read."""

import os

import pytest
from django.core.mail import send_mail

from config import settings as project


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "config.core.notifications.local_mail.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    old = os.umask(0)
    yield tmp_path / "mail"
    os.umask(old)


def modes(folder):
    return [oct(path.stat().st_mode & 0o777) for path in (folder, *sorted(folder.iterdir()))]


def write(subject):
    assert send_mail(subject, "https://sluice.example/password/new/…", None, ["ann@example.com"]) == 1


def test_letters_and_their_folder_are_closed_to_others_whatever_the_umask(folder):
    write("One")
    assert modes(folder) == ["0o700", "0o600"]
    assert "Subject: One" in next(folder.iterdir()).read_text()


def test_letters_of_an_earlier_version_are_closed_with_the_next_one(folder):
    folder.mkdir(mode=0o755)
    (folder / "earlier.log").write_text("a link")
    assert modes(folder) == ["0o755", "0o666"]
    write("Two")
    assert modes(folder) == ["0o700", "0o600", "0o600"]


def test_a_local_installation_writes_its_mail_so():
    assert project.EMAIL_BACKEND == "config.core.notifications.local_mail.EmailBackend"
