"""Where the data of the project here are, for exports that read them."""

from pathlib import Path

PREPARED, SPLIT, FEATURES, PREDICTIONS = (
    Path("data") / name for name in ("prepared", "split", "features", "predictions")
)
