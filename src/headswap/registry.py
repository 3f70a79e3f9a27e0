"""Parts found by their name: the file `features/backbones/vgg16.py` is `vgg16`.

Adding a backbone, a strategy or a layout is adding one file; nothing registers itself.
"""

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

from headswap.errors import InputError


def names(folder: str) -> list[str]:
    """Return the sorted names of the parts in a folder, such as `train/strategies`."""
    files = (Path(__file__).parent / folder).iterdir()
    parts = [file.stem for file in files if file.suffix == ".py"]
    return sorted(name for name in parts if not name.startswith("_"))


def load(folder: str, name: str) -> ModuleType:
    """Return the module of one part.

    Raises:
        InputError: no file of that name; the message lists the choices.
    """
    if name not in names(folder):
        raise InputError(unknown(folder, name))
    return import_module(f"headswap.{folder.replace('/', '.')}.{name}")


def states(folder: str, name: str, constant: str) -> bool:
    """Return whether a part says `CONSTANT = True`, without importing what it needs."""
    text = (Path(__file__).parent / folder / f"{name}.py").read_text(encoding="utf-8")
    return any(
        isinstance(line, ast.Assign)
        and ast.unparse(line.targets[0]) == constant
        and ast.unparse(line.value) == "True"
        for line in ast.parse(text).body
    )


def unknown(folder: str, name: str) -> str:
    """Return the sentence that rejects a name, with the names there are."""
    choices = ", ".join(names(folder))
    return (
        f"{folder}: the name must be one of {choices}, got {name!r}. "
        f"Correct it, or add src/headswap/{folder}/{name}.py."
    )
