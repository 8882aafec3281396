"""An op for scaled matrices refuses common dtypes, and has no kernel for a CPU."""

import pytest
import torch
from torch.nn import functional

from benchmarks.catalogue.excused import SCALED
from tests.catalogue.excused.named import shipped


@pytest.mark.parametrize("name", [name for name in shipped(SCALED) if name.startswith("F.")])
def test_an_op_for_scaled_matrices_runs_on_no_cpu(name):
    function, whole = getattr(functional, name.removeprefix("F.")), functional.ScalingType.TensorWise
    x, matrix, scale = torch.ones(16, 16), torch.ones(16, 16), torch.ones(())
    with pytest.raises(ValueError, match="fp8"):
        function(x, matrix, matrix.t(), scale, whole, scale, whole)
    with pytest.raises(NotImplementedError, match="'CPU' backend"):
        function(x, *(each.to(torch.float8_e4m3fn) for each in (matrix, matrix.t())), scale, whole, scale, whole)
