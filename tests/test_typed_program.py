"""The program that `.ci/types` checks does what its types say."""

import numpy as np

from tests import typed_program


def test_program_runs():
    np.testing.assert_array_equal(typed_program.network(), np.full((3, 2), 2, np.float32))
    assert typed_program.derivative() == 3
