"""Value transforms: they convert the value of a field and store the result in another field, before any job runs."""

from processr.transforms.applying import TransformResult, Transforms, apply_transforms

__all__ = ["TransformResult", "Transforms", "apply_transforms"]
