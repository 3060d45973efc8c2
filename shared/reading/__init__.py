"""Reading what a page says: words, markup, addresses, headers, structured data. Pure helpers of the checks."""
