"""The source files that a module's results depend on: its own and all it imports.

In: files of this package. Out: files of this package. Nothing is imported to find them
out; import statements are read, at the top of a file and inside functions. What a file
loads by name (`registry.load`) is for the caller to add.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def find_closure(files: Iterable[Path], roots: Sequence[Path] = (SOURCE,)) -> set[Path]:
    """Return the files and all that they import, directly or not.

    Args:
        files: to begin with.
        roots: folders that dotted names start from; what is in none of them (the
            standard library, an installed package) is left out.
    """
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += imported_files(file, roots)
    return found


def imported_files(file: Path, roots: Sequence[Path] = (SOURCE,)) -> set[Path]:
    """Return the files that run when a file's import statements do."""
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    names = set(_imported_names(tree))
    return {found for name in names for root in roots for found in _files(name, root)}


def _imported_names(tree: ast.AST) -> Iterator[str]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(f"imports must be absolute, got line {node.lineno}")
            yield node.module
            # A name may be a module of its own: `from headswap import params`.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a tree but for expressions, most of it, which import nothing."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]


def _files(name: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing a dotted name runs, the packages above it too."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:length])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                yield file
