"""Where an IP address is, by the MaxMind-format file this installation was given."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)


class Place(NamedTuple):
    """As far as the file knows: what it does not is empty."""

    country: str
    country_name: str
    region: str
    city: str


NOWHERE = Place("", "", "", "")


class NoFile(Exception):
    """None was given, or it is not there, or not of this format; in words."""


class Places:
    """Looked up in the file as it is now: whoever keeps it up to date puts a new one in its place."""

    def __init__(self) -> None:
        if not settings.GEOIP_PATH:
            raise NoFile("This installation was given no file of IP addresses and places")
        path = Path(settings.GEOIP_PATH)
        try:
            state = path.stat()
            self._reader = _opened(path, state.st_mtime_ns, state.st_ino, state.st_size)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            log.warning("places of addresses cannot be read", path=str(path), why=str(error))
            raise NoFile("The file of IP addresses and places cannot be read") from error

    def of(self, ip: str) -> Place:
        """NOWHERE for addresses that are nobody's, or that the file says nothing of."""
        address = ipaddress.ip_address(ip)
        if address.version == 6 and self._reader.metadata().ip_version == 4:
            return NOWHERE
        record = self._reader.get(address)
        return _place(record) if isinstance(record, Mapping) else NOWHERE


@lru_cache(maxsize=1)
def _opened(path: Path, *_: int) -> Any:
    """Mapped into memory, not read; closed when the next one is opened."""
    return maxminddb.open_database(path)


def _place(record: Mapping[str, Any]) -> Place:
    country = _part(record, "country") or _part(record, "registered_country")
    regions = record.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions and isinstance(regions[0], Mapping) else {}
    return Place(_text(country.get("iso_code")), _name(country), _name(region), _name(_part(record, "city")))


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, Mapping) else {}


def _name(of: Mapping[str, Any]) -> str:
    return _text(_part(of, "names").get("en"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
