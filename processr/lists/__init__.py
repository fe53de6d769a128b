"""Lists of values that leads are checked against: validation lists, and what is suppressed everywhere."""
