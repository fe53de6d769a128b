"""Paths, addresses and secrets of an installation.

Everything here follows from the file system and the environment alone, so that a second process of the same
installation (`manage.py shell`) finds a running embedded server without asking the launcher.
"""

import base64
import hashlib
import json
import os
import secrets as randomness
import tempfile
from pathlib import Path
from typing import TypedDict, cast
from urllib.parse import quote

REPOSITORY = Path(__file__).resolve().parents[2]
DATABASE = "sluice"
SOCKET_PATH_LIMIT = 107  # bytes; the kernel's sun_path less its closing zero


class MissingSecret(RuntimeError):
    """Keys are missing, and creating new ones here would be wrong."""


class MismatchedSettings(RuntimeError):
    """Two variables of the environment contradict each other."""


class Secrets(TypedDict):
    secret_key: str
    field_keys: list[str]
    client_id: str
    client_secret: str


def state_dir() -> Path:
    """Return the folder of this installation: SLUICE_STATE, else `var` in the checkout."""
    return Path(os.environ.get("SLUICE_STATE") or REPOSITORY / "var").expanduser().resolve()


def installation_hash() -> str:
    """Return a hash that tells two installations on one machine apart, for folders outside the checkout."""
    return hashlib.sha256(os.fsencode(state_dir())).hexdigest()[:10]


def key_hash(secret_key: str) -> str:
    """Return a hash by which everybody may know an installation, and nobody its key. It is the same on all its machines."""
    return hashlib.sha256(f"name of the installation\n{secret_key}".encode()).hexdigest()[:10]


def database_url() -> str:
    return with_password(os.environ.get("DATABASE_URL", ""), "DATABASE_PASSWORD") or embedded_database_url()


def with_password(url: str, variable: str) -> str:
    """Put the password of a variable into an address without one. In the variable it is as it is, in the address percent-encoded."""
    password = os.environ.get(variable)
    if not password or not url:
        return url
    scheme, _, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    if ":" in user:
        raise MismatchedSettings(f"{variable} is set, and its address names a password too: leave one of them out.")
    return f"{scheme}://{user}:{quote(password, safe='')}@{place if at else rest}"


def redis_url() -> str:
    """Return the address in redis-py's spelling. Celery spells a socket differently, see `broker_url`."""
    given = with_password(os.environ.get("REDIS_URL", ""), "REDIS_PASSWORD")
    return (given or embedded_redis_url()).replace("redis+socket://", "unix://", 1)


def broker_url() -> str:
    return redis_url().replace("unix://", "redis+socket://", 1)


def embedded_database_url() -> str:
    return f"postgresql://{DATABASE}@{quote(str(socket_folder()), safe='')}:5432/{DATABASE}"


def embedded_redis_url() -> str:
    return f"unix://{quote(str(valkey_socket()))}"


def is_embedded() -> bool:
    """Return whether the database is this installation's own embedded server."""
    return database_url() == embedded_database_url()


def data_folder() -> Path:
    """Return PostgreSQL's data folder: `pg` in the state folder, or the target of the link of that name."""
    return server_home() / "pg"


def server_home() -> Path:
    """Return the folder of PostgreSQL's user: the state folder, unless root's server (run as nobody) cannot reach it."""
    state = state_dir()
    pg = state / "pg"
    if pg.is_symlink():
        return pg.resolve().parent
    if os.geteuid() != 0 or pg.is_dir():
        return state
    # A folder that does not exist yet will be created open to all.
    open_to_all = all(folder.stat().st_mode & 0o001 for folder in (state, *state.parents) if folder.exists())
    return state if open_to_all else _unused_home()


def _unused_home() -> Path:
    """Return the first unused name. Data of an earlier checkout at this path belong to another installation, with other keys."""
    base = Path("/var/lib") / f"sluice-{installation_hash()}"
    number = 1
    home = base
    while (home / "pg").exists():
        number += 1
        home = base.with_name(f"{base.name}-{number}")
    return home


def socket_folder() -> Path:
    """Return the folder of both servers' sockets. A path too long for a socket is replaced by a short one."""
    folder = server_home() / "run"
    longest = len(os.fsencode(folder / ".s.PGSQL.5432"))
    return folder if longest <= SOCKET_PATH_LIMIT else Path("/tmp") / f"sluice-{installation_hash()}"


def valkey_socket() -> Path:
    return socket_folder() / "valkey.sock"


def secrets() -> Secrets:
    """Return the keys from the environment, else from `secret.json`, which an embedded installation creates."""
    names = ("secret_key", "client_id", "client_secret")
    texts = {name: os.environ.get(f"SLUICE_{name.upper()}", "") for name in names}
    configured: dict[str, str | list[str]] = {name: text for name, text in texts.items() if text}
    if field_keys := os.environ.get("SLUICE_FIELD_KEYS", "").replace(",", " ").split():
        configured["field_keys"] = field_keys
    complete = "secret_key" in configured and "field_keys" in configured
    stored = {} if complete else _stored_secrets()
    return cast(Secrets, {"client_id": "", "client_secret": "", **stored, **configured})  # the keys are those of Secrets


def _stored_secrets() -> dict[str, str | list[str]]:
    """Read the secrets file. It is not created where several machines may share one database, because they must share the keys too."""
    path = state_dir() / "secret.json"
    if not path.exists():
        own_folder = bool(os.environ.get("SLUICE_STATE"))
        if os.environ.get("SLUICE_ENV") == "production" or not (is_embedded() or own_folder):
            raise MissingSecret(f"No keys: set SLUICE_SECRET_KEY and SLUICE_FIELD_KEYS, or put back {path} from the backup.")
        _create_secrets(path)
    stored: dict[str, str | list[str]] = json.loads(path.read_text())
    return stored


def _create_secrets(path: Path) -> None:
    """Write the file atomically and only once: when two processes start together, one file wins and both read it."""
    created = Secrets(
        secret_key=randomness.token_urlsafe(48),
        field_keys=[base64.urlsafe_b64encode(os.urandom(32)).decode()],
        client_id=randomness.token_hex(12),
        client_secret=randomness.token_urlsafe(32),
    )
    make_state_folder()
    descriptor, draft = tempfile.mkstemp(prefix=".secret-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(created, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def make_state_folder() -> Path:
    """Create the state folder so that PostgreSQL's user can pass through it. Secret files inside are protected by their own modes."""
    state = state_dir()
    missing = [folder for folder in (state, *state.parents) if not folder.exists()]
    for folder in reversed(missing):
        make_open_folder(folder)
    return state


def make_open_folder(folder: Path) -> None:
    """Create a folder that everybody may enter, whatever the umask is, and open one that an earlier start left closed."""
    folder.mkdir(exist_ok=True)
    if folder.stat().st_mode & 0o777 != 0o755:
        folder.chmod(0o755)
