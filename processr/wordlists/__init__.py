"""Lists of words and of domains: those that come with the product, those a job names, and how values are looked for in them."""
