"""A sweep knows when pictures have changed, wherever they lie."""

import pytest

from headswap.use.sweep.origin import count_files, hash_pictures


@pytest.fixture
def here(tmp_path):
    for folder in ("cat", "dog"):
        (tmp_path / "root" / folder).mkdir(parents=True)
    return tmp_path / "root", lambda name, content: (
        tmp_path / "root" / name
    ).write_bytes(content)


@pytest.fixture
def stored():
    storage = pytest.importorskip("fsspec").filesystem("memory")
    pytest.importorskip("upath")
    storage.store.clear()
    yield (
        "memory://bucket/photos",
        lambda name, content: storage.pipe(f"/bucket/photos/{name}", content),
    )
    storage.store.clear()


@pytest.mark.parametrize("place", ["here", "stored"])
def test_an_added_and_a_changed_picture_are_other_pictures(place, request):
    root, put = request.getfixturevalue(place)
    put("cat/0.png", b"cat")
    found = [hash_pictures(str(root))]
    assert hash_pictures(str(root)) == found[0]
    for name, content in (("dog/1.png", b"dog"), ("dog/1.png", b"wolf")):
        put(name, content)
        found.append(hash_pictures(str(root)))
    assert len(set(found)) == 3


def test_files_of_a_storage_are_counted(stored):
    root, put = stored
    put("cat/0.png", b"cat")
    put("dog/1.png", b"dog")
    assert count_files(root) == 2
