"""augment varies training images alone, each in a way only its own name decides."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.tables import read_table
from headswap.augment.stage import preview, write_versions
from headswap.augment.versions import (
    OPERATIONS,
    Strengths,
    apply,
    full_strength,
    make_versions,
    num_copies,
    random_strengths,
)
from headswap.machine import parallel
from tests.made import load_rows, make_index, make_split, save_rows

OFF = {
    "rotate": 0.0,
    "zoom": 0.0,
    "crop": 0.0,
    "flip_horizontal": False,
    "flip_vertical": False,
    "contrast": 0.0,
    "brightness": 0.0,
    "noise": 0.0,
}
ON = {
    "rotate": 20.0,
    "zoom": 0.2,
    "crop": 0.3,
    "flip_horizontal": True,
    "flip_vertical": True,
    "contrast": 0.3,
    "brightness": 0.2,
    "noise": 0.05,
}
SIZE = 24


@pytest.fixture(scope="session")
def options(section):
    """options(**changes): two random versions an image, every operation off."""

    def make(**changes):
        return section(
            "augment", **({"policy": "random", "copies": 2, "seed": 42} | OFF | changes)
        )

    return make


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def prepared(tmp_path, draw):
    """The images and index of six pictures."""
    images = np.stack([draw(number, SIZE, SIZE) for number in range(6)])
    save_rows(tmp_path / "images", images)
    return tmp_path / "images", index_of([f"image{n}" for n in range(6)])


def index_of(image_ids):
    task = Task("kind", "multiclass", ("a",))
    return make_index(image_ids, {"kind": ["a"] * len(image_ids)}, [task])


ALL_TRAIN = make_split([["train"] * 6])


def read_versions(folder):
    """The versions by (image_id, copy), in the order of the table."""
    table = read_table(folder / "augmented.csv")
    keys = list(zip(table["image_id"], map(int, table["copy"]), strict=True))
    images = load_rows(folder / "images")
    assert len(keys) == len(images)
    return dict(zip(keys, images, strict=True))


def test_training_images_alone_are_varied(prepared, options, tmp_path):
    images, index = prepared
    split = make_split(
        [
            ["train", "test", "validation", "train", "test", "validation"],
            ["test", "test", "train", "train", "validation", "validation"],
        ]
    )
    write_versions(images, index, split, options(**ON), tmp_path / "augmented")
    assert list(read_versions(tmp_path / "augmented")) == [
        ("image0", 1),
        ("image0", 2),
        ("image2", 1),
        ("image2", 2),
        ("image3", 1),
        ("image3", 2),
    ]


def test_training_images_that_balancing_leaves_out_are_not_varied(
    prepared, options, tmp_path
):
    images, index = prepared
    split = make_split([["train"] * 6], [[0, 1, 3, 0, 0, 0]])
    write_versions(images, index, split, options(**ON), tmp_path / "augmented")
    found = read_versions(tmp_path / "augmented")
    assert {image_id for image_id, _ in found} == {"image1", "image2"}
    assert len(found) == 4


def test_versions_have_the_shape_of_the_images(prepared, options, tmp_path):
    images, index = prepared
    write_versions(images, index, ALL_TRAIN, options(**ON), tmp_path / "out")
    made = load_rows(tmp_path / "out/images")
    assert made.shape == (12, SIZE, SIZE, 3)
    assert made.dtype == np.uint8


def test_each_makes_one_version_an_operation_that_is_on(prepared, options, tmp_path):
    images, index = prepared
    switched_on = {"rotate": 30.0, "flip_vertical": True, "brightness": 0.1}
    chosen = options(policy="each", copies=1, **switched_on)
    write_versions(images, index, ALL_TRAIN, chosen, tmp_path / "out")
    versions = read_versions(tmp_path / "out")
    assert num_copies(chosen) == 3
    assert len(versions) == 18
    image = load_rows(images)[4]
    in_order = [name for name in OPERATIONS if name in switched_on]
    for copy, name in enumerate(in_order, start=1):
        expected = apply(image, full_strength(name, chosen), None)
        np.testing.assert_array_equal(versions["image4", copy], expected)


def test_every_operation_can_be_switched_on_alone(options):
    for name in OPERATIONS:
        chosen = options(policy="each", copies=1, **{name: ON[name]})
        assert num_copies(chosen) == 1
        assert full_strength(name, chosen) != Strengths()


@pytest.mark.parametrize("policy", ["each", "random"])
def test_no_copies_give_empty_files_that_can_be_read(
    prepared, options, tmp_path, policy
):
    images, index = prepared
    chosen = options(**ON, policy=policy) if policy == "each" else options(**ON)
    chosen = type(chosen)(**{**vars(chosen), "copies": 0})
    write_versions(images, index, ALL_TRAIN, chosen, tmp_path / "out")
    made = load_rows(tmp_path / "out/images")
    assert made.shape == (0, SIZE, SIZE, 3)
    assert made.dtype == np.uint8
    table = read_table(tmp_path / "out/augmented.csv")
    assert table == {"image_id": [], "copy": []}


def test_a_version_depends_on_no_other_image_and_no_order(prepared, options, tmp_path):
    images, index = prepared
    write_versions(images, index, ALL_TRAIN, options(**ON), tmp_path / "all")
    order = [5, 2, 0]
    save_rows(tmp_path / "some", load_rows(images)[order])
    some = index_of([index.image_ids[row] for row in order])
    write_versions(
        tmp_path / "some",
        some,
        make_split([["train"] * 3]),
        options(**ON),
        tmp_path / "few",
    )
    everything = read_versions(tmp_path / "all")
    few = read_versions(tmp_path / "few")
    assert len(few) == 6
    for key, version in few.items():
        np.testing.assert_array_equal(version, everything[key])


def test_more_copies_leave_the_first_ones_as_they_were(draw, options):
    image = draw(1, SIZE, SIZE)
    few = make_versions(image, "image", 2, options(**ON))
    many = make_versions(image, "image", 5, options(**ON))
    np.testing.assert_array_equal(few, many[:2])


def test_seed_image_and_copy_each_make_another_version(draw, options):
    image = draw(1, SIZE, SIZE)
    versions = [
        *make_versions(image, "image", 3, options(**ON)),
        *make_versions(image, "other", 3, options(**ON)),
        *make_versions(image, "image", 3, options(**ON, seed=43)),
    ]
    assert len({version.tobytes() for version in versions}) == 9


def test_running_twice_gives_the_same_bytes(prepared, options, tmp_path):
    images, index = prepared
    for name in ("first", "second"):
        write_versions(images, index, ALL_TRAIN, options(**ON), tmp_path / name)
    for name in ("images/00000.npy", "augmented.csv"):
        first = (tmp_path / "first" / name).read_bytes()
        assert first == (tmp_path / "second" / name).read_bytes()


def test_processes_write_the_same_bytes_as_threads(
    prepared, options, tmp_path, monkeypatch
):
    images, index = prepared
    write_versions(images, index, ALL_TRAIN, options(**ON), tmp_path / "first")
    monkeypatch.setattr(parallel, "num_cores", lambda: 2)
    monkeypatch.setattr(parallel, "MANY", 1)
    write_versions(images, index, ALL_TRAIN, options(**ON), tmp_path / "second")
    for name in ("images/00000.npy", "augmented.csv"):
        first = (tmp_path / "first" / name).read_bytes()
        assert first == (tmp_path / "second" / name).read_bytes()


def test_switching_one_operation_off_leaves_the_strength_of_the_others(options):
    with_all = random_strengths(np.random.default_rng(3), options(**ON))
    without = random_strengths(
        np.random.default_rng(3), options(**(ON | {"rotate": 0.0, "crop": 0.0}))
    )
    assert without.angle == 0
    assert without.window == 1
    for name in ("scale", "flip_horizontal", "contrast", "brightness", "noise"):
        assert getattr(without, name) == getattr(with_all, name)


@given(st.integers(0, 2**32 - 1))
def test_random_strengths_stay_in_their_ranges(options, seed):
    strengths = random_strengths(np.random.default_rng(seed), options(**ON))
    assert abs(strengths.angle) <= ON["rotate"]
    assert abs(strengths.scale - 1) <= ON["zoom"] + 1e-9
    assert 1 - ON["crop"] <= strengths.window <= 1
    assert 0 <= strengths.window_x <= 1
    assert 0 <= strengths.window_y <= 1
    assert abs(strengths.contrast - 1) <= ON["contrast"] + 1e-9
    assert abs(strengths.brightness) <= ON["brightness"]
    assert 0 <= strengths.noise <= ON["noise"]


def test_random_flips_happen_about_every_second_time(options):
    chosen = options(**ON)
    drawn = [
        random_strengths(np.random.default_rng(seed), chosen) for seed in range(400)
    ]
    for name in ("flip_horizontal", "flip_vertical"):
        assert 160 <= sum(getattr(strengths, name) for strengths in drawn) <= 240


def test_with_every_operation_off_pixels_stay_as_they_are(draw, options, random):
    image = draw(2, SIZE, SIZE)
    np.testing.assert_array_equal(apply(image, Strengths(), random), image)
    assert random_strengths(random, options()) == Strengths(
        window_x=pytest.approx(0.5, abs=0.5), window_y=pytest.approx(0.5, abs=0.5)
    )
    for version in make_versions(image, "image", 3, options()):
        np.testing.assert_array_equal(version, image)


def test_apply_leaves_the_image_it_is_given_alone(draw, options, random):
    image = draw(2, SIZE, SIZE)
    before = image.copy()
    apply(image, random_strengths(random, options(**ON)), random)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("height", [SIZE, SIZE + 1])
@pytest.mark.parametrize("width", [SIZE, SIZE - 3])
def test_flips_are_those_of_numpy(draw, random, height, width):
    image = draw(4, height, width)
    found = apply(image, Strengths(flip_horizontal=True), random)
    np.testing.assert_array_equal(found, np.fliplr(image))
    found = apply(image, Strengths(flip_vertical=True), random)
    np.testing.assert_array_equal(found, np.flipud(image))


@pytest.mark.parametrize("size", [SIZE, SIZE + 1])
@pytest.mark.parametrize("quarter_turns", [1, 2, 3, -1])
def test_a_positive_angle_turns_counter_clockwise(draw, random, size, quarter_turns):
    image = draw(5, size, size)
    found = apply(image, Strengths(angle=90 * quarter_turns), random)
    np.testing.assert_array_equal(found, np.rot90(image, quarter_turns))


@given(st.integers(0, 3), st.booleans(), st.booleans(), st.sampled_from([7, 8]))
def test_one_warp_equals_turning_and_then_flipping(
    draw, quarter_turns, horizontal, vertical, size
):
    image = draw(6, size, size)
    expected = np.rot90(image, quarter_turns)
    if horizontal:
        expected = np.fliplr(expected)
    if vertical:
        expected = np.flipud(expected)
    strengths = Strengths(
        angle=90 * quarter_turns, flip_horizontal=horizontal, flip_vertical=vertical
    )
    found = apply(image, strengths, np.random.default_rng(0))
    np.testing.assert_array_equal(found, expected)


def test_turning_there_and_back_returns_about_the_same_picture(random):
    image = draw_disc(64, radius=20)
    there = apply(image, Strengths(angle=17), random)
    back = apply(there, Strengths(angle=-17), random)
    assert np.abs(back.astype(int) - image).mean() < 3


def draw_disc(size, radius):
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    disc = np.where(rows**2 + columns**2 <= radius**2, 200, 50)
    return np.repeat(disc[..., None], 3, 2).astype(np.uint8)


@pytest.mark.parametrize("scale", [0.7, 0.9, 1.25, 1.6])
def test_zoom_scales_around_the_middle(random, scale):
    found = apply(draw_disc(129, radius=30), Strengths(scale=scale), random)
    filled = found[..., 0] > 125
    assert filled.sum() == pytest.approx(math.pi * (30 * scale) ** 2, rel=0.05)
    rows, columns = np.nonzero(filled)
    assert abs(rows.mean() - 64) < 0.2
    assert abs(columns.mean() - 64) < 0.2


@pytest.mark.parametrize(
    ("window_x", "window_y", "row", "column"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 1, 0), (1, 1, 1, 1)],
)
def test_crop_keeps_the_part_that_was_asked_for(
    random, window_x, window_y, row, column
):
    image = np.zeros((32, 32, 3), np.uint8)
    for number, (y, x) in enumerate(np.ndindex(2, 2)):
        image[16 * y : 16 * y + 16, 16 * x : 16 * x + 16] = 50 + 50 * number
    strengths = Strengths(window=0.45, window_x=window_x, window_y=window_y)
    found = apply(image, strengths, random)
    assert (found == 50 + 50 * (2 * row + column)).all()


def test_what_lies_beyond_the_border_is_mirrored_and_not_black(random):
    image = np.full((SIZE, SIZE, 3), 90, np.uint8)
    for strengths in (Strengths(angle=45), Strengths(scale=0.5)):
        assert (apply(image, strengths, random) == 90).all()


@pytest.mark.parametrize("contrast", [0.5, 1.2])
def test_contrast_is_a_factor_around_the_middle(random, contrast):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    found = apply(image, Strengths(contrast=contrast), random)
    expected = np.clip((image - 127.5) * contrast + 127.5, 0, 255)
    assert np.abs(found - expected).max() <= 0.5001


@pytest.mark.parametrize("brightness", [-0.3, 0.1])
def test_brightness_is_added_as_a_share_of_the_range(random, brightness):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    found = apply(image, Strengths(brightness=brightness), random)
    expected = np.clip(image + 255 * brightness, 0, 255)
    assert np.abs(found - expected).max() <= 0.5001


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_noise_has_the_deviation_that_was_asked_for(random, noise):
    image = np.full((96, 96, 3), 128, np.uint8)
    found = apply(image, Strengths(noise=noise), random).astype(float)
    assert found.std() == pytest.approx(255 * noise, rel=0.05)
    assert found.mean() == pytest.approx(128, abs=0.5)
    # Every channel of every pixel has noise of its own.
    channels = found.reshape(-1, 3).T
    assert np.abs(np.corrcoef(channels)[~np.eye(3, dtype=bool)]).max() < 0.1


def test_noise_never_wraps_around(random):
    for value in (0, 255):
        image = np.full((32, 32, 3), value, np.uint8)
        found = apply(image, Strengths(noise=0.1), random).astype(int)
        assert np.abs(found - value).max() < 200


def test_a_preview_shows_each_image_before_its_versions(prepared, options):
    images, index = prepared
    split = make_split([["train", "test", "train", "train", "train", "validation"]])
    chosen = options(**ON)
    sheets = list(preview(images, index, split, chosen, num_images=2))
    assert len(sheets) == 2
    for sheet, row in zip(sheets, [0, 4], strict=True):
        image = load_rows(images)[row]
        np.testing.assert_array_equal(sheet[0], image)
        expected = make_versions(image, index.image_ids[row], 2, chosen)
        np.testing.assert_array_equal(sheet[1:], expected)


def test_a_preview_without_copies_shows_the_images_alone(prepared, options):
    images, index = prepared
    sheets = list(preview(images, index, ALL_TRAIN, options(copies=0), num_images=10))
    assert len(sheets) == 6
    assert all(sheet.shape == (1, SIZE, SIZE, 3) for sheet in sheets)
