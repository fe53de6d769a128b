"""E-mail: the letter tells what it brings, repetitions have one id, and nobody gets a letter twice without a person's word."""

import email
import json
import socket
import ssl
from email import policy

import pytest
from django.core import mail

from batches.targets import email as target_module
from config.core import http
from config.core.errors import DomainError
from integrations.base import AttemptResult
from tests.batches.targets.conftest import CONTENT, LARGE_CONTENT
from tests.core.outbound.secure import certificate

SENT, LATER, NEVER, UNCLEAR = AttemptResult.SENT, AttemptResult.LATER, AttemptResult.NEVER, AttemptResult.UNCLEAR
Email = target_module.Email


@pytest.fixture
def smtp(smtp_server, settings):
    """The installation sends its mail to the server, to its port `plain` unless another is named."""

    def use(port: str = "plain"):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.says.get(port, port)
        return smtp_server

    settings.DEFAULT_FROM_EMAIL = "Sluice <files@sluice.example>"
    for letter in smtp_server.folder.iterdir():
        letter.unlink()
    return use(), use


def target(*recipients: str) -> Email:
    return Email({"email_to": list(recipients or ["ann@acme.example"])})


def letters_at(server) -> list[tuple[list[str], email.message.EmailMessage]]:
    found = []
    for path in sorted(server.folder.glob("*.eml"), key=lambda path: int(path.stem)):
        recipients, _, content = path.read_bytes().partition(b"\n")
        found.append((json.loads(recipients), email.message_from_bytes(content, policy=policy.default)))
    return found


def test_the_letter_tells_what_it_brings(smtp, make_file):
    server, _ = smtp
    file = make_file(lead_count=1234)
    put = target("ann@acme.example", "bo@acme.example").put(file)
    assert put.result == SENT, put.answer
    assert "took the letter: 250 2.0.0 Ok: queued as" in put.answer
    [(recipients, letter)] = letters_at(server)
    assert recipients == ["ann@acme.example", "bo@acme.example"]
    assert (letter["From"], letter["To"]) == ("Sluice <files@sluice.example>", "ann@acme.example, bo@acme.example")
    assert letter["Subject"] == "Daily to Acme: 1,234 leads of Spring"
    text = letter.get_body().get_content()
    assert all(
        part in text for part in ("Daily to Acme", "Campaign: Spring", "Leads: 1,234", "File: leads_7.csv", f"SHA-256: {file.sha256}")
    )
    assert "resent" not in text
    [attachment] = letter.iter_attachments()
    assert (attachment.get_filename(), attachment.get_payload(decode=True)) == ("leads_7.csv", CONTENT)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b".\r\n..\n.\r\nFrom here\r\n", "dots.txt"),
        (b"\x00\xff\r\n\n\r", "bytes.xlsx"),
        (CONTENT, "Café Ωλ 日本.csv"),
        (b"x,y\n" * 5, 'quo"te.csv'),
        (LARGE_CONTENT, "large.zip"),
    ],
)
def test_bytes_and_name_arrive_as_they_are(smtp, make_file, content, name):
    assert target().put(make_file(content, name)).result == SENT
    [(_, letter)] = letters_at(smtp[0])
    [attachment] = letter.iter_attachments()
    assert (attachment.get_filename(), attachment.get_payload(decode=True)) == (name, content)


def test_attempts_at_one_sending_have_one_id_and_each_resending_has_another(smtp, make_file):
    ids = []
    for resend in (0, 0, 1, 1, 2):
        assert target().put(make_file(resend=resend)).result == SENT
        _, letter = letters_at(smtp[0])[-1]
        ids.append(letter["Message-ID"])
        assert letter["Subject"].startswith("Resent: ") == bool(resend)
        assert ("resent" in letter.get_body().get_content()) == bool(resend)
    assert ids[0] == ids[1] != ids[2] == ids[3] != ids[4]
    assert ids[0].endswith("@sluice.example>")
    assert target().put(make_file(batch_id=8)).result == SENT
    assert letters_at(smtp[0])[-1][1]["Message-ID"] not in ids


def test_names_with_line_breaks_make_no_headers(smtp, make_file):
    put = target().put(make_file(label="Daily\r\nBcc: eve@evil.example", campaign="Spring\nX: y"))
    assert put.result == SENT
    [(recipients, letter)] = letters_at(smtp[0])
    assert (recipients, letter["Bcc"], letter["X"]) == (["ann@acme.example"], None, None)


@pytest.mark.parametrize(
    ("recipients", "result", "words"),
    [
        (["nobody@acme.example"], NEVER, "refused nobody@acme.example, and nobody got it: 550 5.1.1 No such mailbox here"),
        (["ann@acme.example", "nobody@acme.example"], NEVER, "refused nobody@acme.example, and nobody got it"),
        (["ann@acme.example", "grey@acme.example"], LATER, "refused grey@acme.example, and nobody got it: 451"),
        (["full@acme.example"], LATER, "refused the letter, and nobody got it: 452 4.2.2 Mailbox full"),
        (["spam@acme.example"], NEVER, "refused the letter, and nobody got it: 554 5.7.1 Rejected [0m, looks like spam"),
        (["silent@acme.example"], LATER, "did not answer in time. Nothing was sent."),
    ],
)
def test_each_failure_is_told_in_words(smtp, make_file, hasty, recipients, result, words):
    put = target(*recipients).put(make_file())
    assert (put.result, words in put.answer) == (result, True), put.answer
    assert letters_at(smtp[0]) == [], "where one is refused, nobody gets the letter"


