"""What does not fit on a disk is refused before work begins."""

import shutil
from types import SimpleNamespace

import pytest

from headswap.errors import InputError
from headswap.machine import disk as module
from headswap.machine.disk import copied_beside, require_disk

MEGABYTE = 10**6


@pytest.fixture
def free(tmp_path, monkeypatch):
    """free(disk, cache, kinds): a project on disks with so many megabytes free."""

    def make(disk, cache=None, kinds="reflink,hardlink,copy"):
        monkeypatch.chdir(tmp_path)
        (tmp_path / ".dvc" / "cache").mkdir(parents=True)
        (tmp_path / ".dvc" / "config").write_text(f"[cache]\n    type = {kinds}\n")
        is_cache = lambda path: ".dvc" in path.parts  # noqa: E731
        monkeypatch.setattr(
            shutil,
            "disk_usage",
            lambda path: SimpleNamespace(
                free=MEGABYTE * (cache if cache and is_cache(path) else disk)
            ),
        )
        monkeypatch.setattr(
            module, "_disk", lambda path: bool(cache) and is_cache(path)
        )
        monkeypatch.setattr(module, "_has_reflinks", lambda path: False)

    return make


def test_an_output_that_does_not_fit_is_refused_with_the_figures(free):
    free(100, kinds="hardlink")
    require_disk("data/prepared", 100 * MEGABYTE, "9 pictures")
    expected = "data/prepared: the disk must have 101 MB free for 9 pictures, got 100"
    with pytest.raises(InputError, match=expected):
        require_disk("data/prepared", 101 * MEGABYTE, "9 pictures")


@pytest.mark.parametrize("kinds", ["reflink,hardlink,copy", "copy"])
def test_what_dvc_copies_counts_twice(free, kinds):
    free(100, kinds=kinds)
    require_disk("data/prepared", 50 * MEGABYTE, "9 pictures")
    with pytest.raises(InputError, match=r"102 MB free .* half of it for DVC's copy"):
        require_disk("data/prepared", 51 * MEGABYTE, "9 pictures")
    assert copied_beside("data/prepared", 7, "store") == 7


def test_a_cache_on_another_disk_has_to_have_room_too(free):
    free(100, cache=30)
    require_disk("data/prepared", 30 * MEGABYTE, "9 pictures")
    expected = r"cache: the disk must have 31 MB free for DVC's copy of 9 pictures"
    with pytest.raises(InputError, match=expected):
        require_disk("data/prepared", 31 * MEGABYTE, "9 pictures")
    assert copied_beside("data/prepared", 7, "store") == 0
