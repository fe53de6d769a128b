"""Extension points: the core never imports the apps above it; they register here in AppConfig.ready. See docs/architecture.md."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.metrics_core import Metric

from config.core.accounts import roles
from config.core.registry import Registry


@dataclass(frozen=True)
class NavItem:
    """An entry of the navigation; `icon` is the name of a bootstrap icon.

    `count` returns how much waits there for the user, as short text, or an empty one. Every page calls it, so it must
    be cheap: a few queries, whose number is fixed. `counted` says in words what it counts, and `counted_url_name` names
    the page that shows it, if it is another one than the entry's. `searched` says for a page that answers the search box
    what the user may search it by: in short, and whole.
    """

    label: str
    url_name: str
    icon: str
    order: int
    roles: frozenset[str] = roles.ALL
    count: Callable[[Any], str] | None = None
    counted: str = ""
    counted_url_name: str = ""
    searched: Callable[[Any], tuple[str, str]] | None = None


@dataclass(frozen=True)
class DemoStep:
    """A step of the demo command. It adds rows through services, and to `world` what `demo --json` prints about them.

    The world is the same each time, keys and passwords apart: what is random comes from a seed.
    """

    order: int
    run: Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class NotificationKind:
    """A kind of notifications, named by a plural, and the roles that may have e-mails about it."""

    key: str
    label: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue of rows: how many are due and not taken, as far as they are counted, and for how long the oldest one has been."""

    name: str
    size: int
    age_seconds: float


@dataclass(frozen=True, slots=True)
class QueueSource:
    """Queues that the same workers serve, read in a fixed number of cheap queries.

    `limit` names the setting with the seconds of age beyond which the workers are taken to be missing.
    """

    states: Callable[[], Iterable[QueueState]]
    limit: str

    def oldest(self) -> float | None:
        """Return the age of the oldest row that is due; None if there is none."""
        return max((round(state.age_seconds, 1) for state in self.states() if state.size), default=None)


nav_items: list[NavItem] = []
demo_steps: list[DemoStep] = []
integrity_checks: dict[str, Callable[[], list[str]]] = {}
"""Maps names to functions that return the problems they find, as messages."""
after_restore: list[Callable[[], None]] = []
"""Functions that settle rows of a restored backup: the numbers of transactions begin anew in another database cluster."""
metric_sources: list[Callable[[], Iterable[Metric]]] = []
"""Functions that read figures for `/metrics` from the database. Labels may hold ids and types, and never a value of a lead."""
openapi_parts: list[str] = []
"""Modules with the OpenAPI 3.1 description of plain function views: their PATHS, the SCHEMAS that these refer to by name, and perhaps
SECURITY_SCHEMES. They are named and not imported, because workers and commands never describe the APIs and start faster without."""
queue_sources: dict[str, QueueSource] = {}
"""Maps the names that the ages of queues have beside the readiness checks to what reads the queues."""
notification_kinds: Registry[NotificationKind] = Registry("notification kind")
agencies_of: list[Callable[[Any], Mapping[int, str]]] = []
"""Functions that return the names of the agencies a user works for, by id: views of lists are shared with them."""
readiness_checks: dict[str, Callable[[], Any]] = {}
"""Maps names to functions whose result is shown. An exception means that the installation is not ready."""