@pytest.mark.parametrize("name", ["late", "slow"])
def test_a_letter_that_may_have_been_taken_is_left_to_a_person(smtp, make_file, hasty, name):
    put = target(f"{name}@acme.example").put(make_file())
    assert (put.result, "It is not known whether 127.0.0.1 took the letter" in put.answer) == (UNCLEAR, True), put.answer
    assert len(letters_at(smtp[0])) == 1
    assert Email.safe_to_repeat is False


def test_a_connection_that_ends_at_nine_tenths_is_no_success(smtp, make_file, hasty):
    """The rest may be on its way already: then it is not known."""
    put = target("cut@acme.example").put(make_file(LARGE_CONTENT))
    assert put.result in (LATER, UNCLEAR), put.answer
    assert letters_at(smtp[0]) == []


def test_a_server_that_takes_small_letters_only_refuses_at_once(smtp, make_file):
    smtp[1]("small")
    put = target().put(make_file(bytes(30_000)))
    assert (put.result, "refused the letter, and nobody got it: 552" in put.answer) == (NEVER, True), put.answer


def test_a_file_above_the_limit_names_the_setting(smtp, make_file, settings):
    settings.BATCH_MAIL_MB = 1.5
    put = target().put(make_file(LARGE_CONTENT))
    assert put.result == NEVER
    assert put.answer == (
        "A file of 3.1 MB is too large for an e-mail: at most 1.5 MB are sent (whoever runs the server can change that: SLUICE_BATCH_MAIL_MB)."
    )
    assert letters_at(smtp[0]) == []


def test_a_server_that_is_not_there_is_tried_again(smtp, make_file):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    smtp[1](port)
    put = target().put(make_file())
    assert (put.result, "Nothing was sent" in put.answer) == (LATER, True)


def test_a_certificate_that_is_not_trusted_is_told(smtp, make_file, serve, settings, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path, "mail.example"))
    settings.EMAIL_USE_SSL = True
    smtp[1](serve(lambda line: line.sendall(b"220 mail.example\r\n"), secure=context).port)
    put = target().put(make_file())
    assert (put.result, "The certificate of 127.0.0.1 could not be trusted" in put.answer) == (NEVER, True), put.answer


def test_the_test_names_the_recipients_and_sends_nothing(smtp):
    put = target("ann@acme.example", "bo@acme.example").test()
    assert (put.result, put.answer) == (SENT, "127.0.0.1 takes letters for ann@acme.example, bo@acme.example. Nothing was sent.")
    put = target("ann@acme.example", "nobody@acme.example").test()
    assert (put.result, "refused nobody@acme.example" in put.answer) == (NEVER, True)
    assert letters_at(smtp[0]) == []


def test_an_installation_without_a_mail_server_says_so(make_file):
    put = target().put(make_file())
    assert (put.result, "This installation has no mail server" in put.answer) == (SENT, True)
    assert mail.outbox[0].attachments[0].get_payload(decode=True) == CONTENT
    assert "This installation has no mail server" in target().test().answer


def test_no_letter_leaves_from_a_web_request(smtp, make_file):
    with http.no_calls(), pytest.raises(http.CallInRequest):
        target().put(make_file())


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("ann@acme.example", ["ann@acme.example"]),
        (" ann@acme.example ,bo@acme.example;\n cy@acme.example ", ["ann@acme.example", "bo@acme.example", "cy@acme.example"]),
        (["ann@acme.example", "ANN@acme.example"], ["ANN@acme.example"]),
        ("ann+files@bücher.example", ["ann+files@bücher.example"]),
        ("", []),
        (None, []),
    ],
)
def test_recipients_are_read_in_many_spellings(text, addresses):
    field = Email.fields["email_to"]
    assert field.clean(text) == addresses
    assert field.clean(field.clean(text)) == addresses
    assert field.clean(field.prepare_value(addresses)) == addresses


@pytest.mark.parametrize(
    "text", ["ann", "ann@", "@acme.example", "a b@acme.example", "ann@acme..example", "ann@acme.example\x00", ["a" * 300 + "@x.example"]]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Exception, match="address|not text"):
        Email.fields["email_to"].clean(text)


def test_too_many_recipients_and_none_are_refused():
    with pytest.raises(Exception, match="at most 20"):
        Email.fields["email_to"].clean([f"a{number}@x.example" for number in range(21)])
    with pytest.raises(DomainError) as refused:
        Email.clean({"email_to": []})
    assert refused.value.field == "email_to"


def test_a_name_of_another_script_is_written_to(smtp, make_file):
    assert target("ann@bücher.example").put(make_file()).result == SENT
    assert letters_at(smtp[0])[0][0] == ["ann@xn--bcher-kva.example"]


def test_it_is_described_briefly():
    assert (
        target("a@x.example", "b@x.example", "c@x.example", "d@x.example").describe()
        == "e-mail to a@x.example, b@x.example, c@x.example and 1 more"
    )
