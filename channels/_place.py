"""A place on the map, where the numbers are one."""

from channels.base import Pin

MOST_NORTH = 90
MOST_EAST = 180


def place(latitude: float, longitude: float, label: str = "", *, live: bool = False) -> Pin | None:
    """Give the pin, or nothing: an app that does not know where it is says (0, 0)."""
    on_earth = abs(latitude) <= MOST_NORTH and abs(longitude) <= MOST_EAST  # NaN is not, either
    if not on_earth or (latitude == 0 and longitude == 0):
        return None
    return Pin(latitude, longitude, label, live)
