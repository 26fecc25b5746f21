"""What measured a scene: sensors, their bands, and how to tell them from a name or from the file."""

from geoglot.sensors.ranges import rescaled, usual_range
from geoglot.sensors.registry import all_sensors, get, load, names
from geoglot.sensors.sensor import Band, Kind, Sensor, Unit

__all__ = [
    "Band",
    "Kind",
    "Sensor",
    "Unit",
    "all_sensors",
    "get",
    "load",
    "names",
    "rescaled",
    "usual_range",
]
