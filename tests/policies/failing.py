"""A body that fails so many times, for the tests of retry."""


class Failing:
    """Fails so many times, then gives its value; counts its calls."""

    def __init__(self, times, error=ConnectionError, value="rows"):
        self.left, self.error, self.value, self.calls = times, error, value, 0

    def __call__(self):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error("down") if isinstance(self.error, type) else self.error
        return self.value


def body_of(failing):
    def body():
        return failing()

    return body
