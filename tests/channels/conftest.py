"""What the tests of channels borrow: the simulator on a real socket, which answers as Twilio."""

from tests.simulator.conftest import ears, stand

__all__ = ["ears", "stand"]
