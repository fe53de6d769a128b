"""FTP and FTPS: files arrive whole and under their name, what is encrypted is verified, and each failure is told in words."""

import signal
import socket
from dataclasses import replace
from threading import Event

import pytest

from batches.targets import Login, ftp, ftps
from config.core.errors import DomainError
from config.core.http import sockets
from integrations.base import AttemptResult
from tests.batches.servers import password_of, running
from tests.batches.targets.conftest import CONTENT, LARGE_CONTENT, VAST, little_memory

SENT, LATER, NEVER = AttemptResult.SENT, AttemptResult.LATER, AttemptResult.NEVER
NAME = "files.example"


@pytest.fixture
def known(ftp_server, names, monkeypatch):
    """The name of the servers is known, and the authority of the one with TLS is trusted."""
    names[NAME] = ["127.0.0.1"]
    monkeypatch.setenv("SSL_CERT_FILE", ftp_server.says["tls_certificate"])
    sockets.plain_tls_context.cache_clear()
    yield
    sockets.plain_tls_context.cache_clear()


@pytest.fixture
def target(ftp_server, known):
    """target("bob", secure=True, port="tls", path="in", mode="active")"""

    def make(user="bob", *, secure=False, port=None, path="in", mode="passive", login=None, host=NAME):
        kind, port = (ftps.Ftps, port or "tls") if secure else (ftp.Ftp, port or "plain")
        values = {"host": host, "port": ftp_server.says.get(port, port), "path": path, "mode": mode}
        values = {f"{kind.key}_{name}": value for name, value in values.items()}
        kind.clean(values)
        return kind(values, login or Login(user, password_of(user)))

    return make


@pytest.mark.parametrize("mode", ["passive", "active"])
@pytest.mark.parametrize("secure", [False, True])
def test_a_file_arrives_whole_and_alone(target, make_file, ftp_server, secure, mode):
    user = f"bob-{secure}-{mode}"
    for content in (b"first", LARGE_CONTENT):
        put = target(user, secure=secure, mode=mode).put(make_file(content))
        assert put.result == SENT, put.answer
    assert ftp_server.files_of(user) == {"in/leads_7.csv": LARGE_CONTENT}
    assert "leads_7.csv is on files.example" in put.answer


@pytest.mark.parametrize("user", ["old", "whole", "dropper", "blind"])
def test_a_file_arrives_where_a_server_lacks_something(target, make_file, ftp_server, user):
    """No renaming onto a file, no other names, no renaming at all, or no sizes."""
    for content in (b"first", CONTENT):
        put = target(user).put(make_file(content))
        assert put.result == SENT, put.answer
    assert ftp_server.files_of(user) == {"in/leads_7.csv": CONTENT}


@pytest.mark.parametrize(("content", "name"), [(b"", "empty.csv"), (CONTENT, "Café Ωλ 日本.csv"), (CONTENT, "two words.csv")])
def test_any_name_and_size_arrives(target, make_file, ftp_server, content, name):
    assert target("any").put(make_file(content, name)).result == SENT
    assert ftp_server.files_of("any")[f"in/{name}"] == content


@pytest.mark.parametrize("secure", [False, True])
def test_a_vast_file_needs_little_memory(target, make_vast_file, ftp_server, secure):
    with little_memory():
        assert target("vast", secure=secure).put(make_vast_file()).result == SENT
    assert len(ftp_server.files_of("vast")["in/leads_7.csv"]) == VAST


@pytest.mark.parametrize("secure", [False, True])
def test_a_server_that_freezes_is_left(target, make_vast_file, hasty, tmp_path, secure, monkeypatch):
    with running("ftp", tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.says["tls_certificate"])
        sockets.plain_tls_context.cache_clear()
        file = make_vast_file(after=lambda: server.process.send_signal(signal.SIGSTOP))
        put = target(secure=secure, port=server.says["tls" if secure else "plain"]).put(file)
    assert (put.result, "did not answer in time" in put.answer) == (LATER, True), put.answer


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(
    ("user", "result", "words"),
    [
        ("full", LATER, "has no space left for the file: Insufficient storage space."),
        ("cut", LATER, "The file could not be stored: files.example:{port} broke the connection off."),
        ("hangs", LATER, "The file could not be stored: files.example:{port} did not answer in time."),
        ("busy", LATER, "The file could not be stored: files.example:{port} answered 450 The file is busy, come again."),
        ("reader", NEVER, "“reader” may not write leads_7.csv into files.example:{port} in in: 550 Not enough privileges."),
    ],
)
def test_each_failure_is_told_in_words(target, make_file, ftp_server, hasty, user, result, words, secure):
    put = target(user, secure=secure).put(make_file(LARGE_CONTENT))
    assert (put.result, words.format(port=ftp_server.says["tls" if secure else "plain"]) in put.answer) == (result, True), put.answer
    assert "in/leads_7.csv" not in ftp_server.files_of(user), "nobody sees a part of a file under its name"
    if user == "full":
        assert ftp_server.files_of(user) == {}, "nothing is left behind"


