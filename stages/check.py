"""check: the whole of params.yaml is valid, or no other stage starts.

The output says only that; its content never changes, so a changed parameter reruns the
stages that read it and no other.
"""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params


def main(checked: Path) -> None:
    params.check(params.load())
    checked.parent.mkdir(parents=True, exist_ok=True)
    checked.write_text("every section of params.yaml is valid\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
