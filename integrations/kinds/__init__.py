"""Integration types, one file each: found here, by nobody's list."""