def test_after_a_lost_connection_the_next_attempt_ends_well(target, make_file, ftp_server, hasty):
    assert target("cut").put(make_file(LARGE_CONTENT)).result == LATER
    assert target("cut").put(make_file(CONTENT)).result == SENT
    assert ftp_server.files_of("cut") == {"in/leads_7.csv": CONTENT}


@pytest.mark.parametrize("user", ["spoilt", "whole"])
def test_bytes_that_are_not_those_that_were_built_are_not_left_there(target, make_file, ftp_server, user):
    put = target(user).put(replace(make_file(name="spoilt.csv"), sha256="0" * 64))
    assert (put.result, "SHA-256 differs" in put.answer) == (NEVER, True)
    assert not [name for name in ftp_server.files_of(user) if "spoilt" in name]


def test_a_wrong_password_is_told_and_not_shown(target, make_file):
    """This server repeats it in its answer."""
    put = target(login=Login("bob", "hunter2 is wrong")).put(make_file())
    assert (put.result, put.answer.startswith("files.example:")) == (NEVER, True)
    assert "refused the login of “bob”: Login incorrect for •••" in put.answer


@pytest.mark.parametrize("login", [Login(), Login("", "secret"), Login("bob\r\nDELE x", "y"), Login("bob", "y\nDELE x")])
def test_a_login_that_cannot_be_sent_is_told(target, make_file, login):
    assert target(login=login).put(make_file()).result == NEVER


def test_a_folder_that_is_not_there_is_named(target, make_file):
    put = target(path="in/none").put(make_file())
    assert (put.result, "There is no folder in/none on files.example" in put.answer) == (NEVER, True)


def test_the_test_writes_and_removes_and_tells_the_greeting(target, ftp_server):
    put = target("tester", secure=True).test()
    assert put.ok, put.answer
    assert put.answer.endswith("be kind"), "the whole greeting"
    assert "a small file was written there, and removed. It says: Files of Acme, for partners," in put.answer
    assert ftp_server.files_of("tester") == {}


def test_the_test_tells_who_may_not_write(target):
    put = target("reader").test()
    assert (put.result, "“reader” may not write into" in put.answer) == (NEVER, True)


# TLS


def test_a_certificate_of_nobody_known_is_refused_before_the_login(target, make_file, ftp_server):
    put = target("careful", secure=True, port="stranger").put(make_file())
    assert (put.result, "The certificate of files.example" in put.answer) == (NEVER, True), put.answer
    assert not (ftp_server.folder / "careful").exists(), "nobody logged in"


def test_a_certificate_for_another_name_is_refused(target, make_file):
    put = target(secure=True, host="127.0.0.1").put(make_file())
    assert (put.result, "could not be trusted" in put.answer) == (NEVER, True), put.answer


def test_a_server_without_tls_gets_no_login(target, make_file, ftp_server):
    put = target("bare", secure=True, port="plain").put(make_file())
    assert (put.result, "offers no TLS" in put.answer) == (NEVER, True), put.answer
    assert not (ftp_server.folder / "bare").exists()


def test_a_server_that_demands_tls_is_told_so(target, make_file):
    put = target(port="tls").put(make_file())
    assert (put.result, "refused the login" in put.answer) == (NEVER, True), put.answer


def test_a_server_that_misses_the_session_of_the_login_is_quoted(target, make_file, monkeypatch, hasty):
    """The server with TLS takes data in the session of the login alone: all files above arrived so."""
    secure = sockets.TimedSockets.secure
    monkeypatch.setattr(sockets.TimedSockets, "secure", lambda self, sock, host, session=None: secure(self, sock, host))
    put = target("fresh", secure=True).put(make_file(LARGE_CONTENT))
    assert put.result == NEVER, put.answer
    assert "refused the secure connection of the data: SSL connection failed: session reuse required" in put.answer


# Addresses, and servers that do not behave


