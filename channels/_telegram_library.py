"""aiogram, loaded once for all threads, when it is first needed."""

import importlib
import threading

_LOADING = threading.Lock()


def load() -> None:
    """Have the whole library loaded before this returns.

    Its modules import each other. Of two threads that load it at once, each can come upon a
    module that the other has not finished, and both fail.
    """
    with _LOADING:
        importlib.import_module("aiogram")
