"""Collections of API v4 whose members are computed. The address of a member is the query that selects it alone."""
