"""The page: everything is on it or counted, nothing the user wrote becomes HTML."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from headswap.artifacts.dataset.conflicts import Conflict
from headswap.artifacts.dataset.index import Originals
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.arrays import create_rows
from headswap.inspect.found import Found, count
from headswap.inspect.report import Judged, build_report
from headswap.inspect.suspects import Suspect
from tests.made import make_index, make_split

MAX_BYTES = 5_000_000
HOSTILE = '<img src=x onerror="alert(1)">'


def make_found(num_images, class_name="a", folder="", num_classes=2):
    names = [f"{folder}{n:07}.jpg" for n in range(num_images)]
    classes = [f"{class_name}{n}" for n in range(num_classes)]
    task = Task("kind", "multiclass", tuple(sorted(classes)))
    cells = [classes[n % num_classes] for n in range(num_images)]
    index = make_index(names, {"kind": cells}, [task], paths=names)
    parts = [["train", "validation", "test", "train"][n % 4] for n in range(num_images)]
    sides = np.full(num_images, 100)
    originals = Originals(sides, sides, ["JPEG"] * num_images)
    return Found(index, originals, make_split([parts]), [], [], [], [], [])


@pytest.fixture
def build(tmp_path):
    """build(found, suspects, networks): the page; every picture is noise."""

    def call(found, suspects=(), networks=("net",)):
        random = np.random.default_rng(0)
        create_rows(tmp_path / "images.npy", (found.num_images, 160, 160, 3), "uint8")
        images = np.load(tmp_path / "images.npy", mmap_mode="r+")
        images[:2000] = random.integers(0, 256, (160, 160, 3), np.uint8)
        number = max(len(found.conflicts), 1)
        np.save(tmp_path / "conflicts.npy", images[:number])
        judged = Judged(tuple(networks), list(suspects))
        return build_report(found, count(found), judged, tmp_path)

    return call


def suspect(row, **changes):
    plain = Suspect(row, "kind", "a0", "a1", 0.01, "a1")
    return replace(plain, **changes)


def section(page, title):
    return page.partition(f">{title}</h2>")[2].partition("</section>")[0]


def test_suspects_of_the_test_part_stand_apart(build):
    page = section(build(make_found(8), [suspect(0), suspect(2)]), "Suspect labels")
    before, words, after = page.partition("Correct them by looking, not because")
    assert words
    assert "0000000.jpg" in before and "0000002.jpg" not in before
    assert "0000002.jpg" in after and "0000000.jpg" not in after


def test_without_suspects_in_the_test_part_nothing_is_said_of_it(build):
    assert "Correct them by looking" not in build(make_found(8), [suspect(0)])


def test_without_a_usable_network_the_page_says_why(build):
    page = section(build(make_found(8), networks=()), "Suspect labels")
    assert "Nothing is suspected" in page
    assert "pixels" in page


def test_the_page_says_which_network_suspects(build):
    page = build(make_found(8), [suspect(0)], networks=("one", "two"))
    assert "frozen features of one and two" in page


def test_no_count_of_wrong_labels_is_promised(build):
    assert "no count of wrong labels" in build(make_found(8), [suspect(0)])


@pytest.mark.survives("doors")
def test_nothing_the_user_wrote_becomes_html(build):
    found = make_found(8, class_name=HOSTILE, folder=HOSTILE)
    found.rejected.append((HOSTILE, f"damaged PNG: {HOSTILE}"))
    found.conflicts.append(Conflict("p", HOSTILE, (HOSTILE,)))
    found.same.append([0, 1])
    found.leaks.append([2, 3])
    found.pairs.append((4, 5, True))
    page = build(found, [suspect(0, label=HOSTILE, likely=HOSTILE)], [HOSTILE])
    assert page.count("&lt;img src=x") > 10
    assert HOSTILE not in page
    assert set(re.findall(r"<img ([a-z]+)=", page)) == {"src"}
    assert set(re.findall(r'<img src="([^"]{5})', page)) == {"data:"}


def test_every_section_shows_what_was_found(build):
    found = make_found(40)
    found.rejected.append(("bad.png", "damaged PNG: cut off"))
    found.conflicts.extend(Conflict("p", f"c{n}.jpg", (f"a{n}",)) for n in range(2))
    found.same.append([0, 4])
    found.leaks.append([5, 6])
    found.pairs.extend([(8, 9, True), (10, 11, False)])
    page = build(found, [suspect(12)])
    assert "damaged PNG: cut off" in section(page, "Rejected files")
    assert "c1.jpg" in section(page, "One picture, several classes")
    assert "0000004.jpg" in section(page, "Same picture")
    assert "0000006.jpg" in section(page, "Leaks between given parts")
    near = section(page, "Nearly the same picture")
    assert near.index("Confirmed") < near.index("0000009.jpg")
    assert near.index("0000009.jpg") < near.index("Same moment?")
    assert near.index("Same moment?") < near.index("0000011.jpg")


def test_every_picture_has_words_and_headings_skip_no_level(build):
    found = make_found(40)
    found.same.append([0, 4])
    page = build(found, [suspect(12)])
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) == 3
    assert all('alt="Picture labelled ' in image for image in images)
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_a_page_of_a_huge_data_set_is_small_and_counts_what_it_leaves_out(build):
    found = make_found(100_000, "class" * 20, "folder/" * 30, num_classes=3000)
    found.rejected.extend(
        (f"{'folder/' * 30}{n}", f"damaged PNG: {n}") for n in range(50_000)
    )
    found.conflicts.extend(Conflict(f"p{n // 2}", f"c{n}", ("a",)) for n in range(2000))
    found.same.extend([n, n + 1, n + 2] for n in range(0, 30_000, 3))
    found.leaks.extend([n, n + 1] for n in range(0, 20_000, 2))
    found.pairs.extend((n, n + 1, n % 2 == 0) for n in range(20_000))
    page = build(found, [suspect(n) for n in range(20_000)])
    assert len(page.encode()) < MAX_BYTES
    assert "more rows. See data/prepared/rejected.csv." in page
    assert "And 9,960 more groups." in section(page, "Same picture")
    assert "more pictures. See data/report/suspects.csv." in page
    assert section(page, "Suspect labels").count("<img") > 100
