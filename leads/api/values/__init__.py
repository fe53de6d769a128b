"""The values of leads for programs: reading and editing them in API v4, and appending some by the hash of a lead."""
