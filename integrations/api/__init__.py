"""Integrations in API v4."""
