"""A network as a standard ONNX graph, checked against its own outputs."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from trainer import __version__
from trainer.datasets import Field, Table, Text
from trainer.export.inputs import Pixels, PreparedInputs, Values
from trainer.export.layers import convert
from trainer.export.table import RawColumns, description
from trainer.export.writer import BATCH, OUTPUT, Writer
from trainer.ground.errors import ExportError
from trainer.ground.extras import install_hint
from trainer.ground.files import output
from trainer.runs.network import Network

OPSET = 17
TOLERANCE = 1e-5  # of outputs, relative to the largest one or to 1
TRIALS = (1, 16)  # sizes of the batches that are compared


def write_onnx(network: Network, path: Path, preprocessing: bool = False) -> dict[str, Any]:
    """Write the graph and return its description; see `trainer.export.export`. Raises ExportError."""
    try:
        import onnx
    except ImportError as error:
        raise ExportError(f"writing .onnx needs the package onnx; {install_hint('onnx')}") from error
    try:
        inputs = _inputs(network, preprocessing)
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from None
    model = build(network, inputs)
    about: dict[str, Any] = {"opset": OPSET, "operators": len(model.graph.node)}
    written = []
    if isinstance(network.dataset, Table):
        columns = json.dumps(description(network, preprocessing), indent=1)
        onnx.helper.set_model_props(model, {p.key: p.value for p in model.metadata_props} | {"table": columns})
        about["columns"] = str(path.with_suffix(".json"))
        written.append((path.with_suffix(".json"), columns.encode()))
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    difference = check(network, content, inputs)
    for place, data in [*written, (path, content)]:
        with output(place) as temporary:
            temporary.write_bytes(data)
    return {"file": str(path), **about, "difference": difference}


def _inputs(network: Network, preprocessing: bool) -> PreparedInputs:
    """Return the inputs of a graph of `network`. Raises ExportError if it cannot do the preprocessing."""
    if not preprocessing:
        return PreparedInputs(network)
    if isinstance(network.dataset, Table):
        return RawColumns(network)
    if isinstance(network.dataset, Text) or len(network.graph.inputs) > 1:
        what = "numbers of characters" if isinstance(network.dataset, Text) else ", ".join(network.graph.inputs)
        raise ExportError(f"the network takes {what}, which need no preprocessing; leave out --preprocessing")
    if network.dataset.pixels is None:
        raise ExportError("the data do not say whether they are bytes; leave out --preprocessing")
    return Pixels(network) if network.dataset.pixels else Values(network)


def build(network: Network, inputs: PreparedInputs) -> Any:
    """Return the network as an `onnx.ModelProto`, which takes `inputs`.

    Its output is `output`, float32, of the network's last layer: logits, if the softmax is in the loss; values in the
    user's units, if the data were standardised. The names of the classes, mean and std are in its metadata, as JSON.
    """
    import onnx
    from onnx import TensorProto, helper

    writer = Writer(network, inputs.declared())
    tensors = inputs.write(writer)
    for node in network.graph.nodes:
        writer.enter(node.name, [tensors[name] for name in node.inputs], node.input_shapes, node.parameters)
        tensors[node.name] = convert(node.layer, writer)
    last = tensors[network.graph.nodes[-1].name]
    writer.enter(OUTPUT, [last], [], {})
    if network.dataset.target_std:
        scaled = writer.emit("Mul", last, writer.constant([network.dataset.target_std]))
        last = writer.emit("Add", scaled, writer.constant([network.dataset.target_mean]))
    writer.nodes.append(helper.make_node("Identity", [last], [OUTPUT], name=OUTPUT))
    outputs = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [BATCH, *network.graph.output_shape])
    taken = [
        helper.make_tensor_value_info(name, _type(field), [BATCH, *field.shape])
        for name, field in inputs.declared().items()
    ]
    graph = helper.make_graph(writer.nodes, "network", taken, [outputs], writer.constants)
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


def _type(field: Field) -> int:
    """Return ONNX's number for an input's type: int64 for integers, float32 for values unless they are float64."""
    from onnx import helper

    dtype = np.dtype(field.dtype)
    plain = dtype.name in ("uint8", "bool", "float64")
    return helper.np_dtype_to_tensor_dtype(dtype if plain else np.dtype(np.int64 if field.is_integer else np.float32))


def check(network: Network, model: bytes, inputs: PreparedInputs) -> float | None:
    """Return the largest difference from onnxruntime's outputs on random inputs; None if it is not installed.

    Raises:
        ExportError: It exceeds TOLERANCE.
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
        given, same = inputs.trial(rng, batch)
        (theirs,) = session.run(None, given)
        ours = network.run(same)
        if network.dataset.target_std:
            ours = network.problem.predictions(ours)
        worst = max(worst, float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max())))
    if not worst <= TOLERANCE:
        raise ExportError(f"onnxruntime computes other outputs than this network: they differ by {worst:.2g}")
    return worst
