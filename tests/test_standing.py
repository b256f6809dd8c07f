"""How laboratories stand to one another: the compiled loop against the same in NumPy, on random lines."""

import numpy as np

from sim.markets.standing import CHINA, CHINA_OPEN, CLOSED, LEVELS, OPEN, US, US_OPEN, best_line, compare

DRAWS, LABS, LINES, DISTANCE = 5, 6, 11, 4.0
HOME = np.array([0, 0, 1, 1, 2, 0])  # United States, China and another region


def best_by_lab(values, line_lab):
    """The best line of each laboratory, 0 without one: (draws, lines) → (draws, labs)."""
    found = np.zeros((DRAWS, LABS))
    np.maximum.at(found, (slice(None), line_lab), values)
    return found


def best_of_others(own, line_lab):
    """The best of all laboratories but each line's own: (draws, labs) → (draws, lines)."""
    but_one = [np.delete(own, lab, axis=1).max(axis=1) for lab in range(LABS)]
    return np.stack(but_one, axis=1)[:, line_lab]


def test_the_compiled_loop_compares_as_numpy_does():
    rng = np.random.default_rng(3)
    line_lab = np.sort(rng.integers(0, LABS - 1, LINES))  # the last laboratory has no line
    own, open_, coding, on_offer = (np.zeros(shape) for shape in ((DRAWS, LABS),) * 3 + ((6, DRAWS),))
    others, plain, rivals = np.zeros((3, DRAWS, LINES)), np.zeros((2, DRAWS)), np.zeros((DRAWS, LABS))
    first_above = np.full((DRAWS, 2, LEVELS), -1, np.int16)
    expected = first_above.copy()
    shown = np.zeros((4, DRAWS, LINES))
    for _ in range(6):  # months
        better = shown + rng.integers(0, 40, shown.shape)  # whole points: ties happen
        shown = np.where(rng.random((DRAWS, LINES)) < 0.4, better, shown)
        is_open = rng.random((DRAWS, LINES)) < 0.5
        compare(shown, is_open, line_lab, HOME, 0, 1, DISTANCE, own, others, on_offer, plain, rivals, first_above)

        general = best_by_lab(shown[0], line_lab)
        open_, coding = best_by_lab(shown[0] * is_open, line_lab), best_by_lab(shown[2], line_lab)
        assert (own == general).all()
        for found, among in zip(others, (general, open_, coding), strict=True):
            assert (found == best_of_others(among, line_lab)).all()
        for group, best in ((US, general[:, HOME == 0]), (CHINA, general[:, HOME == 1]),
                            (US_OPEN, open_[:, HOME == 0]), (CHINA_OPEN, open_[:, HOME == 1]),
                            (OPEN, shown[0] * is_open), (CLOSED, shown[0] * ~is_open)):  # fmt: skip
            assert (on_offer[group] == best.max(axis=1)).all()
        assert (plain == [(shown[1] * is_open).max(axis=1), (shown[1] * ~is_open).max(axis=1)]).all()
        near = np.abs(general[:, :, None] - general[:, None]) <= DISTANCE
        near &= (HOME[:, None] == HOME) & ~np.eye(LABS, dtype=bool) & (general[:, None] > 0)
        assert (rivals == near.sum(axis=2)).all()
        for way, best in enumerate((general, coding)):
            above = np.arange(LEVELS) <= best.max(axis=1)[:, None]
            expected[:, way] = np.where(above & (expected[:, way] < 0), best.argmax(axis=1)[:, None], expected[:, way])
        assert (first_above == expected).all()


def test_the_best_line_is_the_first_with_the_highest_capability():
    capability = np.array([[0.0, 3.0, 5.0, 5.0], [0.0, 2.0, 1.0, 0.0]])
    among = np.array([[[True, True, True, True], [True, False, True, True]],
                      [[True, True, False, False], [True, False, False, True]]])
    line, found = best_line(among, capability)
    assert line.tolist() == [[2, 2], [1, 0]]
    assert found.tolist() == [[True, True], [True, False]]
