"""git sees what has changed, although an index entry says the file is as it was."""

import os
import subprocess
import time

import pytest

from headswap.check import git_index


def git(*arguments):
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with two files, in which git is."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    for name in ("figures.csv", "old.csv"):
        (tmp_path / name).write_text("0.50")
    long_ago = time.time() - 2 * git_index.SECONDS_BACK
    os.utime("old.csv", (long_ago, long_ago))
    git("add", ".")
    git("commit", "-qm", "first")
    return tmp_path


def test_a_change_within_the_same_second_is_seen(repository):
    """The state that DVC leaves behind, made by hand."""
    file = repository / "figures.csv"
    before = file.stat()
    git("update-index", "--refresh")
    git("config", "core.trustctime", "false")
    file.write_text("0.75")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(".git/index", (before.st_mtime + 5, before.st_mtime + 5))
    assert git("status", "--short") == ""
    git_index.show_changes_to_git()
    assert git("status", "--short") == " M figures.csv\n"
    assert file.read_text() == "0.75"


def test_old_files_and_links_keep_their_times(repository):
    (repository / "link.csv").symlink_to("figures.csv")
    git("add", ".")
    before = {n: (repository / n).lstat().st_mtime for n in ("old.csv", "link.csv")}
    git_index.show_changes_to_git()
    for name, seconds in before.items():
        assert (repository / name).lstat().st_mtime == seconds


def test_without_git_nothing_is_done(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git_index.show_changes_to_git()
    monkeypatch.setenv("PATH", "")
    git_index.show_changes_to_git()
