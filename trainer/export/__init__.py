"""Networks for other programs: ONNX graphs, and weights as safetensors or .npz."""

from pathlib import Path
from typing import Any

import numpy as np

from trainer.ground.errors import ExportError
from trainer.ground.files import output
from trainer.runs.network import Network

__all__ = ["ExportError", "export"]

SUFFIXES = (".onnx", ".safetensors", ".npz")


def export(network: Network, path: Path, preprocessing: bool = False) -> dict[str, Any]:
    """Write `network` to `path`, in the format of its suffix, and return a description of the file.

    .onnx: a standard graph, checked against the network's own outputs where onnxruntime is installed. .safetensors and
    .npz: the parameters alone, under their names, in PyTorch's layout.

    Args:
        network: As `trainer.load` returns it.
        path: A file, replaced whole.
        preprocessing: The ONNX graph takes uint8 pixels, or the raw numbers of other data, and scales them itself.

    Returns:
        file; and either arrays, values, dtype, or opset, operators, difference (the largest between onnxruntime's
        outputs and ours, relative to the largest output or 1; None without onnxruntime); and for a table's graph
        columns, the file that describes its inputs.

    Raises:
        ExportError: No such format, a layer without ONNX translation, or a graph that computes something else.
    """
    if path.suffix not in SUFFIXES:
        raise ExportError(f"{path}: its suffix names no format; use one of {', '.join(SUFFIXES)}")
    if path.suffix == ".onnx":
        from trainer.export.onnx import write_onnx

        return write_onnx(network, path, preprocessing)
    if preprocessing:
        raise ExportError(f"{path}: weights alone scale no pixels; leave out --preprocessing or write .onnx")
    tensors = {name: np.ascontiguousarray(network.parameters[name]) for name in network.parameters}
    with output(path) as temporary:
        if path.suffix == ".npz":
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, **tensors)
        else:
            from safetensors.numpy import save

            temporary.write_bytes(save(tensors))  # its own writing fails with an error of its own
    values = sum(array.size for array in tensors.values())
    return {"file": str(path), "arrays": len(tensors), "values": values, "dtype": str(network.parameters.dtype)}
