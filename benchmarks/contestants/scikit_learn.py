"""scikit-learn's MLPClassifier, for stacks of linear layers with one activation, trained by SGD."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.contestants.protocol import Contestant, relative_error, serve

ACTIVATIONS = {"ReLU": "relu", "Tanh": "tanh", "Sigmoid": "logistic"}


class ScikitLearn(Contestant):
    """A step is one `partial_fit` on a ready float32 batch, normalised and flat."""

    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        self.folder, self.job = folder, job
        self.batch = job["workload"]["batch"]
        images, labels = np.load(folder / "images.npy"), np.load(folder / "labels.npy")
        images = (images.reshape(len(images), -1) / np.float32(255) - np.float32(job["mean"])) / np.float32(job["std"])
        parts = [slice(start, start + self.batch) for start in range(0, len(images), self.batch)]
        self.batches = [(images[part], labels[part]) for part in parts]
        self.network, self.steps = self._network(), 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            images, labels = self.batches[self.steps % len(self.batches)]
            self.steps += 1
            self.network.partial_fit(images, labels)

    def check(self) -> float:
        network, weights = self._network(), np.load(self.folder / "weights.npz")
        network.partial_fit(*self.batches[0])  # the first step of SGD with momentum: w ← w − lr·g
        rate, reference = self.job["optimizer"]["options"]["lr"], np.load(self.folder / "gradients.npz")
        return max(
            relative_error((weights[f"{name}.weight"].T - after) / rate, reference[f"{name}.weight"].T)
            for name, after in zip(linear_names(self.job), network.coefs_, strict=True)
        )

    def _network(self) -> MLPClassifier:
        names, options = linear_names(self.job), self.job["optimizer"]["options"]
        weights = np.load(self.folder / "weights.npz")
        kinds = {ACTIVATIONS[node["type"]] for node in self.job["nodes"] if node["type"] in ACTIVATIONS}
        network = MLPClassifier(
            [weights[f"{name}.bias"].size for name in names[:-1]],
            activation=kinds.pop(),
            solver="sgd",
            alpha=0.0,
            batch_size=self.batch,
            learning_rate_init=options["lr"],
            momentum=options["momentum"],
            nesterovs_momentum=False,
            shuffle=False,
        )
        network.partial_fit(*self.batches[0], classes=np.arange(weights[f"{names[-1]}.bias"].size))
        for name, weight, bias in zip(names, network.coefs_, network.intercepts_, strict=True):
            np.copyto(weight, weights[f"{name}.weight"].T)
            np.copyto(bias, weights[f"{name}.bias"])
        for velocity in network._optimizer.velocities:
            velocity.fill(0)
        return network


def fits(job: dict[str, Any]) -> bool:
    """Return whether MLPClassifier can represent this network and train it in this way."""
    kinds = [node["type"] for node in job["nodes"]]
    plain = kinds[1::2] == ["Linear"] * (len(kinds) // 2) and len(set(kinds[2::2])) == 1 and kinds[2] in ACTIVATIONS
    optimizer = job["optimizer"]
    return plain and job["workload"]["training"] and optimizer["name"] == "SGD" and not optimizer["options"]["nesterov"]


def linear_names(job: dict[str, Any]) -> list[str]:
    """Return the names of the linear layers, in order."""
    return [node["name"] for node in job["nodes"] if node["type"] == "Linear"]


if __name__ == "__main__":
    serve(ScikitLearn)
