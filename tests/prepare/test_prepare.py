"""prepare writes one row a picture, leaves the raw folder alone and says what it left.

Folders are the layout here; layouts have tests of their own.
"""

import hashlib
import io
import json
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from headswap.artifacts.dataset.conflicts import read_conflicts
from headswap.artifacts.dataset.index import INDEX_COLUMNS, read_index
from headswap.artifacts.storage.tables import read_table
from headswap.errors import InputError
from headswap.machine import parallel
from headswap.pictures.decode import decode
from headswap.prepare.stage import ID_DIGITS, prepare_images
from tests.made import load_rows

LEVELS = ("category", "landmark")
SIZE = 16


@pytest.fixture
def run(section, tmp_path, inputs_of_prepare):
    """run(root, **data changes): the prepared folder of a folder of pictures."""
    count = iter(range(100))

    def call(root, **changes):
        options = {"root": str(root), "layout": "folders", "levels": LEVELS} | changes
        output = tmp_path / f"prepared{next(count)}"
        prepare_images(
            inputs_of_prepare,
            section("data", **options),
            section("prepare", image_size=SIZE, resize="pad"),
            output,
        )
        return output

    return call


def rejected(prepared):
    table = read_table(prepared / "rejected.csv")
    return dict(zip(table["path"], table["reason"], strict=True))


def snapshot(root):
    """Every file and folder below a root, with what a write would change."""
    found = {}
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[path] = (status.st_mtime_ns, status.st_size, status.st_mode, content)
    return found


def test_the_index_is_sorted_by_path(run, pictures):
    paths = read_index(run(pictures)).paths
    assert len(paths) == 12
    assert paths == sorted(paths)
    assert paths[0] == "category0/landmark0/00.png"


def test_row_i_of_the_index_is_row_i_of_the_images(run, pictures):
    prepared = run(pictures)
    images = load_rows(prepared / "images")
    assert images.shape == (12, SIZE, SIZE, 3)
    assert images.dtype == np.uint8
    for image, path in zip(images, read_index(prepared).paths, strict=True):
        expected = decode((pictures / path).read_bytes(), SIZE, "pad").pixels
        np.testing.assert_array_equal(image, expected)


def test_labels_are_the_folders(run, pictures):
    index = read_index(run(pictures))
    for number, path in enumerate(index.paths):
        category, landmark, _ = path.split("/")
        assert index.cells["category"][number] == category
        assert index.cells["landmark"][number] == landmark


def test_labels_json_holds_each_task_and_its_sorted_classes(run, pictures):
    text = (run(pictures) / "labels.json").read_text(encoding="utf-8")
    category, landmark = json.loads(text)["tasks"]
    assert category == {
        "name": "category",
        "kind": "multiclass",
        "class_names": ["category0", "category1"],
    }
    assert landmark == {
        "name": "landmark",
        "kind": "multiclass",
        "class_names": ["landmark0", "landmark1", "landmark2", "landmark3"],
    }


def test_labels_json_says_that_landmarks_divide_categories(run, pictures):
    [relation] = read_index(run(pictures)).relations
    assert (relation.finer, relation.coarser) == ("landmark", "category")
    assert relation.parents == {
        f"landmark{number}": f"category{number // 2}" for number in range(4)
    }


def test_one_level_gives_one_task(run, pictures):
    index = read_index(run(pictures, levels=("kind",)))
    assert [task.name for task in index.tasks] == ["kind"]
    assert len(index.paths) == 12


def test_the_index_tells_the_size_and_format_of_the_original(run, pictures):
    table = read_table(run(pictures) / "index.csv")
    assert list(table) == [*INDEX_COLUMNS, *LEVELS]
    assert set(zip(table["width"], table["height"], strict=True)) == {("30", "20")}
    assert set(table["format"]) == {"PNG"}
    assert set(table["given_part"]) == {""}


def test_an_image_id_is_the_start_of_the_content_hash(run, pictures):
    index = read_index(run(pictures))
    for image_id, path in zip(index.image_ids, index.paths, strict=True):
        digest = hashlib.sha256((pictures / path).read_bytes()).hexdigest()
        assert image_id == digest[:ID_DIGITS]
    assert len(set(index.pixel_hashes)) == len(index.image_ids)


