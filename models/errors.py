"""The one error of this package."""


class GraphError(Exception):
    """A network that cannot be built, because shapes, wiring or names do not fit.

    Args:
        problem: What does not fit, with the shapes at fault.
        remedy: What to do about it. The builder puts the name of the node before and the origin of its input between.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__("; ".join(filter(None, (problem, remedy))))
        self.problem, self.remedy = problem, remedy