def talk(*answers: str):
    """A server that greets, and gives one answer to each command."""

    def script(line):
        line.sendall(b"220 hello\r\n")
        reader = line.makefile("rb")
        for answer in answers:
            if not reader.readline():
                return
            line.sendall(answer.encode("utf-8", "surrogateescape") + b"\r\n")
        reader.read()

    return script


WELCOME = ("331 password?", "230 welcome", "200 utf8", "200 binary", "250 in")


def test_the_address_that_a_server_names_for_its_data_is_not_followed(target, make_file, serve, hasty):
    data = serve(lambda line: line.recv(100))
    elsewhere = f"227 Entering Passive Mode (10,0,0,7,{data.port // 256},{data.port % 256})"
    server = serve(talk(*WELCOME, elsewhere, "150 go"))
    put = target(port=server.port).put(make_file())
    assert data.connections == 1, "it was connected to at the address of the login"
    assert put.result == LATER


def test_the_data_goes_to_no_port_that_may_not_be_called(target, make_file, serve, hasty, settings):
    server = serve(talk(*WELCOME, "227 Entering Passive Mode (127,0,0,1,0,25)"))
    settings.OUTBOUND_ALLOW = [f"{NAME}:{server.port}"]
    put = target(port=server.port).put(make_file())
    assert (put.result, "SLUICE_OUTBOUND_ALLOW" in put.answer) == (NEVER, True), put.answer


def test_a_private_address_is_never_called(target, make_file, settings):
    settings.OUTBOUND_ALLOW = []
    put = target().put(make_file())
    assert (put.result, "SLUICE_OUTBOUND_ALLOW" in put.answer) == (NEVER, True)


def test_the_connections_lead_to_the_address_that_was_checked(target, make_file, names):
    names[NAME] = [["127.0.0.1"], ["203.0.113.9"]]
    assert target("rebound").put(make_file()).result == SENT
    assert names[NAME] == [["203.0.113.9"]], "it was looked up once"


@pytest.mark.parametrize(
    ("answers", "result", "words"),
    [
        (("421 too many connections",), LATER, "answered 421 too many connections"),
        (("331 ?", "430 wrong"), NEVER, "refused the login"),
        (("\x00\x01 what",), LATER, "did not answer as an FTP server does"),
        (("331 caf\udce9",), LATER, ""),
        (("331 ?", "530 wrong\x1b[31m \u202eword"), NEVER, "refused the login of “bob”: wrong [31m word"),
        ((*WELCOME, "500 what", "500 what"), NEVER, "answered 500 what"),
    ],
)
def test_strange_answers_are_results(target, make_file, serve, hasty, answers, result, words):
    server = serve(talk(*answers))
    put = target(port=server.port).put(make_file())
    assert (put.result, words in put.answer) == (result, True), put.answer


def test_a_silent_server_is_left(target, make_file, serve, hasty):
    over = Event()
    put = target(port=serve(lambda line: over.wait(10)).port).put(make_file())
    over.set()
    assert (put.result, "did not answer in time" in put.answer) == (LATER, True)


def test_an_endless_answer_is_left(target, make_file, serve, hasty):
    def script(line):
        while True:
            line.sendall(b"220-more of it, and more\r\n" * 1000)

    put = target(port=serve(script).port).put(make_file())
    assert (put.result, "did not answer as an FTP server does" in put.answer) == (LATER, True), put.answer


def test_a_server_that_is_not_there_is_tried_again(target, make_file, hasty):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    put = target(port=port).put(make_file())
    assert (put.result, "could not be connected to" in put.answer) == (LATER, True)


# Settings


def test_line_breaks_in_a_path_are_refused():
    field = ftp.Ftp.fields["ftp_path"]
    for path in ("in\r\nDELE x", "in\nx", "a\u2028b"):
        with pytest.raises(Exception, match="control characters|not text"):
            field.clean(path)
    assert field.clean(" in/Ünited ") == "in/Ünited"


def test_settings_are_cleaned_to_the_same():
    values = {"ftp_host": "[2001:DB8::1]", "ftp_port": 2121, "ftp_path": "", "ftp_mode": ""}
    ftp.Ftp.clean(values)
    assert values == {"ftp_host": "2001:db8::1", "ftp_port": 2121, "ftp_path": "", "ftp_mode": "passive"}
    assert ftp.Ftp(values, Login("bob", "x")).describe() == "[2001:db8::1]:2121 as bob"
    with pytest.raises(DomainError) as refused:
        ftps.Ftps.clean({"ftps_host": ""})
    assert refused.value.field == "ftps_host"
