"""The lead pages."""
