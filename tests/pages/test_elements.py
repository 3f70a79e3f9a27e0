"""No text of the user's becomes anything but text."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.errors import one_line
from headswap.pages.elements import Markup, element, escape, join

ANY = st.text(st.characters())
HOSTILE = st.sampled_from(
    ["<script>alert(1)</script>", '" onload="x', "a&lt;b", "</p>", "\u202egpj", "\n\t"]
)


class Reader(HTMLParser):
    """What a browser sees: (tag, attributes) and text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def read(markup):
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(ANY | HOSTILE)
@pytest.mark.survives("doors")
def test_any_text_stays_text(text):
    seen = read(element("p", text))
    assert seen.tags == [("p", {})]
    assert seen.text == one_line(text)


@given(ANY | HOSTILE)
@pytest.mark.survives("doors")
def test_any_text_stays_within_its_attribute(text):
    seen = read(element("img", alt=text, src="a"))
    assert seen.tags == [("img", {"alt": one_line(text), "src": "a"})]


@given(ANY | HOSTILE)
def test_any_text_can_be_written_as_utf8(text):
    element("p", text, title=text).encode("utf-8")


def test_markup_is_not_escaped_again():
    assert join(element("b", "<"), Markup("<br>")) == "<b>&lt;</b><br>"


def test_numbers_are_for_people_in_text_and_for_machines_in_attributes():
    assert element("td", 12345, colspan=12345) == '<td colspan="12345">12,345</td>'
    assert escape(0.126) == "0.13"


def test_an_attribute_without_value_is_left_out():
    assert element("p", class_=None, aria_label="x") == '<p aria-label="x"></p>'