def test_copies_of_a_file_get_ids_of_their_own_and_one_pixel_hash(run, pictures):
    original = pictures / "category0/landmark0/00.png"
    shutil.copy(original, pictures / "category0/landmark0/copy.png")
    shutil.copy(original, pictures / "category0/landmark0/deeper.png")
    index = read_index(run(pictures))
    first = index.image_ids[0]
    of_path = dict(zip(index.paths, index.image_ids, strict=True))
    assert of_path["category0/landmark0/copy.png"] == f"{first}-2"
    assert of_path["category0/landmark0/deeper.png"] == f"{first}-3"
    assert len(set(index.image_ids)) == 14
    assert index.pixel_hashes.count(index.pixel_hashes[0]) == 3


def test_one_picture_under_two_classes_is_an_error_by_default(run, pictures):
    shutil.copy(
        pictures / "category0/landmark0/00.png",
        pictures / "category1/landmark2/again.png",
    )
    with pytest.raises(InputError, match="a picture must have one class") as caught:
        run(pictures)
    assert "2 files" in str(caught.value)
    assert "category0/landmark0/00.png" in str(caught.value)
    assert "category1/landmark2/again.png" in str(caught.value)


def test_one_picture_under_two_classes_can_be_dropped(run, pictures):
    expected = run(pictures)
    shutil.copy(
        pictures / "category0/landmark0/01.png",
        pictures / "category1/landmark2/again.png",
    )
    prepared = run(pictures, conflicts="drop")
    index = read_index(prepared)
    assert "category0/landmark0/01.png" not in index.paths
    assert "category1/landmark2/again.png" not in index.paths
    assert rejected(prepared) == dict.fromkeys(
        ["category0/landmark0/01.png", "category1/landmark2/again.png"],
        "same picture, other label",
    )
    np.testing.assert_array_equal(
        load_rows(prepared / "images"),
        np.delete(load_rows(expected / "images"), 1, axis=0),
    )
    assert {path.name for path in prepared.iterdir()} == {
        path.name for path in expected.iterdir()
    }


def test_pictures_left_out_for_their_labels_are_kept_to_be_looked_at(
    run, pictures, write_picture
):
    before = load_rows(run(pictures) / "images")
    for old, new in (("1/landmark2/06", "0/landmark0/a"), ("0/landmark0/01", "1/b/z")):
        copy = pictures / f"category{new}.png"
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(pictures / f"category{old}.png", copy)
    shutil.copy(pictures / "category0/landmark0/02.png", pictures / "category1/b/2.png")
    shutil.copy(
        pictures / "category1/landmark3/09.png", pictures / "category1/b/again.png"
    )
    write_picture(pictures / "category1/b/good.png", 90)
    prepared = run(pictures, conflicts="drop")
    found = read_conflicts(prepared)
    images = load_rows(prepared / "conflicts")
    assert len(found) == len(images) == 8
    assert [each.picture for each in found] == sorted(each.picture for each in found)
    cells = {each.path: each.cells for each in found}
    assert cells["category0/landmark0/a.png"] == ("category0", "landmark0")
    assert cells["category1/landmark2/06.png"] == ("category1", "landmark2")
    for each, image in zip(found, images, strict=True):
        rows = [n for n in range(12) if f"/{n:02}.png" in each.path]
        for row in rows:
            np.testing.assert_array_equal(image, before[row])


def test_a_class_of_conflicting_pictures_alone_is_named(run, pictures):
    for path in (pictures / "category1/landmark3").iterdir():
        shutil.copy(path, pictures / "category0/landmark0")
    with pytest.raises(InputError, match="'landmark3' must have images that can be"):
        run(pictures, conflicts="drop")


@pytest.mark.parametrize("other", ["LANDMARK0", "landmark0 ", "landmark\uff10"])
def test_class_names_that_look_alike_are_refused(run, pictures, write_picture, other):
    write_picture(pictures / "category0" / other / "1.png", 90)
    with pytest.raises(InputError, match="differ in more than case or Unicode form"):
        run(pictures)


@pytest.mark.parametrize(
    ("file_format", "options"), [("PNG", {"compress_level": 0}), ("BMP", {})]
)
def test_the_same_pixels_in_another_file_have_the_same_hash(
    run, pictures, draw, encode, file_format, options
):
    other = pictures / "category0/landmark0/other.png"
    other.write_bytes(encode(draw(0), file_format, **options))
    index = read_index(run(pictures))
    row = index.paths.index("category0/landmark0/other.png")
    assert index.image_ids[row] != index.image_ids[0]
    assert index.pixel_hashes[row] == index.pixel_hashes[0]


