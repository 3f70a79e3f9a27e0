"""One member of the features folder: a network's features and what is left above.

- `member.json`: where the network was cut and what lies on either side;
- `features.npy`: one feature a row; left out where the cut is at the input and there is
  no other view or size, because the features are then the images themselves;
- `above.json`, `above.weights.h5`: the part above the cut, where there is one, so that
  training never has to know which network it was;
- `below.json`, `below.weights.h5`: the part below, where there is one: what makes
  features of pictures when the model is used.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headswap.features.parts import CutNetwork
from headswap.features.rows import Pictures, write_features, write_pixels
from headswap.machine.fingerprint import hash_file, hash_text
from headswap.machine.store import Store
from headswap.params.features import Section


def write_member(
    network: CutNetwork,
    pictures: Pictures,
    hashes: Sequence[bytes],
    store: Store,
    options: Section,
    output: Path,
) -> dict[str, Any]:
    """Write a member's folder; return the facts in its `member.json`.

    Args:
        network: cut.
        pictures: of the rows.
        hashes: of the pictures.
        store: where rows may be, and where new ones go.
        options: how the features are computed.
        output: folder to write.
    """
    output.mkdir(exist_ok=True)
    for name, content in network.files.items():
        (output / name).write_bytes(content)
    features = output / "features.npy"
    if network.row_shape:
        write_features(features, pictures, hashes, network, store, options)
    elif network.image_size != pictures.size or pictures.has_views:
        write_pixels(features, pictures, network.image_size, store)
    num_bytes = features.stat().st_size if features.exists() else 0
    written = [*hashes, *map(hash_file, sorted(output.iterdir()))]
    facts = {
        **network.facts,
        "cache_megabytes": round(num_bytes / 1e6, 3),
        "content": hash_text(written),
    }
    text = json.dumps(facts, indent=2)
    (output / "member.json").write_text(text + "\n", encoding="utf-8")
    print(
        f"{facts['backbone']} cut after {facts['cut_after']}: "
        f"{facts['parameters_below']:,} parameters below, "
        f"{facts['parameters_above']:,} above ({facts['parameters_trained']:,} trained)"
        f", {facts['cache_megabytes']:,} MB cached"
        + (f", by {facts['engine']} on {facts['device']}" if facts["engine"] else "")
    )
    return facts
