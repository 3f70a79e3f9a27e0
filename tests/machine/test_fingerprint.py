"""Code has another hash when a file that it runs has changed, and only then."""

from functools import partial

import pytest

from headswap.machine import fingerprint
from headswap.machine.closure import find_closure

SOURCES = {
    "package/__init__.py": "",
    "package/top.py": "from package import middle\n",
    "package/middle.py": "def load():\n    import package.inner.bottom\n",
    "package/inner/__init__.py": "",
    "package/inner/bottom.py": "VALUE = 1\n",
    "package/beside.py": "from package import top\n",
}


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A folder of sources: `top` needs `middle`, and that `bottom`."""
    monkeypatch.setattr(fingerprint, "SOURCE", tmp_path)
    below = partial(find_closure, roots=(tmp_path,))
    monkeypatch.setattr(fingerprint, "find_closure", below)
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", SOURCES)
def test_an_edit_of_anything_that_is_imported_gives_code_another_hash(source, name):
    before = fingerprint.hash_code(["package.top"])
    (source / name).write_text(SOURCES[name] + "# edited\n")
    is_another = fingerprint.hash_code(["package.top"]) != before
    assert is_another == (name != "package/beside.py")
