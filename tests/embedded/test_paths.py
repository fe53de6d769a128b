"""Addresses, names and keys that follow from the state folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from django.conf import settings
from kombu import Connection

from config.embedded import paths, server_files


def test_two_installations_have_different_names_and_addresses(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = paths.installation_hash(), paths.database_url(), paths.redis_url()
    monkeypatch.setenv("SLUICE_STATE", str(state / "other"))
    assert not set(first) & {paths.installation_hash(), paths.database_url(), paths.redis_url()}


def test_a_given_database_is_used_and_is_not_the_embedded_one(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.is_embedded()
    monkeypatch.setenv("DATABASE_URL", "postgresql://sluice@db.example.org/sluice")
    assert paths.database_url() == "postgresql://sluice@db.example.org/sluice"
    assert not paths.is_embedded()


def test_a_command_that_was_handed_the_embedded_address_knows_it(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", paths.embedded_database_url())
    assert paths.is_embedded()


def test_a_deep_checkout_has_sockets_in_a_short_folder_and_data_in_its_own(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = state / ("d" * 60) / ("e" * 60)
    monkeypatch.setenv("SLUICE_STATE", str(deep))
    assert len(str(paths.socket_folder() / ".s.PGSQL.5432")) <= paths.SOCKET_PATH_LIMIT
    assert not paths.data_folder().is_relative_to(paths.socket_folder())


def test_redis_and_celery_each_get_the_socket_in_their_own_spelling(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert redis.Redis.from_url(paths.redis_url()).connection_pool.connection_kwargs["path"] == str(paths.valkey_socket())
    assert Connection(paths.broker_url()).as_uri() == f"redis+socket://{paths.valkey_socket()}"
    monkeypatch.setenv("REDIS_URL", "rediss://cache.example.org/3")
    assert paths.redis_url() == paths.broker_url() == "rediss://cache.example.org/3"


def test_keys_are_made_once_and_closed_to_others(state: Path) -> None:
    made = paths.secrets()
    assert (state / "secret.json").stat().st_mode & 0o777 == 0o600
    assert paths.secrets() == made
    assert len(made["secret_key"]) >= 50
    assert made["client_id"] != made["client_secret"]


def test_processes_that_start_together_agree_on_the_keys(state: Path) -> None:
    command = [sys.executable, "-c", "import json; from config.embedded import paths; print(json.dumps(paths.secrets()))"]
    several = [subprocess.Popen(command, cwd=paths.REPOSITORY, stdout=subprocess.PIPE) for _ in range(4)]
    assert len({process.communicate()[0] for process in several}) == 1
    assert [entry.name for entry in state.iterdir()] == ["secret.json"]


def test_keys_from_the_environment_win_and_write_nothing(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_SECRET_KEY", "from the operator")
    monkeypatch.setenv("SLUICE_FIELD_KEYS", "newer,older")
    given = paths.secrets()
    assert (given["secret_key"], given["field_keys"]) == ("from the operator", ["newer", "older"])
    assert not list(state.iterdir())


def test_one_missing_key_in_production_stops_the_start(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_ENV", "production")
    monkeypatch.setenv("SLUICE_SECRET_KEY", "from the operator")
    with pytest.raises(paths.MissingSecret, match="SLUICE_FIELD_KEYS"):
        paths.secrets()
    assert not list(state.iterdir())


def test_production_takes_the_keys_of_a_backup(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = paths.secrets()
    monkeypatch.setenv("SLUICE_ENV", "production")
    assert paths.secrets() == made


def test_no_keys_are_invented_for_somebody_elses_database(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_STATE")
    monkeypatch.setattr(paths, "REPOSITORY", state)
    monkeypatch.setenv("DATABASE_URL", "postgresql://sluice@db.example.org/sluice")
    with pytest.raises(paths.MissingSecret):
        paths.secrets()
    assert not list(state.iterdir())


def test_cookies_are_named_after_the_key_of_the_installation() -> None:
    """Two machines of one installation share the key, and not the path."""
    assert len({paths.key_hash(key) for key in ("a", "b", "", "a\n", "ä")}) == 5
    assert settings.SECRET_KEY[:10] not in (name := paths.key_hash(settings.SECRET_KEY))
    assert f"sluice_session_{name}" == settings.SESSION_COOKIE_NAME
    assert f"sluice_csrf_{name}" == settings.CSRF_COOKIE_NAME


def test_roots_data_are_where_its_server_can_reach_them(closed_state: Path) -> None:
    assert paths.data_folder() == Path("/var/lib") / f"sluice-{paths.installation_hash()}" / "pg"


def test_data_of_an_earlier_checkout_at_this_path_are_left_alone(closed_state: Path) -> None:
    earlier = paths.data_folder()
    earlier.mkdir(parents=True)
    assert paths.data_folder().parent.name == f"{earlier.parent.name}-2"


def test_the_settings_use_these_keys(state: Path) -> None:
    asked = "from django.conf import settings as s; import json; print(json.dumps([s.SECRET_KEY, s.FIELD_KEYS]))"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    said = subprocess.run([sys.executable, "-c", asked], cwd=paths.REPOSITORY, env=env, capture_output=True, check=True).stdout
    assert json.loads(said) == [paths.secrets()["secret_key"], paths.secrets()["field_keys"]]


def test_folders_above_a_new_state_folder_are_as_open_as_itself(state: Path, monkeypatch: pytest.MonkeyPatch, strict_umask: None) -> None:
    monkeypatch.setenv("SLUICE_STATE", str(state / "above" / "of it" / "var"))
    home = paths.server_home()
    made = paths.make_state_folder()
    assert [folder.stat().st_mode & 0o777 for folder in (made, *made.parents[:2])] == [0o755] * 3
    assert paths.server_home() == home, "where the data are does not change once the folder is there"


def test_a_state_folder_that_somebody_closed_stays_closed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.chmod(0o700)
    assert paths.make_state_folder().stat().st_mode & 0o777 == 0o700


def test_programs_of_wheels_that_are_closed_are_copied_open(tmp_path: Path, strict_umask: None) -> None:
    program, text, link = tmp_path / "bin" / "postgres", tmp_path / "share" / "words", tmp_path / "bin" / "gone"
    for file, mode in ((program, 0o700), (text, 0o600)):
        file.parent.mkdir()
        file.touch()
        file.chmod(mode)
    link.symlink_to("nowhere")
    server_files.open_to_all(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path, program.parent, program, text)}
    assert modes == {tmp_path.name: 0o755, "bin": 0o755, "postgres": 0o755, "words": 0o644}
