"""Waiting for something to become true, with a deadline and never a bare sleep."""

import time


def eventually(check, within=15.0, every=0.05, what="the condition"):
    """Calls `check` until it returns something true, and returns that.

    An AssertionError or OSError counts as "not yet"; the last one is the cause of the failure at the deadline.
    """
    deadline = time.monotonic() + within
    last = None
    while True:
        try:
            result = check()
            if result:
                return result
            last = None
        except (AssertionError, OSError) as problem:
            last = problem
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s") from last
        time.sleep(every)
