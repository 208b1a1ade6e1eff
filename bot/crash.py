"""Places where the process can be told to die, so that each of them is tried in the tests.

`CRASH_AT=out.accepted:2` ends the process the second time it comes by `out.accepted`, as `kill -9`
would: no handler runs, nothing is flushed. Without the variable a point costs one comparison.
"""

import os
import signal

_NAME, _, _TIMES = os.environ.get("CRASH_AT", "").partition(":")
_left = int(_TIMES or 1)


def point(name: str) -> None:
    """Die here, if this is the place and the time."""
    if name != _NAME:
        return
    global _left  # noqa: PLW0603 - how often we came by is the process's own
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
