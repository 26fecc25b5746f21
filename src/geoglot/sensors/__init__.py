"""What measured a scene: sensors, their bands, and how to tell them from a name or from the file."""

from geoglot.sensors.guess import Guess, Structure, by_structure
from geoglot.sensors.match import match, with_wavelengths
from geoglot.sensors.ranges import rescaled, usual_range
from geoglot.sensors.recognise import NameMatch, at_baseline, by_name, by_tags
from geoglot.sensors.registry import all_sensors, find, get, load, names
from geoglot.sensors.sensor import Band, Kind, Sensor, Unit
from geoglot.sensors.stored import as_stored
from geoglot.sensors.units import check_values, convert, wavelength_um

__all__ = [
    "Band",
    "Guess",
    "Kind",
    "NameMatch",
    "Sensor",
    "Structure",
    "Unit",
    "all_sensors",
    "as_stored",
    "at_baseline",
    "by_name",
    "by_structure",
    "by_tags",
    "check_values",
    "convert",
    "find",
    "get",
    "load",
    "match",
    "names",
    "rescaled",
    "usual_range",
    "wavelength_um",
    "with_wavelengths",
]
