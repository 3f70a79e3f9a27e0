"""`headswap sweep --images`: what more pictures would bring, and how sure that is."""

import itertools

import numpy as np
import pytest

from headswap.artifacts.storage.tables import read_table
from headswap.errors import InputError
from headswap.statistics.rounds import Rounds
from headswap.use.compare.runs import Run
from headswap.use.sweep import curves, images
from headswap.use.sweep.plan import Experiment

SPREAD = {"factor": 0.5, "degrees": 9, "method": "corrected t"}


def make_run(share, num_images, scores, strategy="cascade", spread=SPREAD):
    part = {
        "train_images": num_images,
        "scores": {"f1": {"low": 0.1, "high": 0.9}},
        **({"spread": spread} if spread else {}),
    }
    return Run(
        f"{strategy}{share}",
        {"split.images": share, "train.strategy": strategy},
        "",
        {("oak", p, "f1"): np.array(scores) for p in ("validation", "test")},
        {"oak": {"test": part, "validation": part}},
        {},
        {},
    )


@pytest.fixture
def curves_of(monkeypatch, tmp_path):
    """curves_of(runs): the curves of runs, which nobody has to read from git."""

    def make(runs):
        monkeypatch.setattr(curves, "read_runs", lambda *arguments: list(runs))
        return curves.read_curves(
            [Experiment(run.name, (), {}) for run in runs], tmp_path
        )

    return make


def rising(gain, spread=0.001):
    """Scores of ten rounds at 50, 100 and 400 images; `gain` a doubling at the end."""
    random = np.random.default_rng(0)
    noise = random.normal(0, spread, (3, 10))
    return [
        make_run(share, num, 0.5 + level + noise[number])
        for number, (share, num, level) in enumerate(
            [(0.125, 50, 0), (0.25, 100, 0.1), (1.0, 400, 0.1 + 2 * gain)]
        )
    ]


def test_the_gain_is_that_of_a_doubling_in_the_last_step(curves_of):
    (curve,) = curves_of(rising(0.05)[::-1])
    assert curve.images.tolist() == [50, 100, 400]
    gain, half = curve.doubling(-2)
    assert gain == pytest.approx(0.05, abs=0.002)
    differences = (curve.scores[2] - curve.scores[1]) / 2
    assert half == pytest.approx(Rounds(**SPREAD).half_width(differences))


@pytest.mark.parametrize(
    ("gain", "spread", "words"),
    [
        (0.05, 0.001, "More would help."),
        (0.002, 0.02, "More would bring less than 0.02."),
        (0.01, 0.1, "is not shown, and a gain of up to 0."),
    ],
)
def test_the_words_say_no_more_than_the_interval(curves_of, gain, spread, words):
    text = " ".join(images.sentences(curves_of(rising(gain, spread)), 0.02))
    assert words in text
    assert "from 50 to 400 training images the test f1 goes from 0.5" in text
    assert "Going by the last step, 100 to 400, twice the images bring +0.0" in text


@pytest.mark.parametrize(
    ("scores", "spread"), [([0.5, 0.6], SPREAD), ([0.5, 0.6, 0.7], None)]
)
def test_without_rounds_to_tell_it_nobody_says_how_sure(curves_of, scores, spread):
    runs = [make_run(s, 100 * s, scores, spread=spread) for s in (0.5, 1.0)]
    text = " ".join(images.sentences(curves_of(runs), 0.02))
    assert "How sure that is, nobody can say" in text


def test_there_is_a_curve_for_each_combination_of_other_parameters(curves_of):
    runs = [
        make_run(share, 100 * share, [0.5, 0.6, 0.7], strategy)
        for share, strategy in itertools.product((0.5, 1.0), ("cascade", "independent"))
    ]
    found = curves_of(runs)
    assert [curve.label for curve in found] == [
        "strategy=cascade",
        "strategy=independent",
    ]


def test_shares_that_leave_the_same_images_are_one_point_and_no_curve(curves_of):
    runs = [make_run(share, 7, [0.5, 0.6, 0.7]) for share in (0.98, 1.0)]
    with pytest.raises(InputError, match=r"two numbers of training images, got one"):
        curves_of(runs)


def test_a_table_and_a_picture_are_kept(curves_of, tmp_path, capsys, monkeypatch):
    runs = rising(0.05)
    curves_of(runs)
    ended = [Experiment(run.name, (), {}) for run in runs]
    images.show_curves(ended, 0.02, tmp_path)
    table = read_table(tmp_path / "data/report/images.csv")
    assert table["training images"] == ["50", "100", "400"]
    assert (tmp_path / "data/report/images.png").stat().st_size > 5000
    assert "More would help." in " ".join(capsys.readouterr().out.split())


def test_a_doubling_that_was_measured_is_told_beside_the_last_step(curves_of):
    runs = [
        make_run(share, 400 * share, 0.5 + share / 10 + np.arange(10) / 1e4)
        for share in (0.25, 0.5, 0.75, 1.0)
    ]
    found = curves_of(runs)
    assert found[0].half_as_many == 1
    text = " ".join(images.sentences(found, 0.02))
    assert "The last doubling, from 200, brought +0.050 [" in text
    assert "Going by the last step, 300 to 400, twice the images bring +0.060" in text
    assert curves_of([runs[1], runs[3]])[0].half_as_many is None
