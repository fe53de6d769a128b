"""Fields and sessions that targets share."""
