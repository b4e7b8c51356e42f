"""People: the list, and the page of one person with everything it did."""
