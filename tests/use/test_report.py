"""`headswap report` opens the page, or says what is in the way."""

import webbrowser

import pytest

from headswap.cli import main


@pytest.fixture
def opened(monkeypatch):
    """What a browser was asked for; it says whether there is one."""
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(asked.append(address)))
    return asked


def test_the_page_is_asked_for_and_its_place_printed(tmp_path, opened, capsys):
    page = tmp_path / "a page.html"
    page.write_text("")
    main(["report", str(page)])
    assert opened == [page.as_uri()]
    printed = capsys.readouterr().out
    assert "No browser is known" in printed
    assert str(page) in printed


def test_a_page_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(SystemExit, match="dvc repro report"):
        main(["report", str(tmp_path / "none.html")])
