"""Fields, logins and sessions that targets share."""
