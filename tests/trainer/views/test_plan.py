"""Where the parts of a network's drawing go."""

from dataclasses import dataclass

import pytest

from trainer.views.folding import Block, Folded, Unit
from trainer.views.plan import ASPECT, Plan


@dataclass(frozen=True)
class Fixed:
    """A part whose texts are wider than what paths lead to."""

    unit: Unit
    width: float = 0.9
    above: float = 0.3
    below: float = 0.5
    port: float = 0.1


def chain(count: int, slide: float) -> Plan[Fixed]:
    """A chain of parts of one size, each a block."""
    units = [Unit("learned", [f"layer{number}"]) for number in range(count)]
    blocks = [Block((number,), 1, unit.names[0]) for number, unit in enumerate(units)]
    network = Folded(units, [(number, number + 1) for number in range(count - 1)], blocks)
    return Plan(network, [Fixed(unit) for unit in units], slide)


@pytest.mark.parametrize(("count", "slide", "lines"), [(6, 8.5, 1), (30, 8.5, 4), (30, 100, 1)])
def test_lines_fill_a_slide(count, slide, lines):
    plan = chain(count, slide)
    assert len({plan.row(centre) for centre in plan.centres}) == lines
    assert plan.width <= slide + 1 or plan.width / plan.height == pytest.approx(ASPECT, rel=0.3)


def test_a_path_to_the_next_line_goes_around_both_ends():
    plan = chain(30, 8.5)
    place = next(place for place in range(29) if plan.row(plan.centres[place]) < plan.row(plan.centres[place + 1]))
    line = [part[-1] for part in plan.route(place, place + 1, plan.paths[place])]
    assert max(x for x, _ in line) > plan.place(plan.centres[place])[0] + plan.boxes[place].width / 2
    assert min(x for x, _ in line) < plan.place(plan.centres[place + 1])[0] - plan.boxes[place + 1].width / 2
    (_, level), (_, same) = line[2:4]
    assert level == same  # between the two lines
    assert plan.place(plan.centres[place])[1] > level > plan.place(plan.centres[place + 1])[1]


def test_a_path_bends_only_beyond_what_is_written_around_its_ends():
    units = [Unit("input", ["one"]), Unit("input", ["other"]), Unit("join", ["sum"])]
    edges = [(0, 2), (1, 2)]
    plan = Plan(Folded(units, edges, [Block((0, 1, 2), 1, "")]), [Fixed(unit) for unit in units])
    lines = [plan.route(*edge, path) for edge, path in zip(edges, plan.paths, strict=True)]
    (line,) = [line for line in lines if len(line) > 2]
    (start,), (leaves,), (*_, arrives), (end,) = line
    assert leaves[0] - start[0] == pytest.approx(0.45 - 0.1)
    assert end[0] - arrives[0] == pytest.approx(0.45 - 0.1)
    assert (start[1], arrives[1]) == (leaves[1], end[1])


def test_a_block_of_several_parts_has_a_frame_if_it_has_a_name_or_repeats():
    plan = chain(2, 8.5)
    assert not plan.framed(Block((0,), 1, "one"))
    assert not plan.framed(Block((0, 1), 1, ""))
    assert plan.framed(Block((0, 1), 1, "both"))
    assert plan.framed(Block((0,), 3, "one"))
