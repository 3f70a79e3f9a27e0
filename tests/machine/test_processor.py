"""What the processor can do is read, not tried."""

import numpy as np
import pytest

from headswap.machine import processor


def test_the_widest_instructions_are_named(monkeypatch):
    assert processor.instruction_set()
    for found, expected in [(["X86_V3", "X86_V4"], "X86_V4"), ([], "X86_V2")]:
        extensions = {"baseline": ["X86_V2"], "found": found}
        monkeypatch.setattr(
            np, "show_config", lambda mode, e=extensions: {"SIMD Extensions": e}
        )
        assert processor.instruction_set() == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ("flags : fpu avx2 avx512f", False),
        ("flags : fpu avx512_bf16 avx2", True),
        ("flags : fpu amx_bf16", True),
        (None, False),
    ],
)
def test_bfloat16_is_read_from_the_flags(monkeypatch, tmp_path, facts, expected):
    path = tmp_path / "cpuinfo"
    if facts:
        path.write_text(facts)
    monkeypatch.setattr(processor, "CPU_FACTS", path)
    assert processor.has_bfloat16() == expected
