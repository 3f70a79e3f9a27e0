"""Reports for people: self-contained HTML pages, built of escaped elements."""
