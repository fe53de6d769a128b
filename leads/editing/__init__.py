"""The captured values of a lead as people and programs edit them: its fields, the checks, and the services that save."""
