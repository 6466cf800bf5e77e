"""The errors of this package."""


class GraphError(Exception):
    """A network that cannot be built or computed, because shapes, wiring, names or what a layer gives do not fit.

    Args:
        problem: What does not fit, with the shapes at fault.
        remedy: What to do about it. The builder puts the name of the node before and the origin of its input between.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__("; ".join(filter(None, (problem, remedy))))
        self.problem, self.remedy = problem, remedy


class PoisonError(Exception):
    """The poisoned mode found memory written to that must stay as it is: a fault of a layer or kernel."""
