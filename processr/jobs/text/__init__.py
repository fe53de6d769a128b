"""What several job types know: how text is measured, values are compared, leads stand against each other, and how that is told.

Lists of words and of domains: those that come with the product, those a job names, and how values are looked for in them."""
