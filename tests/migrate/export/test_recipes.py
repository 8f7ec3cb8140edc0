from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tools.migrate.export.recipes import BLOCK, ZERO, quantize_blocks, quantize_rows

MATRICES = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 70), st.integers(1, 5)),
    elements=st.floats(-100, 100, width=32).map(lambda value: np.float32(round(value, 3))),
)


@given(MATRICES)
def test_blocks_are_within_a_step(weight):
    quantized, scales = quantize_blocks(weight)
    inputs, outputs = weight.shape
    assert quantized.shape == (outputs, -(-inputs // BLOCK), BLOCK)
    assert quantized.dtype == np.uint8
    assert scales.dtype == np.float32
    restored = (quantized.astype(np.float32) - ZERO) * scales[..., None]
    columns = restored.reshape(outputs, -1)
    # Half a step, but a whole one where a value mirrors the largest: +128 steps do not fit.
    steps = np.repeat(np.abs(scales), BLOCK, axis=1)[:, :inputs]
    assert np.all(np.abs(columns[:, :inputs] - weight.T) <= steps * 1.001)
    assert np.all(columns[:, inputs:] == 0)


@given(MATRICES)
def test_rows_are_within_half_a_step(rows):
    quantized, scales = quantize_rows(rows)
    assert quantized.dtype == np.int8
    assert np.all(np.abs(quantized * scales - rows) <= scales * 0.501)


@pytest.mark.parametrize("value", [1.0, -1.0, 3e-5])
def test_the_largest_value_of_a_block_is_exact(value: float):
    weight = np.full((BLOCK, 1), value / 2, np.float32)
    weight[7] = value
    quantized, scales = quantize_blocks(weight)
    assert quantized[0, 0, 7] == 0
    assert (0 - ZERO) * scales[0, 0] == np.float32(value)


def test_zeros_stay_zeros():
    quantized, scales = quantize_blocks(np.zeros((40, 2), np.float32))
    assert np.all(quantized == ZERO)
    assert np.all(scales == 0)
    assert np.all(quantize_rows(np.zeros((3, 8), np.float32))[0] == 0)
