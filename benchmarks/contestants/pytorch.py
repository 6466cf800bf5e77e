"""PyTorch, eager or with any of the flags channels_last, fused (optimizer) and compile."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.contestants.protocol import Contestant, relative_error, serve
from benchmarks.contestants.torch_twin import load_weights, set_dropout, torch_twin


class PyTorch(Contestant):
    """A step gets ready tensors: normalised, cut into batches and, with the flag, in channels_last format."""

    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        torch.manual_seed(0)
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        self.folder, self.job = folder, job
        self.batch, self.training = job["workload"]["batch"], job["workload"]["training"]
        self.format = torch.channels_last if "channels_last" in flags else torch.contiguous_format
        self.twin = torch_twin(job["nodes"])
        load_weights(self.twin, np.load(folder / "weights.npz"))
        self.twin.to(memory_format=self.format).train(self.training)
        kind, options = getattr(torch.optim, job["optimizer"]["name"]), job["optimizer"]["options"]
        self.optimizer = kind(self.twin.parameters(), **options, fused="fused" in flags)
        self.network = torch.compile(self.twin) if "compile" in flags else self.twin
        self.images, self.labels = self._examples("")
        self.batches = list(zip(self.images.split(self.batch), self.labels.split(self.batch), strict=True))
        self.steps = self.epochs_done = 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            images, labels = self.batches[self.steps % len(self.batches)]
            self.steps += 1
            if self.training:
                self._train(images, labels)
            else:
                self._predict(images)

    def check(self) -> float:
        twin = torch_twin(self.job["nodes"])
        load_weights(twin, np.load(self.folder / "weights.npz"))
        twin.to(memory_format=self.format).train()
        set_dropout(twin, False)
        self._loss(twin, *self.batches[0]).backward()
        reference = np.load(self.folder / "gradients.npz")
        return max(relative_error(p.grad.contiguous().numpy(), reference[name]) for name, p in twin.named_parameters())

    def epoch(self) -> None:
        order = torch.from_numpy(np.load(self.folder / "orders.npy", mmap_mode="r")[self.epochs_done].astype(np.int64))
        rates = np.load(self.folder / "rates.npy")[self.epochs_done * len(self.batches) :].tolist()
        self.twin.train()
        for indices, rate in zip(order.split(self.batch), rates, strict=False):
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            self._train(self.images[indices], self.labels[indices])
        self.epochs_done += 1

    def accuracy(self) -> float:
        self.twin.eval()
        images, labels = self._examples("test_")
        parts = zip(images.split(self.batch), labels.split(self.batch), strict=True)
        return sum(int((self._predict(x).argmax(1) == y).sum()) for x, y in parts) / len(labels)

    def _train(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        self.optimizer.zero_grad()
        loss = self._loss(self.network, images, labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _loss(self, network: Any, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(network(images), labels, label_smoothing=self.job["label_smoothing"])

    def _predict(self, images: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return self.network(images)

    def _examples(self, prefix: str) -> tuple[torch.Tensor, torch.Tensor]:
        images = torch.from_numpy(np.load(self.folder / f"{prefix}images.npy"))
        mean, std = (torch.tensor(self.job[key]).reshape(-1, 1, 1) for key in ("mean", "std"))
        images = images.float().div_(255).sub_(mean).div_(std).contiguous(memory_format=self.format)
        return images, torch.from_numpy(np.load(self.folder / f"{prefix}labels.npy"))


if __name__ == "__main__":
    serve(PyTorch)
