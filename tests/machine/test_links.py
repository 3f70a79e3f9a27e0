"""What lies behind links to folders is described, for DVC does not follow them."""

import os

import pytest

from headswap.machine.links import describe_links


@pytest.fixture
def root(tmp_path):
    """Two classes, of which `sea` is a link to a folder elsewhere with another one."""
    for path in ("root/sky", "elsewhere/deep"):
        (tmp_path / path).mkdir(parents=True)
    for path in ("root/sky/0.png", "elsewhere/1.png", "elsewhere/deep/2.png"):
        (tmp_path / path).write_bytes(b"picture")
    (tmp_path / "root" / "sea").symlink_to(tmp_path / "elsewhere")
    return tmp_path / "root"


@pytest.mark.parametrize(
    "change",
    [
        lambda there: (there / "new.png").write_bytes(b"picture"),
        lambda there: (there / "deep" / "2.png").unlink(),
        lambda there: (there / "1.png").rename(there / "3.png"),
        lambda there: (there / "1.png").write_bytes(b"another"),
        lambda there: (there / "empty").mkdir(),
    ],
)
def test_any_change_behind_a_link_is_seen(root, change):
    before = describe_links(str(root))
    assert list(before) == ["sea"]
    os.utime(root / "sea" / "1.png", (1, 1))
    touched = describe_links(str(root))
    change(root / "sea")
    assert len({before["sea"], touched["sea"], describe_links(str(root))["sea"]}) == 3


def test_what_dvc_sees_itself_is_not_described(root):
    before = describe_links(str(root))
    (root / "sky" / "new.png").write_bytes(b"picture")
    (root / "file.png").symlink_to(root / "sky" / "new.png")
    assert describe_links(str(root)) == before


def test_links_that_lead_in_circles_or_nowhere_end(root):
    before = describe_links(str(root))
    (root / "sky" / "up").symlink_to(root)
    (root / "nowhere").symlink_to("missing")
    (root / "itself").symlink_to("itself")
    assert describe_links(str(root)) == before


@pytest.mark.parametrize("root", ["missing", "s3://bucket/pictures"])
def test_of_a_folder_that_is_not_here_nothing_is_known(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert describe_links(root) == {}
