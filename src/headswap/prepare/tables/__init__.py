"""Label tables: their delimiter, columns and cells, and the files that they name."""
