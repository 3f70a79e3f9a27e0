"""The limit of what is unlike the training images holds for new ones."""

import numpy as np
import pytest

from headswap.artifacts.model.energy import energies
from headswap.train.calibration import Unseen
from headswap.train.unlike import LEAST_IMAGES, choose_limit


def unseen_of(probabilities, images=None):
    images = np.arange(len(probabilities)) if images is None else images
    count = int(images.max()) + 1
    return Unseen(
        probabilities,
        images,
        np.eye(2)[np.zeros(count, int)],
        np.zeros(count, int),
        np.ones(count, bool),
        "multiclass",
    )


def draw(random, count):
    likely = random.random(count)
    return np.stack([likely, 1 - likely], axis=1)


@pytest.mark.parametrize(
    ("num_images", "share"), [(19, 0.05), (50, 2 / 51), (299, 0.05)]
)
def test_at_most_one_new_image_of_twenty_exceeds_it(num_images, share):
    random = np.random.default_rng(num_images)
    new = energies(draw(random, 50_000), "multiclass")
    limits = [choose_limit(unseen_of(draw(random, num_images))) for _ in range(400)]
    exceeding = np.mean([(new > limit).mean() for limit in limits])
    assert exceeding == pytest.approx(share, rel=0.12)


def test_of_too_few_images_there_is_none():
    random = np.random.default_rng(0)
    assert choose_limit(unseen_of(draw(random, LEAST_IMAGES - 1))) is None
    assert choose_limit(unseen_of(draw(random, LEAST_IMAGES))) is not None


def test_views_of_an_image_are_averaged():
    """One view of an image is unsure, the other is not: together they are neither."""
    sure, unsure = [1e-6, 1 - 1e-6], [0.5, 0.5]
    rows = np.array([sure, unsure] * 20)
    limit = choose_limit(unseen_of(rows, np.repeat(np.arange(20), 2)))
    assert limit == pytest.approx(energies(rows[:2], "multiclass").mean())
