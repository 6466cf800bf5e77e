"""Configured networks as PyTorch modules, with the same names."""

from collections import OrderedDict
from typing import Any


def lenet5(torch: Any) -> Any:
    """Return the counterpart of configs/model/lenet5.yaml."""
    nn = torch.nn
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 6, 5, padding=2, bias=False),
            norm1=nn.BatchNorm2d(6),
            act1=nn.Tanh(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5, bias=False),
            norm2=nn.BatchNorm2d(16),
            act2=nn.Tanh(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(16, 120, 5, bias=False),
            norm3=nn.BatchNorm2d(120),
            act3=nn.Tanh(),
            flatten=nn.Flatten(),
            fc1=nn.Linear(120, 84),
            drop1=nn.Dropout(0.3),
            act4=nn.Tanh(),
            head=nn.Linear(84, 10),
        )
    )
