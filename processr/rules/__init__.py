"""What several job types know: how text is measured, values are compared, leads stand against each other, and how that is told."""
