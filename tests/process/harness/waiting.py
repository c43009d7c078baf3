"""Waiting for conditions. No test sleeps for luck: each waits for what it needs, with a deadline."""
import time

POLL_PERIOD_S = 0.02


class NotReached(AssertionError):
    pass


def wait_until(condition, deadline_s=20, what=None):
    """The first true value of `condition`, asked again and again. NotReached after `deadline_s`."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise NotReached(f"not within {deadline_s} s: {what or condition}")
        time.sleep(POLL_PERIOD_S)
