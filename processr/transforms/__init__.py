"""Value transforms: what a field holds, put another way, in a field of its own, before any job looks."""

from processr.transforms.applying import Transformed, Transforms, transformed

__all__ = ["Transformed", "Transforms", "transformed"]
