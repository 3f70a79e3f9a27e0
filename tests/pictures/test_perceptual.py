"""A perceptual hash is the same for what looks the same, and far for what does not."""

import cv2
import numpy as np
import pytest

from headswap.pictures.perceptual import perceptual_hash


@pytest.fixture(scope="module")
def photo():
    """photo(seed): (120, 160, 3) uint8, soft shapes."""

    def make(seed):
        cells = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
        return cv2.resize(cells, (160, 120), interpolation=cv2.INTER_CUBIC)

    return make


def num_differing(first, second):
    return (int(first, 16) ^ int(second, 16)).bit_count()


def test_a_hash_has_256_bits_of_which_half_are_ones(photo):
    digits = perceptual_hash(photo(0))
    assert len(digits) == 64
    assert int(digits, 16).bit_count() == 128


def test_bits_are_those_of_the_lowest_frequencies(photo):
    grey = cv2.cvtColor(photo(1), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
    lowest = cv2.dct(small.astype(np.float32))[:16, :16]
    bits = (lowest > np.median(lowest)).ravel()
    assert perceptual_hash(photo(1)) == np.packbits(bits).tobytes().hex()


def test_different_pictures_have_hashes_far_apart(photo):
    hashes = [perceptual_hash(photo(seed)) for seed in range(20)]
    distances = [num_differing(a, b) for a in hashes for b in hashes if a != b]
    assert len(set(hashes)) == 20
    assert min(distances) > 60


def test_another_size_and_a_little_noise_change_few_bits(photo):
    original = perceptual_hash(photo(2))
    doubled = cv2.resize(photo(2), (320, 240), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).integers(-2, 3, photo(2).shape)
    noisy = np.clip(photo(2) + noise, 0, 255).astype(np.uint8)
    assert num_differing(original, perceptual_hash(doubled)) <= 8
    assert num_differing(original, perceptual_hash(noisy)) <= 16


@pytest.mark.parametrize("noise", [0, 2])
def test_a_picture_of_one_colour_has_no_hash(noise):
    pixels = np.full((50, 70, 3), 90, np.uint8)
    pixels += np.random.default_rng(0).integers(0, noise + 1, pixels.shape, np.uint8)
    assert perceptual_hash(pixels) == ""
