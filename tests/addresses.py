"""Every address that the product answers, read off the tree of its URLs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    route: str
    pattern: URLPattern
    namespaces: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name with its namespaces; the route where it has none."""
        return ":".join((*self.namespaces, self.pattern.name)) if self.pattern.name else self.route


def addresses() -> list[Address]:
    return list(_below(get_resolver().url_patterns))


def _below(patterns: Iterable[URLPattern | URLResolver], route: str = "", namespaces: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in patterns:
        whole = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Address(whole, pattern, namespaces)
        else:
            yield from _below(pattern.url_patterns, whole, (*namespaces, *filter(None, [pattern.namespace])))
