"""The search finds the pairs that comparing all bits in all turns finds."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.prepare.near_duplicates import search
from headswap.prepare.near_duplicates.looks import Looks
from headswap.prepare.near_duplicates.search import (
    MAX_BITS,
    NEAREST,
    Candidates,
    _nearest,
    find_candidates,
)

# What a flip inverts: nothing, odd columns, odd rows, or either alone.
FLIPS = np.array([[0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0]])


def make_looks(plain, owners=None, changed=None):
    num_images = len(plain) if owners is None else owners.max() + 1
    transposed = np.random.default_rng(9).integers(0, 256, plain.shape, np.uint8)
    return Looks(
        plain,
        np.arange(len(plain)) if owners is None else owners,
        transposed,
        np.empty((0, num_images, 32), np.uint8) if changed is None else changed,
    )


def invert(look, bits):
    inverted = np.unpackbits(look)
    inverted[bits] ^= 1
    return np.packbits(inverted)


def flip(look, number):
    return np.packbits(np.unpackbits(look) ^ np.repeat(FLIPS[number], 64).astype(bool))


def random_looks(seed, number):
    return np.random.default_rng(seed).integers(0, 256, (number, 32), np.uint8)


def as_dict(found):
    return dict(zip(map(tuple, found.pairs.tolist()), found.bits.tolist(), strict=True))


def plain_search(looks):
    """Every pair of owners and its fewest bits, the long way."""
    everyone = np.arange(looks.changed.shape[1])
    queries = np.concatenate([looks.plain, *looks.changed])
    owners = np.concatenate([looks.owners, *[everyone] * len(looks.changed)])
    found = {}
    for query, owner in zip(queries, owners.tolist(), strict=True):
        for table in (looks.plain, looks.transposed):
            for number in range(len(FLIPS)):
                bits = np.bitwise_count(table ^ flip(query, number)).sum(axis=1)
                for other, few in zip(
                    looks.owners.tolist(), bits.tolist(), strict=True
                ):
                    if other != owner and few <= MAX_BITS:
                        pair = (min(owner, other), max(owner, other))
                        found[pair] = min(few, found.get(pair, few))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_pairs_are_those_of_comparing_everything(seed, monkeypatch):
    monkeypatch.setattr(search, "_QUERIES", 7)
    monkeypatch.setattr(search, "_TABLE", 5)
    random = np.random.default_rng(seed)
    originals = random_looks(seed, 15)
    copies = np.stack(
        [
            flip(
                invert(look, random.choice(256, 4 * number, replace=False)), number % 4
            )
            for number, look in enumerate(originals)
        ]
    )
    plain = np.concatenate([originals, copies])
    changed = np.stack([plain[::-1], random_looks(seed + 100, 30)])
    looks = make_looks(plain, changed=changed)
    found = find_candidates(looks)
    assert as_dict(found) == plain_search(looks)
    assert len(found.bits) >= 15
    assert found.pairs.tolist() == sorted(found.pairs.tolist())


def test_a_picture_s_looks_are_not_a_pair_of_it(monkeypatch):
    looks = random_looks(0, 2)
    owners = np.array([0, 1, 0])
    plain = np.concatenate([looks, looks[:1]])
    assert not len(find_candidates(make_looks(plain, owners)).bits)


def test_a_look_without_border_is_a_look_of_its_owner():
    looks = random_looks(1, 3)
    plain = np.concatenate([looks, invert(looks[2], [5, 77])[None]])
    found = find_candidates(make_looks(plain, np.array([0, 1, 2, 0])))
    assert as_dict(found) == {(0, 2): 2}


@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 30))
def test_the_nearest_of_each_picture_stay_however_they_come(seed, number, num_images):
    random = np.random.default_rng(seed)
    ends = np.sort(random.integers(0, num_images + 1, (number, 2)), axis=1)
    pairs = ends[ends[:, 0] < ends[:, 1]]
    found = Candidates(pairs, random.integers(0, 9, len(pairs)))
    whole = as_dict(_nearest(found))
    cut = len(pairs) // 2
    first = _nearest(Candidates(found.pairs[:cut], found.bits[:cut]))
    in_parts = Candidates(
        np.concatenate([first.pairs, found.pairs[cut:]]),
        np.concatenate([first.bits, found.bits[cut:]]),
    )
    assert as_dict(_nearest(in_parts)) == whole
    best = {}
    for pair, bits in zip(map(tuple, pairs.tolist()), found.bits.tolist(), strict=True):
        best[pair] = min(bits, best.get(pair, bits))
    assert all(whole[pair] == best[pair] for pair in whole)
    for end in range(num_images + 1):
        own = sorted(
            (bits, *(set(pair) - {end}), pair)
            for pair, bits in best.items()
            if end in pair
        )
        assert {pair for *_, pair in own[:NEAREST]} <= set(whole)


def test_a_thousand_pictures_of_one_look_give_no_million_pairs():
    looks = np.repeat(random_looks(3, 1), 1000, axis=0)
    found = find_candidates(make_looks(looks))
    assert len(found.bits) <= 1000 * NEAREST


@pytest.mark.slow
def test_a_hundred_thousand_pictures_take_less_than_a_quarter_of_an_hour():
    number = 10_000
    looks = make_looks(
        random_looks(4, number), changed=random_looks(5, 6 * number).reshape(6, -1, 32)
    )
    start = time.process_time()
    assert not len(find_candidates(looks).bits)
    seconds = (time.process_time() - start) * (100_000 / number) ** 2
    assert seconds / 2 < 15 * 60, "on two cores"
