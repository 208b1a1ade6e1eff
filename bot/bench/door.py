"""Our own doors without the worker beside them, so that only acknowledging is measured."""

import os
import sys

from bot import log, settings
from bot.app import App
from bot.serve import listen
from bot.wiring import world


def main() -> None:
    """Serve on the port that is given, until told to stop."""
    log.set_up("WARNING")
    loaded = settings.load(dict(os.environ))
    listen(App(world(loaded), works=False), host="127.0.0.1", port=int(sys.argv[1]))


if __name__ == "__main__":
    main()
