"""Arrays in, numbers out: scores, each with the source of its formula."""
