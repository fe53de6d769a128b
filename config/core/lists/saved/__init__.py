"""Views of lists that users save: columns, order, filter and rows a page (decision 56)."""
