"""What the file itself tells: when, where on Earth, by which sensor, how fine."""

from __future__ import annotations

from geoglot.models.nano.query import Aim, Query
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.seen import Seen
from geoglot.scenes import HowTold


def about(query: Query, seen: Seen) -> Finding:
    """Answer from the metadata of the frame; nothing is guessed."""
    if seen.scene is None or seen.frame >= len(seen.scene.frames):
        return refused("the image's own data are not at hand")
    frame = seen.scene.frames[seen.frame]
    if query.aim is Aim.DATE:
        if frame.time is None:
            return refused("the file does not say when it was taken")
        return Finding(value=frame.time.strftime("%Y-%m-%d %H:%M UTC"), confidence=1.0)
    if query.aim is Aim.RESOLUTION:
        if frame.gsd_m is None:
            return refused("the file does not say how large its pixels are")
        finding = Finding(value=float(f"{frame.gsd_m:.3g}"), unit="m", confidence=1.0)
        return finding if frame.grid.located else finding.noted("this is the sensor's nominal pixel size")
    if query.aim is Aim.SENSOR:
        finding = Finding(value=frame.sensor.title, confidence=1.0)
        return finding.doubted("the sensor was guessed") if frame.told_by is HowTold.GUESS else finding
    if not frame.grid.located:
        return refused("the image's place on Earth is not known")
    width, height = frame.size
    lon, lat = frame.grid.to_lonlat([(width / 2, height / 2)])[0]
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return Finding(value=f"{abs(lat):.4f}° {north}, {abs(lon):.4f}° {east}", confidence=1.0)
