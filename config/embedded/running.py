"""The installations that run from this checkout, so that a command beside one needs nothing exported."""

import sys
from collections.abc import Mapping, MutableMapping, Sequence

from config.embedded.launcher import MARK
from config.embedded.paths import REPOSITORY, installation_hash
from config.embedded.processes import with_variable, works_in

STARTERS = frozenset({"serve"})
"""Commands that start an installation: theirs is the one that the environment names, whatever else runs."""
ADOPTED = ("DATABASE_URL", "REDIS_URL", "PORT", "BIND")


class SeveralRun(Exception):
    """It is not clear which of several installations is meant."""


def adopt_running(arguments: Sequence[str], environment: MutableMapping[str, str]) -> None:
    """Give a command the environment of the installation that it belongs to. Variables that are set already stay as they are."""
    if STARTERS.intersection(arguments[1:2]):
        return
    chosen = choose(running_environments(), environment)
    named = bool(environment.get("SLUICE_STATE"))
    for name, value in chosen.items():
        if (name in ADOPTED or name.startswith("SLUICE_")) and name != MARK:
            environment.setdefault(name, value)
    if chosen and not named and chosen["SLUICE_STATE"] != str(REPOSITORY / "var"):
        print(f"Using the installation that is running: {chosen['SLUICE_STATE']}", file=sys.stderr)


def choose(running: Mapping[str, Mapping[str, str]], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of the installation that is meant: the named or the default one, or else the only one that runs."""
    own = installation_hash()
    if own in running or environment.get("SLUICE_STATE") or environment.get("DATABASE_URL"):
        return running.get(own, {})
    if len(running) > 1:
        folders = ", ".join(sorted(found["SLUICE_STATE"] for found in running.values()))
        raise SeveralRun(f"Several installations are running: {folders}. Set SLUICE_STATE to the one that is meant.")
    return next(iter(running.values()), {})


def running_environments() -> dict[str, dict[str, str]]:
    """Return the environments of the programs of running installations, by the hash of their state folder."""
    programs = with_variable(MARK)
    return {variables[MARK]: variables for pid, variables in programs if "SLUICE_STATE" in variables and works_in(pid, REPOSITORY)}
