"""Columns of leads that integrations add, one module each. They are found by importing every module of this package."""
