"""Where files are sent to: each target is a module here, and registers itself. `batch_targets` has them all."""

from importlib import import_module
from pkgutil import iter_modules

from batches.targets.base import BatchFile, BatchTarget, Login, Put, batch_targets, shown_fields, target_choices, target_fields

__all__ = ["BatchFile", "BatchTarget", "Login", "Put", "batch_targets", "shown_fields", "target_choices", "target_fields"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
