"""Real installations in folders of their own: real servers, real signals, conditions with deadlines."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.embedded import paths
from tests.embedded.installation import Installation

OF_THE_SUITE = ("DATABASE_URL", "REDIS_URL", "SLUICE_SECRET_KEY", "SLUICE_FIELD_KEYS", "SLUICE_ENV", "BIND")


@contextmanager
def own_folder() -> Iterator[Path]:
    """A state folder in the checkout, and, where root's server cannot reach that one, the other that follows from it."""
    place = paths.REPOSITORY / "var"
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="try-", dir=place))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as environment:
        use(folder, environment)
        server_home = paths.server_home()
    yield folder
    shutil.rmtree(folder)
    if server_home != folder:
        shutil.rmtree(server_home, ignore_errors=True)


def use(folder: Path, environment: pytest.MonkeyPatch) -> None:
    """This process and its children belong to that installation; the servers that run the suite are out of sight."""
    for name in OF_THE_SUITE:
        environment.delenv(name, raising=False)
    environment.setenv("SLUICE_STATE", str(folder))


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with own_folder() as folder:
        use(folder, monkeypatch)
        yield folder


@pytest.fixture(scope="module")
def home() -> Iterator[Installation]:
    """One installation for all tests that need servers, as making a cluster takes long.

    A test that ends or kills its servers leaves the restart to the next one.
    """
    with own_folder() as folder:
        installation = Installation(folder)
        yield installation
        installation.end()


@pytest.fixture
def installation(home: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    use(home.state, monkeypatch)
    return home


@pytest.fixture
def closed_state(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder under one that only root may enter."""
    if os.geteuid() != 0:
        pytest.skip("only root's server runs as somebody else")
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("SLUICE_STATE", str(closed / "var"))
    home = paths.server_home()
    yield closed / "var"
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def strict_umask() -> Iterator[None]:
    """Close everything that this process and its children create to other users."""
    earlier = os.umask(0o077)
    yield
    os.umask(earlier)
