"""`_target_` to object."""

import sys

import pytest

from trainer.datasets import Dataset
from trainer.ground.targets import instantiate, maker, resolve
from trainer.ground.values import ConfigError
from trainer.models import Composite, Layer, losses
from trainer.training.callbacks import Callback
from trainer.training.optimizers import Optimizer

# What a user's own package looks like; `allow` admits it.
PACKAGE = '''
from __future__ import annotations
from abc import ABC, abstractmethod

class Shape:
    pass

class Circle(Shape):
    def __init__(self, radius: float, center: tuple[float, float] = (0.0, 0.0)):
        if radius <= 0:
            raise ValueError(f"radius: {radius} is not in (0, inf)")
        self.radius, self.center = radius, center

class Square(Shape):
    def __init__(self, side: float):
        if side <= 0:
            raise ValueError(f"side: {side} is not positive")

class Point(Shape):
    pass

class Grumpy(Shape):
    def __init__(self, mood: str):
        raise ValueError("not today")

class Group(Shape):
    def __init__(self, parts: dict[str, Shape], first: Shape | None = None, more: tuple[Shape, ...] = ()):
        self.parts, self.first, self.more = parts, first, more

class Late(Shape):
    raw_options = ("parts",)
    def __init__(self, parts: dict):
        self.parts = parts

class Abstract(Shape, ABC):
    @abstractmethod
    def area(self): ...

class Alien:
    pass
'''


@pytest.fixture(autouse=True)
def shapes(tmp_path, monkeypatch):
    (tmp_path / "own_shapes.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_shapes", raising=False)
    import own_shapes

    return own_shapes


@pytest.fixture
def make(shapes):
    return maker(shapes.Shape, allow=("own_shapes",))


def spec(name, **options):
    return {"_target_": f"own_shapes.{name}", **options}


def test_options_are_converted(make):
    circle = make(spec("Circle", radius=2, center=[1, 2]), "shape")
    assert (circle.radius, circle.center) == (2.0, (1.0, 2.0))
    assert isinstance(circle.radius, float)


def test_program_supplies_options(shapes):
    circle = instantiate(spec("Circle"), shapes.Shape, "shape", allow=("own_shapes",), radius=3.0)
    assert circle.radius == 3.0


def test_class_without_constructor(make, shapes):
    assert isinstance(make(spec("Point"), "shape"), shapes.Point)


def test_nested_specs_become_objects(make, shapes):
    group = make(spec("Group", parts={"a": spec("Point")}, first=spec("Point"), more=[spec("Point")]), "shape")
    assert isinstance(group.parts["a"], shapes.Point)
    assert isinstance(group.first, shapes.Point)
    assert isinstance(group.more[0], shapes.Point)


def test_raw_options_are_left_alone(make):
    parts = {"a": spec("Point")}
    assert make(spec("Late", parts=parts), "shape").parts == parts


def test_spec_is_not_changed(make):
    given = spec("Group", parts={"a": spec("Circle", radius=1)})
    make(given, "shape")
    assert given == spec("Group", parts={"a": spec("Circle", radius=1)})


@pytest.mark.parametrize(
    ("given", "key", "message"),
    [
        (spec("Circle", radios=1), "shape.radios", "Circle has no option 'radios'; did you mean 'radius'?"),
        (spec("Point", size=1), "shape.size", "Point has no option 'size'; it has none"),
        (spec("Circle"), "shape", "Circle needs the option 'radius'"),
        (spec("Circle", radius="big"), "shape.radius", "'big' is not a number"),
        (spec("Circle", radius=-1), "shape.radius", "Circle: -1.0 is not in (0, inf)"),
        (spec("Square", side=0), "shape.side", "Square: 0.0 is not positive"),
        (spec("Grumpy", mood="bad"), "shape", "Grumpy: not today"),
        (spec("Circel"), "shape._target_", "own_shapes has no class 'Circel'; did you mean 'Circle'?"),
        (spec("Alien"), "shape._target_", "own_shapes.Alien is not a Shape"),
        (spec("Abstract"), "shape._target_", "own_shapes.Abstract does not define area, as a Shape must"),
        ({"_target_": "Popen"}, "shape._target_", "Popen: a class is named with its package; write my_package.Popen"),
        (spec("Group", parts={"a": spec("Circle")}), "shape.parts.a", "Circle needs the option 'radius'"),
        (spec("Group", parts={"a": spec("Alien")}), "shape.parts.a._target_", "own_shapes.Alien is not a Shape"),
        ({"_target_": "own_shapes.deep.X"}, "shape._target_", "own_shapes.deep.X: no module 'own_shapes.deep'"),
        ({"radius": 1}, "shape", "it names no class; give it the _target_ of a Shape"),
        ("Circle", "shape", "it names no class; give it the _target_ of a Shape"),
    ],
)
def test_mistakes(make, given, key, message):
    with pytest.raises(ConfigError) as caught:
        make(given, "shape")
    assert str(caught.value) == message
    assert caught.value.key == key


@pytest.mark.parametrize("target", ["os.system", "own_shapes.Point", "modelsx.Linear", "subprocess.Popen"])
def test_foreign_packages_need_permission(target):
    with pytest.raises(ConfigError, match="only classes of models, datasets, trainer may be named"):
        instantiate({"_target_": target}, object, "shape")


def test_foreign_package_is_not_even_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "own_shapes", raising=False)
    with pytest.raises(ConfigError):
        instantiate(spec("Point"), object, "shape")
    assert "own_shapes" not in sys.modules


@pytest.mark.parametrize(
    ("name", "base", "meant"),
    [
        ("Linear", Layer, "models.Linear"),
        ("Conv2D", (Layer, Composite), "models.Conv2d"),
        ("residual", (Layer, Composite), "models.Residual"),
        ("CrossEntropy", losses.Loss, "models.losses.CrossEntropy"),
        ("SGD", Optimizer, "trainer.optimizers.SGD"),
        ("Digits", Dataset, "datasets.Digits"),
        ("EarlyStopping", Callback, "trainer.callbacks.EarlyStopping"),
    ],
)
def test_a_name_without_its_package_leads_to_our_class(name, base, meant):
    with pytest.raises(ConfigError) as caught:
        instantiate({"_target_": name}, base, "x")
    assert str(caught.value) == f"{name}: a class is named with its package; did you mean '{meant}'?"
    resolve({"_target_": meant}, base, "x")
