"""The command line of the sample set: python -m draw."""

import subprocess
import sys

import pytest


def test_the_command_runs_in_the_folder_of_the_package(sample_folder):
    command = [sys.executable, "-m", "draw", "--help"]
    done = subprocess.run(command, cwd=sample_folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "python -m draw [-h] OUTPUT_FOLDER" in done.stdout


def test_the_command_prints_one_line_that_sums_up_the_set(
    sample, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(sample("files"), "PICTURES_PER_LANDMARK", 1)
    sample("__main__").main([str(tmp_path / "few")])
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("Drew 30 pictures of 30 landmarks in 6 categories")


def test_an_output_folder_that_is_a_file_is_refused(sample, tmp_path):
    taken = tmp_path / "taken"
    taken.touch()
    with pytest.raises(SystemExit, match="OUTPUT_FOLDER must be a folder, got"):
        sample("__main__").main([str(taken)])
