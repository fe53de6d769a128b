"""Logins: a secret of the Credential Manager goes to the server alone that it is for."""

import pytest

from batches.targets import batch_targets
from batches.targets.protocols.logins import credential_problem, load_login
from config.core.actor import Actor
from config.core.credentials.service import set_credential
from config.core.errors import DomainError
from processr.jobs.http.credentials import credential_problem as problem_of_call

BOB = Actor("Bob")


@pytest.fixture
def stored(db):
    """stored(api_url="sftp://files.example"): a credential."""

    def store(secret: str = "hunter2", client_id: str = "bob", **columns):
        return set_credential("Acme files", actor=BOB, secret=secret, client_id=client_id, **columns)

    return store


def target_at(key: str, host: str = "files.example", port: int | None = None):
    values = {f"{key}_host": host, f"{key}_port": port}
    batch_targets.get(key).clean(values)
    return batch_targets.get(key)(values)


@pytest.mark.parametrize("key", ["sftp", "ftp", "ftps"])
def test_a_login_goes_to_the_server_that_it_is_for(stored, key):
    login = load_login(stored(api_url=f"{key}://Files.Example"), target_at(key))
    assert (login.username, login.password, login.private_key) == ("bob", "hunter2", "")


def test_another_port_is_named(stored):
    credential = stored(api_url="sftp://files.example:2222/")
    assert load_login(credential, target_at("sftp", port=2222)).username == "bob"
    assert credential_problem(credential, target_at("sftp")) == (
        "Acme files is for sftp://files.example:2222, and the server is sftp://files.example."
    )


def test_a_private_key_is_known_as_one(stored):
    key = "-----BEGIN OPENSSH PRIVATE KEY-----abc-----END OPENSSH PRIVATE KEY-----"
    assert load_login(stored(secret=key, api_url="sftp://files.example"), target_at("sftp")).private_key == key


@pytest.mark.parametrize(
    ("api_url", "key", "host"),
    [
        ("sftp://files.example", "sftp", "evil.example"),
        ("ftps://files.example", "ftp", "files.example"),  # It would leave without encryption.
        ("ftps://files.example", "sftp", "files.example"),
        ("https://files.example", "sftp", "files.example"),
        ("", "sftp", "files.example"),
    ],
)
def test_a_login_goes_nowhere_else(stored, api_url, key, host):
    with pytest.raises(DomainError, match="Acme files") as refused:
        load_login(stored(api_url=api_url), target_at(key, host))
    assert "hunter2" not in refused.value.message


def test_calls_of_the_web_get_no_login_of_a_file_server(stored):
    problem = problem_of_call(stored(api_url="sftp://files.example"), url="https://files.example/in")
    assert problem == "Acme files is for sftp://files.example, and the address is another."


def test_a_credential_without_a_user_name_and_one_that_nothing_needs_are_told(stored):
    credential = stored(api_url="sftp://files.example", client_id="")
    assert "has no user name" in credential_problem(credential, target_at("sftp"))
    assert credential_problem(credential, batch_targets.get("email")({"email_to": ["a@x.example"]})) == "E-mail needs no credential."


@pytest.mark.parametrize(
    "api_url", ["sftp://files.example/in", "sftp://bob:x@files.example", "sftp://", "sftp:files", "sftp://a b", "ssh://files.example"]
)
def test_what_is_no_file_server_is_refused(stored, api_url):
    with pytest.raises(DomainError) as refused:
        stored(api_url=api_url)
    assert refused.value.field == "api_url"


def test_a_prefix_belongs_to_addresses_of_the_web(stored):
    with pytest.raises(DomainError) as refused:
        stored(api_url="sftp://files.example", address_prefix="https://files.example/in")
    assert refused.value.field == "address_prefix"
