"""Integration types, one module each. They are found by importing every module of this package."""
