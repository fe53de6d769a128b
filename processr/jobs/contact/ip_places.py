"""The places of IP addresses, from the MaxMind-format file of this installation."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
import structlog
from django.conf import settings

from config.core.errors import GEOIP_PATH

log = structlog.get_logger(__name__)


class IPPlace(NamedTuple):
    """The place of an IP address. Parts that the file does not know are empty."""

    country: str
    country_name: str
    region: str
    city: str


NOWHERE = IPPlace("", "", "", "")


class PlacesUnavailable(Exception):
    """The file is not configured, is missing, or has another format. The message says which."""


class Places:
    """The file as it is now: an updated file may take its place at any time."""

    def __init__(self) -> None:
        if not settings.GEOIP_PATH:
            raise PlacesUnavailable(GEOIP_PATH.lifts("This installation has no file of IP addresses and places"))
        path = Path(settings.GEOIP_PATH)
        try:
            state = path.stat()
            self._reader = _open_file(path, state.st_mtime_ns, state.st_ino, state.st_size)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            log.warning("places of addresses cannot be read", path=str(path), why=str(error))
            raise PlacesUnavailable(GEOIP_PATH.lifts("The file of IP addresses and places cannot be read")) from error

    def of(self, ip: str) -> IPPlace:
        """Return the place of an address, or NOWHERE for one that the file does not know."""
        address = ipaddress.ip_address(ip)
        if address.version == 6 and self._reader.metadata().ip_version == 4:
            return NOWHERE
        record = self._reader.get(address)
        if not isinstance(record, Mapping):
            return NOWHERE
        country = _mapping(record.get("country")) or _mapping(record.get("registered_country"))
        regions = record.get("subdivisions")
        region = _mapping(regions[0]) if isinstance(regions, list) and regions else {}
        return IPPlace(_text(country.get("iso_code")), _name(country), _name(region), _name(_mapping(record.get("city"))))


@lru_cache(maxsize=1)
def _open_file(path: Path, *_: int) -> Any:
    """Return the file, mapped into memory; it is closed when the next one is opened."""
    return maxminddb.open_database(path)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(part: Mapping[str, Any]) -> str:
    return _text(_mapping(part.get("names")).get("en"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
