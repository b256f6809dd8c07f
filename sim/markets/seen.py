"""What something was worked out from, so that it is worked out anew only when that has changed."""

from operator import is_

PLAIN = (int, float, str, bytes)


class Seen:
    """The objects that something was last worked out from.

    Sections and records of parameters stay the same objects for as long as nothing in them changes.
    """

    __slots__ = ("_of",)

    def __init__(self):
        self._of: tuple = ()

    def anew(self, *of):
        """Whether anything is another object, number or text than when last asked, bool; the first time it all is."""
        before, self._of = self._of, of
        if len(before) == len(of) and all(map(is_, before, of)):
            return False
        return len(before) != len(of) or any(map(_differ, before, of))


def _differ(a, b):
    return a is not b and not (isinstance(a, PLAIN) and isinstance(b, PLAIN) and a == b)
