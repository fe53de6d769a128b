"""Lists of values that leads are checked against: validation lists, and entries suppressed on every campaign."""
