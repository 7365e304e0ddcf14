"""What the user did wrong."""


class Mistake(Exception):  # noqa: N818 # it is no fault of the program
    """What the user did wrong and should do instead, in one line."""
