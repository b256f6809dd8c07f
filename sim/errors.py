"""What a wrong input raises."""


class InputError(ValueError):
    """A file or value given by the user is wrong; the message names it, its value and what was expected."""
