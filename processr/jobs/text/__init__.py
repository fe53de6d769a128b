"""Text tools that several job types share: measuring, comparing and describing values, and lists of words and domains.

The lists are those that come with the product and those that a job's settings name.
"""
