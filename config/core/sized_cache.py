"""A cache of the results of a function that is bounded by their size, not only by their number."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, ParamSpec, TypeVar

CacheArguments = ParamSpec("CacheArguments")
CachedResult = TypeVar("CachedResult")


class SizedCache(Generic[CacheArguments, CachedResult]):
    """A function that returns the results it computed last from memory, as long as their sizes add up to at most `most`.

    Two threads may compute the same result at the same time. What is raised is not kept.
    """

    def __init__(self, function: Callable[CacheArguments, CachedResult], *, most: int, size_of: Callable[[CachedResult], int]) -> None:
        self.function, self.most, self.size_of = function, most, size_of
        self.size = 0
        self._kept: OrderedDict[Hashable, tuple[CachedResult, int]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, *args: CacheArguments.args, **kwargs: CacheArguments.kwargs) -> CachedResult:
        key = (args, tuple(sorted(kwargs.items())))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        result = self.function(*args, **kwargs)
        with self._lock:
            self._keep(key, result)
        return result

    def __len__(self) -> int:
        return len(self._kept)

    def cache_clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size = 0

    def _keep(self, key: Hashable, result: CachedResult) -> None:
        size = self.size_of(result)
        if key in self._kept or size > self.most:
            return
        self._kept[key] = result, size
        self.size += size
        while self.size > self.most:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= dropped


def sized_cache(
    *, most: int, size_of: Callable[[CachedResult], int]
) -> Callable[[Callable[CacheArguments, CachedResult]], SizedCache[CacheArguments, CachedResult]]:
    """Return a decorator like `functools.lru_cache`. `size_of` returns the size of a result."""

    def decorate(function: Callable[CacheArguments, CachedResult]) -> SizedCache[CacheArguments, CachedResult]:
        return SizedCache(function, most=most, size_of=size_of)

    return decorate
