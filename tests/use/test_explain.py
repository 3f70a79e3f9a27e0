"""An explanation shows what decides, and depends on what was learned.

Source: Adebayo and others 2018, "Sanity checks for saliency maps".
"""

import cv2
import keras
import numpy as np
import pytest

import headswap
from headswap.artifacts.bundle.neighbours import Neighbours
from headswap.artifacts.model.heads import Block, Head
from headswap.cli import main
from headswap.use.explain import find_evidence, paint
from tests.bundles import SIZE, TASKS, make_below, make_bundle

SQUARE = (slice(3, 10), slice(12, 20))


def sees_red(size):
    """A network whose only feature is how much red there is."""
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    tensor = keras.layers.Rescaling(1 / 255)(pixels)
    convolution = keras.layers.Conv2D(1, 1, activation="relu")
    tensor = keras.layers.GlobalAveragePooling2D()(convolution(tensor))
    convolution.set_weights([np.array([1, -1, -1]).reshape(1, 1, 3, 1), np.zeros(1)])
    return keras.Model(pixels, tensor)


def heads_for_red():
    """The more red, the more likely is the first class."""
    return [
        Head(
            task.name,
            task.kind,
            (
                Block(
                    f"net{SIZE}-feature",
                    np.zeros(1),
                    False,
                    40 * np.eye(1, task.num_classes),
                ),
            ),
            np.zeros(task.num_classes),
        )
        for task in TASKS
    ]


@pytest.fixture
def picture():
    """Grey, with a square of red."""
    pixels = np.full((SIZE, SIZE, 3), 128, np.uint8)
    pixels[SQUARE] = [230, 10, 10]
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_bundle(
        tmp_path_factory.mktemp("red"), model=heads_for_red(), below=sees_red
    )


def test_a_planted_square_that_decides_the_class_lights_up(folder, picture):
    evidence = find_evidence(headswap.load(folder), picture, {"shape": 0, "tags": 0})
    for of_task in evidence.values():
        inside = of_task[SQUARE].mean()
        assert inside > 0
        assert np.unravel_index(of_task.argmax(), of_task.shape) in {
            (row, column)
            for row in range(SQUARE[0].start, SQUARE[0].stop)
            for column in range(SQUARE[1].start, SQUARE[1].stop)
        }
        # Far from it, covering takes nothing away.
        assert abs(of_task[14:, :8]).max() < 0.05 * inside


def test_what_speaks_against_a_class_is_of_the_other_sign(folder, picture):
    evidence = find_evidence(headswap.load(folder), picture, {"shape": 1})["shape"]
    assert evidence[SQUARE].mean() < 0
    painted = paint(picture, evidence).astype(int)
    row, column = np.unravel_index(evidence.argmin(), evidence.shape)
    assert painted[row, column, 2] > painted[row, column, 0]


def test_with_random_weights_the_map_is_another(folder, picture, tmp_path):
    def random(size):
        return make_below(size)

    learned = find_evidence(headswap.load(folder), picture, {"shape": 0})["shape"]
    other = headswap.load(make_bundle(tmp_path, below=random))
    # Of what does not decide, the picture has more than one colour.
    noise = np.random.default_rng(0).integers(-20, 20, picture.shape)
    busy = (picture + noise).clip(0, 255).astype(np.uint8)
    drawn = find_evidence(other, busy, {"shape": 0})["shape"]
    assert drawn.std() > 0
    assert abs(np.corrcoef(learned.ravel(), drawn.ravel())[0, 1]) < 0.8


def test_each_picture_and_task_gets_a_file(folder, picture, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "red.png"), picture[..., ::-1])
    (tmp_path / "broken.png").write_bytes(b"nothing")
    paths = [str(tmp_path / name) for name in ("broken.png", "red.png")]
    out = tmp_path / "out"
    main(["explain", *paths, "--model", str(folder), "--out", str(out)])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{paths[0]}: ")
    assert said[1].startswith(f"{out / '0001-red-shape.png'}: round 0.")
    assert {file.name for file in out.iterdir()} == {
        "0001-red-shape.png",
        "0001-red-tags.png",
    }
    assert cv2.imread(str(out / "0001-red-shape.png")).shape == (SIZE, 2 * SIZE, 3)


def test_training_pictures_that_are_at_hand_stand_beside_it(picture, tmp_path):
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    names = ["a/1.png", "lost.png", "2.png"]
    for name, grey in ((names[0], 120), (names[2], 200)):
        cv2.imwrite(str(root / name), np.full((9, 9, 3), grey, np.uint8))
    # The more red, the nearer to the last.
    known = Neighbours(
        names,
        {f"net{SIZE}": np.zeros(1, np.float32)},
        {f"net{SIZE}": np.array([[0.2], [0.6], [1]])},
    )
    folder = make_bundle(
        tmp_path / "bundle", model=heads_for_red(), below=sees_red, neighbours=known
    )
    cv2.imwrite(str(tmp_path / "red.png"), picture[..., ::-1])
    out = tmp_path / "out"
    paths = [str(tmp_path / "red.png"), "--model", str(folder), "--out", str(out)]
    main(["explain", *paths, "--pictures", str(root)])
    shown = cv2.imread(str(out / "0000-red-shape.png"))
    assert shown.shape == (SIZE, 4 * SIZE, 3)
    assert (shown[:, 2 * SIZE : 3 * SIZE] == 200).all()
    assert (shown[:, 3 * SIZE :] == 120).all()


def test_a_folder_that_cannot_be_written_is_told(folder, picture, tmp_path):
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    out = str(tmp_path / "red.png" / "out")
    with pytest.raises(SystemExit, match="must be a folder with room to write"):
        main(["explain", str(tmp_path), "--model", str(folder), "--out", out])
