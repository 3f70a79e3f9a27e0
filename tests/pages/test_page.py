"""A page stands alone, and can be read by keyboard and aloud."""

import re

import pytest

from headswap.pages.blocks import heading, paragraph
from headswap.pages.elements import join
from headswap.pages.page import Section, build_page


def make_page():
    sections = [
        Section("one", "First & foremost", paragraph("text")),
        Section("two", "Second", join(heading("part"), paragraph("text"))),
    ]
    return build_page("Title <b>", paragraph("lead"), sections, "footer")


def test_a_page_asks_for_nothing_and_runs_nothing():
    page = make_page()
    assert "Content-Security-Policy" in page
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r"https?:|<script|<link|@import|url\(", page)


def test_headings_skip_no_level():
    levels = [int(level) for level in re.findall(r"<h([1-6])", make_page())]
    assert levels == [1, 2, 2, 3]


def test_contents_lead_to_every_section():
    page = make_page()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {"one", "two", "content"} <= set(ids)
    assert re.findall(r'href="#([^"]+)"', page) == ["content", "one", "two"]
    for name in re.findall(r'aria-labelledby="([^"]+)"', page):
        assert name in ids


@pytest.mark.survives("doors")
def test_titles_are_escaped():
    page = make_page()
    assert "<title>Title &lt;b&gt;</title>" in page
    assert "First &amp; foremost" in page


def test_a_page_says_its_language_and_letters():
    page = make_page()
    assert page.startswith("<!doctype html>")
    assert '<html lang="en">' in page
    assert '<meta charset="utf-8">' in page
