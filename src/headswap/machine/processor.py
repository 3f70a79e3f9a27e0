"""What the processor can do, as far as the last bits of a result depend on it."""

from pathlib import Path

import numpy as np

CPU_FACTS = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}


def instruction_set() -> str:
    """Return NumPy's name of the widest instructions there are, such as `X86_V3`."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    return [*extensions["baseline"], *extensions.get("found", [])][-1]


def has_bfloat16() -> bool:
    """Whether there are instructions for bfloat16; only Linux is asked."""
    try:
        facts = CPU_FACTS.read_text(encoding="utf-8")
    except OSError:
        return False
    return not BFLOAT16_FLAGS.isdisjoint(facts.split())
