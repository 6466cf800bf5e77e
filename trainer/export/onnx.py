"""A network as a standard ONNX graph, checked against its own outputs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trainer import __version__
from trainer.export.error import ExportError
from trainer.export.layers import convert
from trainer.ground.extras import install_hint
from trainer.ground.files import output
from trainer.runs.network import Network

OPSET = 17
INPUT, PIXELS, OUTPUT, BATCH = "input", "images", "output", "batch"
TOLERANCE = 1e-5  # of outputs, relative to the largest one or to 1
TRIALS = (1, 16)  # sizes of the batches that are compared


def write_onnx(network: Network, path: Path, preprocessing: bool = False) -> dict[str, Any]:
    """Write the graph and return its description; see `trainer.export.export`. Raises ExportError."""
    try:
        import onnx
    except ImportError as error:
        raise ExportError(f"writing .onnx needs the package onnx; {install_hint('onnx')}") from error
    model = build(network, preprocessing)
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    difference = check(network, content, preprocessing)
    with output(path) as temporary:
        temporary.write_bytes(content)
    return {"file": str(path), "opset": OPSET, "operators": len(model.graph.node), "difference": difference}


def build(network: Network, preprocessing: bool = False) -> Any:
    """Return the network as an `onnx.ModelProto`.

    Its input is `input`, float32 (batch, *shape), scaled already; with preprocessing it is `images`, uint8 pixels of
    that shape. Its output is `output`, float32, of the network's last layer: logits, if the softmax is in the loss. The
    names of the classes, mean and std are in its metadata, as JSON.
    """
    import onnx
    from onnx import TensorProto, helper

    if len(network.graph.inputs) > 1:
        names = ", ".join(network.graph.inputs)
        raise ExportError(f"the network has the inputs {names}; ONNX export takes those of one")
    writer = Writer(network)
    shape = network.input_shape
    if preprocessing:
        inputs = helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, [BATCH, *shape])
        tensors = {"input": writer.scaled(PIXELS)}
    else:
        inputs = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [BATCH, *shape])
        tensors = {"input": INPUT}
    for node in network.graph.nodes:
        writer.enter(node.name, [tensors[name] for name in node.inputs], node.input_shapes, node.parameters)
        tensors[node.name] = convert(node.layer, writer)
    last = tensors[network.graph.nodes[-1].name]
    writer.nodes.append(helper.make_node("Identity", [last], [OUTPUT], name=OUTPUT))
    outputs = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [BATCH, *network.graph.output_shape])
    graph = helper.make_graph(writer.nodes, "network", [inputs], [outputs], writer.constants)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(
        graph,
        opset_imports=[opset],
        producer_name="trainer",
        producer_version=__version__,
        ir_version=helper.find_min_ir_version_for([opset]),
    )
    helper.set_model_props(
        model,
        {
            "classes": json.dumps(network.classes),
            "mean": json.dumps(network.dataset.mean),
            "std": json.dumps(network.dataset.std),
        },
    )
    return onnx.shape_inference.infer_shapes(model)


class Writer:
    """Collects operators and constants; one of our nodes at a time, see `trainer.export.layers.NodeWriter`."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: set[str] = set()
        self.enter(INPUT, [], [], {})

    def enter(
        self,
        name: str,
        inputs: Sequence[str],
        input_shapes: Sequence[tuple[int, ...]],
        parameters: Mapping[str, str],
    ) -> None:
        """Go on with another node of our graph."""
        self.name, self.inputs, self.input_shapes, self._count = name, inputs, input_shapes, 0
        self._parameters = parameters

    def emit(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        output = self._fresh()
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def parameter(self, short: str) -> str:
        name = self._parameters[short]
        if name not in self._known:  # two nodes may share one
            self._store(name, self.network.parameters[name])
        return name

    def constant(self, values: ArrayLike, dtype: str = "float32") -> str:
        return self._store(self._fresh(), values, dtype)

    def scaled(self, pixels: str) -> str:
        """Scale uint8 pixels to the network's input, as `datasets.Loader` does; return the name of the result."""
        from onnx import TensorProto

        dataset, dimensions = self.network.dataset, len(self.network.input_shape)
        mean, std = (
            np.asarray(default if given is None else given, np.float64)
            for given, default in ((dataset.mean, 0.0), (dataset.std, 1.0))
        )
        scale, shift = (np.reshape(values, (-1,) + (1,) * (dimensions - 1)) for values in (1 / 255 / std, -mean / std))
        floats = self.emit("Cast", pixels, to=TensorProto.FLOAT)
        return self.emit("Add", self.emit("Mul", floats, self.constant(scale)), self.constant(shift))

    def _store(self, name: str, values: ArrayLike, dtype: str = "float32") -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        self._known.add(name)
        return name

    def _fresh(self) -> str:
        self._count += 1
        plain = self._count == 1 and self.name not in (INPUT, PIXELS, OUTPUT)
        return self.name if plain else f"{self.name}:{self._count}"


def check(network: Network, model: bytes, preprocessing: bool = False) -> float | None:
    """Return the largest difference from onnxruntime's outputs on random inputs; None if it is not installed.

    Raises ExportError where it exceeds TOLERANCE.
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for batch in TRIALS:
        shape = (batch, *network.input_shape)
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        (theirs,) = session.run(None, {PIXELS: pixels} if preprocessing else {INPUT: _normalised(network, pixels)})
        ours = network.run(pixels)
        worst = max(worst, float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max())))
    if not worst <= TOLERANCE:
        raise ExportError(f"onnxruntime computes other outputs than this network: they differ by {worst:.2g}")
    return worst


def _normalised(network: Network, pixels: np.ndarray) -> np.ndarray:
    from trainer.datasets import Examples

    inputs = np.empty((*network.input_shape, len(pixels)), np.float32)
    network.dataset.loader(Examples(pixels, np.zeros(len(pixels)))).load(np.arange(len(pixels)), inputs)
    return np.ascontiguousarray(np.moveaxis(inputs, -1, 0))
