"""Value transforms: they convert the value of a field and store the result in another field, before any job runs."""

from processr.transforms.applying import Transformed, Transforms, apply_transforms

__all__ = ["Transformed", "Transforms", "apply_transforms"]
