"""evaluate: predictions -> figures, tables and plots."""
