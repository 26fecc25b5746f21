"""What measured a scene: `Sensor` and its `Band`s.

A sensor is a value read from a TOML table (`table/*.toml`, or a file of the user's own). Bands are found by
name or by wavelength, never by their place in a file.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from geoglot.errors import BandError


class Kind(enum.StrEnum):
    """The physics of a sensor. It decides rendering, model stem and which questions make sense."""

    RGB = "rgb"  # display values of a camera; no physical unit
    OPTICAL = "optical"  # reflectance or radiance in named wavelengths
    HYPERSPECTRAL = "hyperspectral"  # optical with a list of many narrow bands
    SAR = "sar"
    THERMAL = "thermal"
    ELEVATION = "elevation"
    CLASSES = "classes"  # a map of class numbers, not a measurement


class Unit(enum.StrEnum):
    """Units a band can be in. `DN` are counts with no physical meaning until scaled."""

    DN = "dn"
    DISPLAY = "display"  # 8-bit picture values, gamma unknown
    REFLECTANCE = "reflectance"  # fraction, may exceed 1 over snow and cloud
    RADIANCE = "radiance"  # W m-2 sr-1 um-1
    KELVIN = "kelvin"
    CELSIUS = "celsius"
    AMPLITUDE = "amplitude"  # SAR, square root of intensity, uncalibrated
    SIGMA0 = "sigma0"  # SAR backscatter, linear power
    SIGMA0_DB = "sigma0_db"
    GAMMA0 = "gamma0"
    GAMMA0_DB = "gamma0_db"
    METRE = "metre"
    INDEX = "index"  # dimensionless ratio such as NDVI
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Band:
    """One band: what it is sensitive to and how its stored counts become a physical value.

    physical value = stored * scale + offset, in `unit`. centre_um and width_um (full width at half maximum)
    are micrometres; None for SAR, elevation and classes. polarisation is "VV", "VH", "HH" or "HV" for SAR.
    common is the vendor-neutral name ("red", "nir", "swir16", "thermal", "vv" …; STAC eo common names).
    """

    name: str
    common: str | None = None
    aliases: tuple[str, ...] = ()
    centre_um: float | None = None
    width_um: float | None = None
    polarisation: str | None = None
    gsd_m: float | None = None
    unit: Unit = Unit.DN
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = None
    low: float = 0.0  # display and model range in `unit`: low maps to 0, high to 1
    high: float = 1.0

    def answers_to(self, word: str) -> bool:
        """Tell whether `word` names this band: name, common name or alias, in any case."""
        return word.casefold() in self.words

    @property
    def words(self) -> frozenset[str]:
        """Every name of the band in lower case."""
        return frozenset(w.casefold() for w in (self.name, self.common or self.name, *self.aliases))


@dataclass(frozen=True, slots=True)
class Sensor:
    """A measuring instrument and product level, as told by its table.

    name: "sentinel-2-l2a"; family: the TOML file's name; display: the three (or one) band names that make a
    picture, in order red, green, blue; file_names: regular expressions, searched in a file or folder name,
    with optional groups `time`, `band`, `polarisation`, `baseline`; bands_in_file: the order in which the
    vendor's own multi-band files store them, used only when such a file was recognised by name or tags;
    baseline_offsets: (processing baseline, offset) in rising order: products of that baseline or a later one
    have this offset instead of their bands' own (see `at_baseline`); source: where the numbers were read.
    """

    name: str
    title: str
    family: str
    kind: Kind
    bands: tuple[Band, ...]
    gsd_m: float | None = None
    platform: str = ""
    level: str = ""
    display: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    bands_in_file: tuple[str, ...] = ()
    dtype: str | None = None
    frequency_ghz: float | None = None
    notes: str = ""
    source: str = ""
    tags: tuple[str, ...] = field(default=())
    baseline_offsets: tuple[tuple[str, float], ...] = ()

    def band(self, word: str) -> Band:
        """Give the band that `word` names (name, common name or alias, any case).

        Raises BandError if none or more than one does.
        """
        found = [band for band in self.bands if band.name.casefold() == word.casefold()]
        found = found or [band for band in self.bands if band.answers_to(word)]
        if len(found) != 1:
            known = ", ".join(band.name if not band.common else f"{band.name} ({band.common})" for band in self.bands)
            raise BandError(
                f"{self.name} has {'no band' if not found else 'several bands'} called that",
                value=word,
                expected=f"one of {known}",
                hint=f"see: geoglot sensors {self.name}",
            )
        return found[0]

    def band_at(self, wavelength_um: float) -> Band:
        """Give the band whose response holds the wavelength (µm) and whose centre is nearest to it.

        Raises BandError if no band covers it.
        """
        covering = [
            band
            for band in self.bands
            if band.centre_um is not None
            and abs(band.centre_um - wavelength_um) <= max((band.width_um or 0.0) / 2, 0.005)
        ]
        if not covering:
            raise BandError(f"{self.name} has no band at that wavelength", value=f"{wavelength_um} µm",
                            hint=f"see: geoglot sensors {self.name}")  # fmt: skip
        return min(covering, key=lambda band: abs((band.centre_um or 0.0) - wavelength_um))
