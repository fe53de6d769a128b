"""A registry of plug-ins by key. Each plug-in is one file and registers itself; there is no list to edit."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Plugin = TypeVar("Plugin", bound=Keyed)


class Registry(Generic[Plugin]):
    """The registered plug-ins of one kind. `get` returns None for an unknown key, such as a retired type."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._plugins: dict[str, Plugin] = {}

    def register(self, plugin: Plugin) -> Plugin:
        if plugin.key in self._plugins:
            raise ValueError(f"two of the kind {self.kind} have the key {plugin.key}")
        self._plugins[plugin.key] = plugin
        return plugin

    def get(self, key: str) -> Plugin | None:
        return self._plugins.get(key)

    def all(self) -> list[Plugin]:
        return list(self._plugins.values())

    def keys(self) -> list[str]:
        return list(self._plugins)

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self.all())
