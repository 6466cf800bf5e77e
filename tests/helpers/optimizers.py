"""Update rules on random gradients: ours, PyTorch's, and the textbook's."""

import numpy as np
import pytest
from hypothesis import strategies as st

from trainer.training.optimizers import SGD, Adam, AdamW, Optimizer

rates = st.floats(1e-4, 0.1)
decays = st.sampled_from([0.0, 1e-4, 0.01, 0.3])
betas = st.tuples(st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([0.0, 0.9, 0.999]))
sizes = st.integers(1, 40)
seeds = st.integers(0, 99)
# With β₂ = 0, Adam divides by |g|, and where g = gradient + decay·p nearly cancels, rounding would decide the result.
adam_options = st.fixed_dictionaries(
    {"lr": rates, "betas": betas, "eps": st.sampled_from([1e-8, 1e-4]), "weight_decay": decays}
).filter(lambda options: options["betas"][1] > 0 or options["weight_decay"] == 0)
EXAMPLES = [
    (SGD, {"lr": 0.05}),
    (SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3}),
    (SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}),
    (Adam, {"weight_decay": 1e-3}),
    (AdamW, {}),
]
example_rules = pytest.mark.parametrize(("rule", "options"), EXAMPLES)


def problem(size: int, steps: int, dtype=np.float64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return initial parameters (size,) and the gradients of each step (steps, size)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=size).astype(dtype), rng.normal(size=(steps, size)).astype(dtype)


def run(optimizer: Optimizer, initial: np.ndarray, gradients: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    parameters, state = initial.copy(), optimizer.create_state(initial.size, initial.dtype)
    for step, gradient in enumerate(gradients, start=1):
        optimizer.update(parameters, gradient, state, optimizer.lr, step)
    return parameters, state


def run_torch(rule: type, options: dict, initial: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    torch = pytest.importorskip("torch")
    parameters = torch.tensor(initial, requires_grad=True)
    optimizer = getattr(torch.optim, rule.__name__)([parameters], **options)
    for gradient in gradients:
        parameters.grad = torch.tensor(gradient)
        optimizer.step()
    return parameters.detach().numpy()


def run_plainly(rule: type, options: dict, initial: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Return the parameters by the textbook formulas, without care for temporary arrays."""
    lr, decay = options["lr"], options["weight_decay"]
    p, b, m, v = initial, 0.0, 0.0, 0.0
    for t, g in enumerate(gradients, start=1):
        if rule is AdamW:
            p = p - lr * decay * p
        else:
            g = g + decay * p
        if rule is SGD:
            b = options["momentum"] * b + g
            p = p - lr * (g + options["momentum"] * b if options["nesterov"] else b)
        else:
            beta1, beta2 = options["betas"]
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + options["eps"])
    return p


def check_ten_steps(rule: type, options: dict, size: int, seed: int) -> None:
    """Compare with PyTorch and with the formula."""
    initial, gradients = problem(size, 10, seed=seed)
    ours, _ = run(rule(**options), initial, gradients)
    for theirs in (run_torch, run_plainly):
        np.testing.assert_allclose(ours, theirs(rule, options, initial, gradients), rtol=1e-12, atol=1e-12)
