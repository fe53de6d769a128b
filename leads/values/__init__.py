"""The forms in which the values of leads are compared, each kind in one module."""
