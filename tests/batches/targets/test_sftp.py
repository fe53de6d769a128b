"""SFTP: files arrive whole and under their name, host keys are confirmed, and each failure is told in words."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import asyncssh
import pytest

from batches.targets import Login, sftp
from config.core.errors import DomainError
from integrations.base import AttemptResult
from tests.batches.servers import LARGE, password_of, running
from tests.batches.targets.conftest import CONTENT, LARGE_CONTENT, VAST, little_memory

SENT, LATER, NEVER = AttemptResult.SENT, AttemptResult.LATER, AttemptResult.NEVER


@pytest.fixture
def target(sftp_server):
    """target("bob", port="rsa", key="rsa", password="x", path="in"): a target for this user."""

    def make(
        user: str = "bob",
        *,
        port: str = "ed25519",
        key: str | None = "ed25519",
        login: Login | None = None,
        path: str = "in",
        host="127.0.0.1",
    ):
        confirmed = sftp_server.says["keys"][key]["fingerprint"] if key in sftp_server.says["keys"] else key or ""
        values = {"sftp_host": host, "sftp_port": sftp_server.says[port], "sftp_path": path, "sftp_host_key": confirmed}
        sftp.Sftp.clean(values)
        return sftp.Sftp(values, login or Login(user, password_of(user)))

    return make


def test_a_file_arrives_whole_and_alone(target, make_file, sftp_server):
    put = target("bob").put(make_file())
    assert (put.result, sftp_server.files_of("bob")) == (SENT, {"in/leads_7.csv": CONTENT})
    assert "leads_7.csv is on 127.0.0.1" in put.answer
    assert "in in (" in put.answer


def test_a_repetition_takes_the_place_of_the_file(target, make_file, sftp_server):
    for content in (b"first", CONTENT):
        assert target("ann").put(make_file(content)).result == SENT
    assert sftp_server.files_of("ann") == {"in/leads_7.csv": CONTENT}


@pytest.mark.parametrize("user", ["old", "whole", "dropper", "blind", "vague", "eager", "grabber"])
def test_a_file_arrives_where_a_server_lacks_something(target, make_file, sftp_server, user):
    """No renaming onto a file, no other names, no renaming at all, no looking, or a file that is taken away at once or before."""
    for content in (b"first", LARGE_CONTENT):
        assert target(user).put(make_file(content)).result == SENT
    name = "taken.csv" if user == "eager" else "in/leads_7.csv"
    assert sftp_server.files_of(user) == {name: LARGE_CONTENT}


def test_an_empty_file_arrives(target, make_file, sftp_server):
    assert target("empty").put(make_file(b"")).result == SENT
    assert sftp_server.files_of("empty") == {"in/leads_7.csv": b""}


def test_a_name_in_any_script_arrives(target, make_file, sftp_server):
    assert target("script").put(make_file(name="Café Ωλ 日本.csv")).result == SENT
    assert list(sftp_server.files_of("script")) == ["in/Café Ωλ 日本.csv"]


def test_a_vast_file_needs_little_memory(target, make_vast_file, sftp_server):
    with little_memory():
        assert target("vast").put(make_vast_file()).result == SENT
    assert len(sftp_server.files_of("vast")["in/leads_7.csv"]) == VAST


def test_a_server_that_freezes_is_left(target, make_vast_file, hasty, tmp_path):
    with running("sftp", tmp_path) as server:
        key = server.says["keys"]["ed25519"]["fingerprint"]
        values = {"sftp_host": "127.0.0.1", "sftp_port": server.says["ed25519"], "sftp_path": "in", "sftp_host_key": key}
        file = make_vast_file(after=lambda: server.process.send_signal(signal.SIGSTOP))
        put = sftp.Sftp(values, Login("bob", password_of("bob"))).put(file)
    assert (put.result, "did not answer in time" in put.answer) == (LATER, True), put.answer


@pytest.mark.parametrize("user", ["spoilt", "whole"])
def test_bytes_that_are_not_those_that_were_built_are_not_left_there(target, make_file, sftp_server, user):
    put = target(user).put(replace(make_file(name="spoilt.csv"), sha256="0" * 64))
    assert (put.result, "SHA-256 differs" in put.answer) == (NEVER, True)
    assert not [name for name in sftp_server.files_of(user) if "spoilt" in name]


@pytest.mark.parametrize(
    ("user", "result", "words"),
    [
        ("full", LATER, "127.0.0.1:{port} has no space left for the file: No space left on device"),
        ("fails", LATER, "perhaps for lack of space: Failure"),
        ("loses", LATER, f"of {LARGE:,} bytes. It may have no space left."),
        ("cut", LATER, "The file could not be stored: 127.0.0.1:{port} broke the connection off."),
        ("hangs", LATER, "The file could not be stored: 127.0.0.1:{port} did not answer in time."),
        ("reader", NEVER, "“reader” may not write leads_7.csv into 127.0.0.1:{port} in in."),
        ("leaves", LATER, "broke the connection off."),
    ],
)
def test_each_failure_is_told_in_words(target, make_file, sftp_server, hasty, user, result, words):
    put = target(user).put(make_file(LARGE_CONTENT))
    assert (put.result, words.format(port=sftp_server.says["ed25519"]) in put.answer) == (result, True), put.answer
    assert "in/leads_7.csv" not in sftp_server.files_of(user), "nobody sees a part of a file under its name"
    if user in ("full", "fails", "loses"):
        assert sftp_server.files_of(user) == {}, "nothing is left behind"


def test_after_a_lost_connection_the_next_attempt_ends_well(target, make_file, sftp_server, hasty):
    assert target("cut").put(make_file(LARGE_CONTENT)).result == LATER
    assert target("cut").put(make_file(CONTENT)).result == SENT
    assert sftp_server.files_of("cut") == {"in/leads_7.csv": CONTENT}


def test_a_silent_server_is_left(target, make_file, hasty):
    put = target(port="dead").put(make_file())
    assert (put.result, "did not answer in time" in put.answer) == (LATER, True), put.answer


def test_a_server_that_is_not_there_is_tried_again(target, make_file, hasty, sftp_server):
    with socket.create_server(("127.0.0.1", 0)) as free:
        sftp_server.says["free"] = free.getsockname()[1]
    put = target(port="free").put(make_file())
    assert (put.result, "could not be connected to" in put.answer) == (LATER, True)


def test_a_server_of_another_kind_is_named_so(target, make_file, hasty, serve, sftp_server):
    web = serve(lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    sftp_server.says["web"] = web.port
    put = target(port="web").put(make_file())
    assert (put.result, "did not answer as an SFTP server does" in put.answer) == (LATER, True), put.answer


def test_a_folder_that_is_not_there_is_named(target, make_file):
    put = target("bob", path="in/none").put(make_file())
    assert (put.result, put.answer.startswith("There is no folder in/none on 127.0.0.1")) == (NEVER, True)


def test_a_file_in_the_place_of_the_folder_is_named(target, make_file):
    target("mixed").put(make_file())
    put = target("mixed", path="in/leads_7.csv").put(make_file())
    assert (put.result, "is no folder" in put.answer) == (NEVER, True)


def test_a_wrong_password_is_told_and_not_shown(target, make_file):
    put = target(login=Login("bob", "hunter2 is wrong")).put(make_file())
    assert (put.result, "refused the login: the user name or password is wrong" in put.answer) == (NEVER, True)
    assert "hunter2" not in put.answer
    assert "hunter2" not in repr(Login("bob", "hunter2"))


@pytest.mark.parametrize("login", [Login(), Login("bob"), Login("", "secret")])
def test_a_login_that_is_missing_is_told(target, make_file, login):
    put = target(login=login).put(make_file())
    assert (put.result, "credential of the login is missing" in put.answer) == (NEVER, True)


# Keys


@pytest.mark.filterwarnings("ignore:.*bcrypt.kdf")
def test_a_key_of_any_form_logs_in(target, make_file, sftp_server):
    key = sftp_server.says["client_key"]
    one_line = " ".join(key.split("\n"))
    imported = asyncssh.import_private_key(key)
    pkcs8 = imported.export_private_key("pkcs8-pem").decode()
    for text in (key, one_line, key.replace("\n", "\r\n"), f"\n {key} \n", pkcs8):
        assert target("keyed", login=Login("keyed", private_key=text)).put(make_file()).result == SENT
    locked = imported.export_private_key("openssh", passphrase="open sesame", rounds=1).decode()
    assert target("keyed", login=Login("keyed", "open sesame", locked)).put(make_file()).result == SENT


@pytest.mark.filterwarnings("ignore:.*bcrypt.kdf")
def test_a_key_that_cannot_be_used_is_told_in_words(target, make_file, sftp_server):
    imported = asyncssh.import_private_key(sftp_server.says["client_key"])
    locked = imported.export_private_key("openssh", passphrase="open sesame", rounds=1).decode()
    for login, words in [
        (Login("keyed", private_key="nothing"), "no private key that can be read"),
        (Login("keyed", private_key=sftp_server.says["client_key"][:150]), "no private key that can be read"),
        (Login("keyed", private_key=locked), "has a passphrase"),
        (Login("keyed", "wrong", locked), "its passphrase is wrong"),
        (Login("keyed", private_key="PuTTY-User-Key-File-3: ssh-ed25519"), "Export it as an OpenSSH key"),
        (
            Login("keyed", private_key=asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()),
            "the user name or key is wrong",
        ),
        (Login("keyed", "a password"), "takes logins by publickey alone"),
    ]:
        put = target("keyed", login=login).put(make_file())
        assert (put.result, words in put.answer) == (NEVER, True), put.answer
        assert "BEGIN" not in put.answer


# Host keys


def test_the_first_test_shows_the_key_and_logs_nobody_in(target, sftp_server):
    shown = sftp_server.says["keys"]["ed25519"]["fingerprint"]
    put = target(key=None, login=Login("bob", "wrong")).test()
    assert put.proposed == {"sftp_host_key": f"ssh-ed25519 {shown}"}
    assert shown in put.answer
    assert "confirm it" in put.answer


def test_nothing_is_sent_before_somebody_confirmed_the_key(target, make_file, sftp_server):
    put = target("unconfirmed", key=None).put(make_file())
    assert (put.result, "Nobody has confirmed the host key" in put.answer) == (NEVER, True)
    assert sftp_server.files_of("unconfirmed") == {}


def test_a_confirmed_key_lets_the_test_write_and_remove(target, sftp_server):
    put = target("tester").test()
    assert put.ok, put.answer
    assert "AsyncSSH" in put.answer
    assert "a small file was written there, and removed" in put.answer
    assert sftp_server.files_of("tester") == {}


def test_the_test_tells_who_may_not_write(target):
    put = target("reader").test()
    assert (put.result, "“reader” may not write into" in put.answer) == (NEVER, True)


def test_a_changed_key_is_never_sent_to(target, make_file, sftp_server):
    keys = sftp_server.says["keys"]
    for act in (lambda changed: changed.put(make_file()), lambda changed: changed.test()):
        put = act(target("changed", port="ed25519_again", key=f"ssh-ed25519 {keys['ed25519']['fingerprint']}"))
        assert put.result == NEVER
        assert put.answer.endswith("nothing was sent. Confirm the new one if the operator of the server says that it is right.")
        assert keys["ed25519"]["fingerprint"] in put.answer
        assert put.proposed == {"sftp_host_key": f"ssh-ed25519 {keys['ed25519_again']['fingerprint']}"}
    assert sftp_server.files_of("changed") == {}


def test_a_key_of_another_type_is_a_changed_key_too(target, make_file, sftp_server):
    keys = sftp_server.says["keys"]
    put = target(port="rsa", key=f"ssh-ed25519 {keys['ed25519']['fingerprint']}").put(make_file())
    assert (put.result, put.proposed) == (NEVER, {"sftp_host_key": f"ssh-rsa {keys['rsa']['fingerprint']}"})


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_each_key_of_a_server_can_be_the_confirmed_one(target, make_file, sftp_server, kind):
    key = sftp_server.says["keys"][kind]
    for text in (
        key["fingerprint"],
        key["line"],
        f"[files.example]:2222 {key['line']} comment",
        f"256 {key['fingerprint']} root@files (RSA)",
    ):
        assert target("keys", port="any", key=text).put(make_file()).result == SENT, text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "old MD5"),
        ("16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "old MD5"),
        ("SHA256:short", "begins with SHA256:"),
        ("ssh-ed25519 AAAA!", "not complete"),
        ("yes", "begins with SHA256:"),
    ],
)
def test_what_is_no_key_is_refused(text, words):
    with pytest.raises(DomainError, match=words) as refused:
        sftp.Sftp.clean({"sftp_host": "files.example", "sftp_host_key": text})
    assert refused.value.field == "sftp_host_key"


def test_its_library_is_loaded_for_the_first_session():
    """It takes a third of a second, which every command and web process would wait for."""
    shown = subprocess.run(
        [sys.executable, "-c", "import django, sys; django.setup(); import batches.targets; print('paramiko' in sys.modules)"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == "False", shown.stderr


# Addresses


def test_a_private_address_is_never_called(target, make_file, settings):
    settings.OUTBOUND_ALLOW = []
    put = target().put(make_file())
    assert (put.result, "SLUICE_OUTBOUND_ALLOW" in put.answer) == (NEVER, True)


def test_the_connection_leads_to_the_address_that_was_checked(target, make_file, names, sftp_server):
    names["files.example"] = [["127.0.0.1"], ["203.0.113.9"]]
    assert target("rebound", host="files.example").put(make_file()).result == SENT
    assert names["files.example"] == [["203.0.113.9"]], "it was looked up once"


def test_a_name_that_leads_inside_is_never_called(target, make_file, names):
    names["files.example"] = ["10.0.0.7"]
    put = target(host="files.example").put(make_file())
    assert (put.result, "not on the public internet" in put.answer) == (NEVER, True)


@pytest.mark.parametrize("host", ["", " ", "sftp://files.example", "files.example/in", "bob@files.example", "a b", "x" * 300, "..."])
def test_what_is_no_host_is_refused(host):
    with pytest.raises(DomainError) as refused:
        sftp.Sftp.clean({"sftp_host": host})
    assert refused.value.field == "sftp_host"


def test_values_stay_the_same_when_they_are_cleaned_again(sftp_server):
    values = {
        "sftp_host": " Files.Example. ",
        "sftp_port": None,
        "sftp_path": " in ",
        "sftp_host_key": sftp_server.says["keys"]["rsa"]["line"],
    }
    sftp.Sftp.clean(values)
    again = dict(values)
    sftp.Sftp.clean(again)
    assert again == values
    assert (values["sftp_host"], values["sftp_port"], values["sftp_path"]) == ("files.example", 22, "in")


def test_it_is_described_without_secrets():
    values = {"sftp_host": "sftp.acme.example", "sftp_port": 22, "sftp_path": "/in", "sftp_host_key": ""}
    assert sftp.Sftp(values, Login("bob", "hunter2")).describe() == "sftp.acme.example /in as bob"
    assert sftp.Sftp(values | {"sftp_port": 2222}, Login("bob", "hunter2")).describe() == "sftp.acme.example:2222 /in as bob"