def test_rejected_csv_lists_every_file_left_out_and_why(run, pictures, draw, encode):
    folder = pictures / "category0/landmark0"
    photo = encode(draw(50, 60, 60), "JPEG")
    (folder / "cut.jpg").write_bytes(photo[: len(photo) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "page.jpg").write_bytes(b"<html>404</html>")
    (folder / "notes.txt").write_text("taken in May", encoding="utf-8")
    (folder / "dangling.jpg").symlink_to(folder / "gone.jpg")
    prepared = run(pictures)
    reasons = rejected(prepared)
    assert list(reasons) == sorted(reasons)
    place = "category0/landmark0"
    assert reasons[f"{place}/cut.jpg"].startswith("damaged JPEG: ")
    assert reasons[f"{place}/empty.jpg"] == "the file is empty"
    assert reasons[f"{place}/page.jpg"] == "no image format recognised"
    assert reasons[f"{place}/notes.txt"] == "no image format recognised"
    assert reasons[f"{place}/dangling.jpg"].startswith("cannot be opened: ")
    assert len(reasons) == 5
    assert len(load_rows(prepared / "images")) == len(read_index(prepared).paths) == 12


def test_a_picture_with_further_pages_is_used_and_said_so(run, pictures, draw, capsys):
    first, second = (Image.fromarray(draw(number, 20, 20)) for number in (51, 52))
    place = pictures / "category0/landmark0"
    first.save(place / "scan.tif", save_all=True, append_images=[second])
    second.save(place / "moves.gif", save_all=True, append_images=[first])
    prepared = run(pictures)
    assert "category0/landmark0/scan.tif" in read_index(prepared).paths
    [note] = [line for line in capsys.readouterr().out.splitlines() if "page" in line]
    assert note == (
        "note: 2 files have several pages or frames, of which the first is the picture "
        "(1 GIF, 1 TIFF): category0/landmark0/moves.gif, category0/landmark0/scan.tif"
    )


@pytest.mark.parametrize(
    ("numbers", "bits"), [([4000, 300], 12), ([900], 10), ([16383], 14)]
)
def test_16_bits_of_which_few_are_used_are_said(run, pictures, capsys, numbers, bits):
    for number, largest in enumerate(numbers):
        values = np.linspace(0, largest, 400).astype(np.uint16).reshape(20, 20)
        Image.fromarray(values).save(pictures / f"category0/landmark0/deep{number}.png")
    run(pictures)
    [warning] = [x for x in capsys.readouterr().out.splitlines() if "16 bits" in x]
    assert warning.startswith(
        f"warning: {len(numbers)} files of 16 bits hold no number above {numbers[0]} of"
    )
    assert f"set prepare.depth={bits}." in warning


def test_16_bits_of_which_one_file_uses_most_are_not_said(run, pictures, capsys):
    for largest in (300, 20_000):
        values = np.linspace(0, largest, 400).astype(np.uint16).reshape(20, 20)
        Image.fromarray(values).save(pictures / f"category0/landmark0/{largest}.png")
    run(pictures)
    assert "16 bits" not in capsys.readouterr().out


def test_one_bright_file_hides_not_that_most_are_dark(run, pictures, capsys):
    for largest in (4000, 3000, 60_000):
        values = np.linspace(0, largest, 400).astype(np.uint16).reshape(20, 20)
        Image.fromarray(values).save(pictures / f"category0/landmark0/{largest}.png")
    run(pictures)
    printed = capsys.readouterr().out
    assert "warning: 2 files of 16 bits hold no number above 4000 of" in printed
    assert "set prepare.depth=12, which leaves out 1 that hold more." in printed


def test_a_file_above_the_finest_level_is_listed(run, pictures, write_picture):
    write_picture(pictures / "top.png", 60)
    write_picture(pictures / "category1/middle.png", 61)
    reasons = rejected(run(pictures))
    assert set(reasons) == {"top.png", "category1/middle.png"}
    assert all("above the folder level 'landmark'" in why for why in reasons.values())


def test_a_file_below_the_finest_level_belongs_to_the_folders_above(
    run, pictures, write_picture
):
    write_picture(pictures / "category1/landmark3/2019/may/deep.png", 62)
    index = read_index(run(pictures))
    row = index.paths.index("category1/landmark3/2019/may/deep.png")
    assert index.cells["landmark"][row] == "landmark3"


def test_hidden_and_system_files_are_counted_and_not_listed(
    run, pictures, write_picture, capsys
):
    folder = pictures / "category0/landmark0"
    write_picture(folder / "._00.png", 63)
    write_picture(folder / ".hidden/01.png", 64)
    write_picture(pictures / "__MACOSX/category0/x.png", 65)
    (folder / "Thumbs.db").write_bytes(b"thumbs")
    (pictures / ".DS_Store").write_bytes(b"store")
    prepared = run(pictures)
    assert rejected(prepared) == {}
    assert len(read_index(prepared).paths) == 12
    printed = capsys.readouterr().out
    assert "12 images prepared, 0 rejected" in printed
    assert "5 hidden or system files skipped" in printed


def test_a_class_of_which_nothing_can_be_read_is_named(run, pictures):
    for folder in ("category0/landmark1", "category1/landmark3"):
        for path in (pictures / folder).iterdir():
            path.write_bytes(b"no picture")
    with pytest.raises(InputError) as caught:
        run(pictures)
    first, second = str(caught.value).splitlines()
    assert "landmark 'landmark1' must have images that can be used" in first
    assert "none of 3" in first
    assert "'landmark3'" in second


def test_an_empty_class_folder_is_named(run, pictures):
    (pictures / "category0/landmark9").mkdir()
    (pictures / "category7/landmark8").mkdir(parents=True)
    with pytest.raises(
        InputError, match="every class folder must hold images"
    ) as caught:
        run(pictures)
    for name in ("category0/landmark9", "category7", "category7/landmark8"):
        assert name in str(caught.value)


def test_a_root_without_any_image_is_an_error(run, tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match=r"must hold images as <category>/<landmark>"):
        run(tmp_path / "nothing")


def test_images_that_lie_too_high_are_an_error(run, tmp_path, write_picture):
    write_picture(tmp_path / "flat/church/1.png", 1)
    with pytest.raises(InputError, match="1 files lie higher"):
        run(tmp_path / "flat")


def test_a_missing_root_is_an_error(run, tmp_path):
    with pytest.raises(InputError, match=r"data\.root: .* does not exist"):
        run(tmp_path / "absent")


def test_a_root_that_is_a_file_is_an_error(run, pictures):
    with pytest.raises(InputError, match=r"data\.root: .* is a file"):
        run(pictures / "category0/landmark0/00.png")


def test_the_raw_folder_is_never_written(run, pictures):
    (pictures / "category0/landmark0/bad.jpg").write_bytes(b"bad")
    (pictures / "category0/landmark0/dangling.jpg").symlink_to("gone")
    before = snapshot(pictures)
    run(pictures)
    assert snapshot(pictures) == before


def test_names_in_any_script_are_kept(run, tmp_path, write_picture):
    names = ["Größe/Żółw/été, hiver.png", "東京/浅草 寺/桜.png", "a'b/c\"d/e|f.png"]
    for number, name in enumerate(names):
        write_picture(tmp_path / "raw" / name, number)
    index = read_index(run(tmp_path / "raw"))
    assert index.paths == sorted(names)
    assert set(index.cells["category"]) == {"Größe", "東京", "a'b"}
    landmark = index.tasks[1]
    assert landmark.encode(index.cells["landmark"]).sum() == 3


def test_the_name_of_a_file_says_nothing_about_its_format(run, pictures, draw, encode):
    wrong = pictures / "category0/landmark0/wrong.png"
    wrong.write_bytes(encode(draw(70), "WEBP", lossless=True))
    prepared = run(pictures)
    table = read_table(prepared / "index.csv")
    assert (
        table["format"][table["path"].index("category0/landmark0/wrong.png")] == "WEBP"
    )


def test_running_twice_gives_the_same_bytes(run, pictures):
    (pictures / "category0/landmark0/bad.jpg").write_bytes(b"bad")
    first, second = run(pictures), run(pictures)
    names = {str(path.relative_to(first)) for path in first.rglob("*.*")}
    facts = {"index.csv", "rejected.csv", "labels.json", "conflicts.csv"}
    facts |= {"near_duplicates.csv"}
    images = {"images/manifest.json", "images/00000.npy", "conflicts/manifest.json"}
    assert names == {*images, *facts}
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_order_in_which_files_were_made_changes_nothing(run, pictures, tmp_path):
    files = sorted(path for path in pictures.rglob("*") if path.is_file())
    for path in files[::-1]:
        copy = tmp_path / "reversed" / path.relative_to(pictures)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    first, second = run(pictures), run(tmp_path / "reversed")
    for name in ("images/00000.npy", "index.csv", "labels.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_linked_root_is_read_like_the_folder(run, pictures, tmp_path):
    (tmp_path / "link").symlink_to(pictures, target_is_directory=True)
    first, second = run(pictures), run(tmp_path / "link")
    assert (first / "index.csv").read_bytes() == (second / "index.csv").read_bytes()


def test_a_link_in_a_circle_ends(run, pictures):
    (pictures / "category0/landmark0/circle").symlink_to(pictures)
    assert len(read_index(run(pictures)).paths) == 12


def test_a_smaller_output_replaces_a_larger_one(
    inputs_of_prepare, section, pictures, tmp_path
):
    options = section("data", root=str(pictures), layout="folders", levels=LEVELS)
    size = section("prepare", image_size=SIZE, resize="pad")
    prepare_images(inputs_of_prepare, options, size, tmp_path / "out")
    for number in (0, 2):
        shutil.rmtree(pictures / f"category{number // 2}/landmark{number}")
    prepare_images(inputs_of_prepare, options, size, tmp_path / "out")
    assert len(load_rows(tmp_path / "out/images")) == 6
    assert len(read_index(tmp_path / "out").paths) == 6


def test_pictures_lie_upright_in_the_array(run, pictures, quarters, encode):
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = encode(quarters[::-1, ::-1].copy(), "PNG", exif=exif)
    (pictures / "category0/landmark0/turned.png").write_bytes(turned)
    prepared = run(pictures)
    row = read_index(prepared).paths.index("category0/landmark0/turned.png")
    expected = decode(encode(quarters), SIZE, "pad").pixels
    np.testing.assert_array_equal(load_rows(prepared / "images")[row], expected)


@pytest.fixture(scope="module")
def photo(encode):
    """photo(seed): a JPEG of 2.4 megapixels and a lossless copy of its pixels."""

    def make(seed):
        cells = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
        pixels = cv2.resize(cells, (1800, 1350), interpolation=cv2.INTER_CUBIC)
        jpeg = encode(pixels, "JPEG", quality=90)
        with Image.open(io.BytesIO(jpeg)) as image:
            return jpeg, encode(image, "PNG", compress_level=1)

    return make


def test_a_photograph_and_its_lossless_copy_share_one_pixel_hash(run, pictures, photo):
    folder = pictures / "category0/landmark0"
    for number in range(2):
        jpeg, lossless = photo(number)
        (folder / f"photo{number}.jpg").write_bytes(jpeg)
        (folder / f"photo{number}.png").write_bytes(lossless)
    index = read_index(run(pictures))
    hash_of = dict(zip(index.paths, index.pixel_hashes, strict=True))
    first, second = (
        {hash_of[f"category0/landmark0/photo{n}.{end}"] for end in ("jpg", "png")}
        for n in range(2)
    )
    assert len(first) == len(second) == 1
    assert first != second
    assert len(set(index.pixel_hashes)) == 12 + 2


def test_a_photograph_under_two_classes_is_an_error_in_whatever_format(
    run, pictures, photo
):
    jpeg, lossless = photo(0)
    (pictures / "category0/landmark0/photo.jpg").write_bytes(jpeg)
    (pictures / "category1/landmark2/photo.png").write_bytes(lossless)
    with pytest.raises(InputError, match="got 2 files that show a picture under sever"):
        run(pictures)


def test_the_index_tells_what_a_picture_looks_like(run, pictures):
    looks = read_table(run(pictures) / "index.csv")["perceptual_hash"]
    assert {len(look) for look in looks} == {64}
    assert len(set(looks)) == 12


def test_processes_write_the_same_bytes_as_threads(run, pictures, monkeypatch):
    (pictures / "category0/landmark0/bad.jpg").write_bytes(b"bad")
    first = run(pictures)
    monkeypatch.setattr(parallel, "num_cores", lambda: 2)
    monkeypatch.setattr(parallel, "MANY", 1)
    second = run(pictures)
    for name in ("images/00000.npy", "index.csv", "rejected.csv", "labels.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
