"""check: whether the request makes sense, and what results depend on beside git."""
