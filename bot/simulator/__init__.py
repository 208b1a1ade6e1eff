"""Stands in for Twilio and Telegram on the wire, and shows three phones on a web page."""

from bot.simulator.settings import SimulatorSettings
from bot.simulator.simulator import Simulator

__all__ = ["Simulator", "SimulatorSettings"]
