"""The layers, one file for each family. List a new layer here, so that editors and type checkers know it too."""

from trainer.models.layers.activation import (
    ELU,
    GELU,
    Activation,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from trainer.models.layers.combine import Add, Concatenate, Multiply
from trainer.models.layers.composite import Repeat, Residual, Sequential
from trainer.models.layers.convolution import Conv2d
from trainer.models.layers.dropout import Dropout
from trainer.models.layers.embedding import Embedding, Embeddings
from trainer.models.layers.expression import AutogradLayer, Expression
from trainer.models.layers.linear import Linear
from trainer.models.layers.normalization import BatchNorm
from trainer.models.layers.pooling import AvgPool2d, GlobalAvgPool, MaxPool2d
from trainer.models.layers.shape import Flatten

__all__ = [
    "ELU",
    "GELU",
    "Activation",
    "Add",
    "AutogradLayer",
    "AvgPool2d",
    "BatchNorm",
    "Concatenate",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Embeddings",
    "Expression",
    "Flatten",
    "GlobalAvgPool",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "Multiply",
    "ReLU",
    "Repeat",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]
