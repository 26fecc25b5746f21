"""Change: the same place at two or more dates, and the exact difference between them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import UnknownName
from geoglot.simulate import light
from geoglot.simulate.contrast import SEEN, contrast
from geoglot.simulate.draws import draw_gsd_m, draw_view
from geoglot.simulate.emit import CLASS, KEY, P_CROP, kit
from geoglot.simulate.epoch import Epoch, Event
from geoglot.simulate.noise import generator
from geoglot.simulate.render import SimulatedScene, View, develop, layers_for, render
from geoglot.simulate.scene import FURTHER_SENSORS, SENSORS, choose_frame, choose_theme, world_of
from geoglot.simulate.tables import material
from geoglot.simulate.truth import Frame
from geoglot.simulate.view_optical import OpticalView
from geoglot.simulate.world import Layers, World

CHANGES = (
    "none", "construction", "demolition", "flood", "flood receded", "harvest", "burn", "clearing", "arrival",
    "departure",
)  # fmt: skip
PAIR_SENSORS = ("optical", "thermal", "sar", "hyperspectral")
_PAIR = 97
_NEAR, _ANY = 0.06, 0.5  # how far apart the seasons of two dates may be, in years
MOVING = ("arrival", "departure")
"""What comes and goes by itself; all other changes last."""
# A drawn place may lack what should change (no building to go, no field to cut): then another place is drawn.
_ATTEMPTS = 5
_LEAST_CHANGE = 0.004
# What a state that came, or a state that went, is called.
_CAME = {"vacant": "demolition", "flooded": "flood", "harvested": "harvest", "burnt": "burn", "cleared": "clearing"}
_WENT = {"vacant": "construction", "flooded": "flood receded"}
# The state that makes each kind; construction is the way back from the vacant lot.
_STATES = {kind: state for state, kind in _CAME.items()} | {"construction": "vacant"}
# The kinds of pair that are drawn, and the scenes in which each can happen.
_SCENES = {
    "construction": ("medium residential", "dense residential", "industrial area", "apartment blocks", "storage tanks"),
    "demolition": ("medium residential", "dense residential", "industrial area", "city centre", "greenhouses"),
    "flood": ("river", "lake", "bridge", "beach"),
    "harvest": ("agricultural", "farm", "wind farm"),
    "burn": ("forest", "mountain", "pasture"),
    "clearing": ("forest", "pasture"),
    "traffic": ("parking lot", "airport", "harbour", "motorway", "sea", "intersection"),
    "season": ("forest", "agricultural", "park", "pasture", "medium residential"),
}


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPair:
    """Two dates of one frame.

    kind: what happened: one of the keys of the drawn kinds. change: uint8 (H, W), index into CHANGES; seasons change
    no pixel of it. shift_px: how far (x, y) the second image is misregistered; all truth is in the first one's grid.
    unseen: the lasting changes of CHANGES that happened and cannot be seen in these two images (`contrast`).
    """

    before: SimulatedScene
    after: SimulatedScene
    kind: str
    change: NDArray[np.uint8]
    shift_px: tuple[float, float]
    unseen: tuple[str, ...] = ()


def change_kinds() -> tuple[str, ...]:
    """What can happen in a pair."""
    return tuple(_SCENES)


def change_between(first: Layers, second: Layers, epochs: tuple[Epoch, Epoch], frame: Frame) -> NDArray[np.uint8]:
    """(H, W) index into CHANGES of what differs between two layers of one window, at the frame's pixel size.

    A pixel changed if another labelled object or none stands on it, or its ground is another material, save for snow.
    It takes the name of the event that covers it; what moves by itself arrived or departed.
    """
    mobile = [_is_mobile(layers)[_cut(layers, frame)] for layers in (first, second)]
    other = _other_thing(first, second, frame)
    either = differs(first, second, frame)
    out = np.zeros(other.shape, np.uint8)
    rows, columns = np.indices(other.shape)
    x = frame.x_m + (columns + 0.5) * frame.gsd_m
    y = frame.y_m + (rows + 0.5) * frame.gsd_m
    for names, events in ((_WENT, _only(epochs[0], epochs[1])), (_CAME, _only(epochs[1], epochs[0]))):
        for event in events:
            # A building's lot reaches a little beyond the disc that holds its centre.
            near = np.hypot(x - event.x_m, y - event.y_m) < event.radius_m + 60.0
            out[near & either] = CHANGES.index(names.get(event.kind, "none"))
    out[other & mobile[1]] = CHANGES.index("arrival")
    out[other & mobile[0] & ~mobile[1]] = CHANGES.index("departure")
    return out


def differs(first: Layers, second: Layers, frame: Frame) -> NDArray[np.bool_]:
    """(H, W) where another object or none stands, or the ground is another material, save for snow."""
    snow = material("snow")
    under = [layers.under[_cut(layers, frame)] for layers in (first, second)]
    ground = (under[0] != under[1]) & (under[0] != snow) & (under[1] != snow)
    found: NDArray[np.bool_] = ground | _other_thing(first, second, frame)
    return found


def resown(first: Layers, second: Layers, frame: Frame) -> NDArray[np.bool_]:
    """(H, W) where a field was sown anew between two years, with another crop or the same one."""
    one, other = (
        np.append(layers.patches[:, P_CROP], 0.0)[layers.patch][_cut(layers, frame)] for layers in (first, second)
    )
    found: NDArray[np.bool_] = one != other
    return found


def _other_thing(first: Layers, second: Layers, frame: Frame) -> NDArray[np.bool_]:
    one, other = (_keys(layers)[_cut(layers, frame)] for layers in (first, second))
    found: NDArray[np.bool_] = one != other
    return found


def _only(one: Epoch, two: Epoch) -> list[Event]:
    return [event for event in one.events if event not in two.events]


def _cut(layers: Layers, frame: Frame) -> tuple[slice, slice]:
    factor = round(frame.gsd_m / layers.gsd_m)
    c0 = round((frame.x_m - layers.x_m) / layers.gsd_m)
    r0 = round((frame.y_m - layers.y_m) / layers.gsd_m)
    width, height = frame.size_px
    return slice(r0, r0 + height * factor, factor), slice(c0, c0 + width * factor, factor)


def _keys(layers: Layers) -> NDArray[np.float64]:
    keys: NDArray[np.float64] = np.append(layers.objects[:, KEY], -1.0)[layers.thing]
    return keys


def _is_mobile(layers: Layers) -> NDArray[np.bool_]:
    names = kit().kind
    moving = [names.car, names.truck, names.bus, names.ship, names.boat, names.airplane, names.helicopter]
    found: NDArray[np.bool_] = np.append(np.isin(layers.objects[:, CLASS], moving), False)[layers.thing]
    return found


def _epochs(kind: str, frame: Frame, apart: float, rng: np.random.Generator) -> tuple[Epoch, Epoch]:
    """The two dates of a pair: the event in the middle of the frame, and what changes by itself.

    apart: how far the seasons are apart at most, in years; where they are all that differs, it is about half a year.
    """
    width, height = (side * frame.gsd_m for side in frame.size_px)
    x = frame.x_m + width * float(rng.uniform(0.3, 0.7))
    y = frame.y_m + height * float(rng.uniform(0.3, 0.7))
    radius = float(rng.uniform(0.25, 0.55)) * width
    season = float(rng.uniform(0.4, 0.6))
    later = (season + float(rng.uniform(-apart, apart))) % 1.0
    traffic = (int(rng.integers(1, 1 << 30)), int(rng.integers(1, 1 << 30)))
    if kind == "season":
        return Epoch(0.5, traffic[0]), Epoch(float(rng.uniform(0.9, 1.1)) % 1.0, traffic[0])
    if kind == "traffic":
        return Epoch(season, traffic[0]), Epoch(later if apart > _NEAR else season, traffic[1])
    event = Event(_STATES[kind], x, y, radius)
    plain, marked = Epoch(season, traffic[0]), Epoch(later, traffic[1], events=(event,))
    return (replace(marked, season=season), replace(plain, season=later)) if kind == "construction" else (plain, marked)


def pair(
    seed: int,
    index: int,
    *,
    sensor: str = "optical",
    size_px: int = 256,
    gsd_m: float | None = None,
    kind: str | None = None,
    any_seasons: bool = False,
) -> SimulatedPair:
    """The index-th pair of a world: one place before and after something happened, under different suns.

    sensor: one of PAIR_SENSORS; optical images are misregistered by up to half a pixel. kind: one of change_kinds(), or
    None for any. any_seasons: with up to half a year between the seasons of the dates, as between images of different
    years. Without it, seasons that are far apart come without any event, and may be learned to mean none.
    Raises UnknownName for a sensor or a kind, InputError for a size.
    """
    _known("sensor of pairs", sensor, PAIR_SENSORS)
    if kind is not None:
        _known("change", kind, _SCENES)
    for attempt in range(_ATTEMPTS):
        rng = generator(seed, _PAIR, index, attempt)
        drawn = kind or str(rng.choice(list(_SCENES)))
        theme = choose_theme(str(rng.choice(_SCENES[drawn])), rng)
        gsd = draw_gsd_m(sensor, rng) if gsd_m is None else gsd_m
        frame = choose_frame(world_of(seed), theme, index, size_px, gsd, rng)
        epochs = _epochs(drawn, frame, _ANY if any_seasons else _NEAR, rng)
        views = (draw_view(sensor, gsd, rng), draw_view(sensor, gsd, rng))
        found = _seen(world_of(seed), frame, views, epochs, (drawn, theme.label), rng)
        if drawn == "season" or (found.change > 0).mean() > _LEAST_CHANGE:
            break
    return replace(found, unseen=_unseen(found))


def _known(what: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise UnknownName(what, name, names)


def _seen(
    world: World,
    frame: Frame,
    views: tuple[View, View],
    epochs: tuple[Epoch, Epoch],
    names: tuple[str, str],
    rng: np.random.Generator,
) -> SimulatedPair:
    """A frame at two epochs and what differs. names: of the kind of change and of the scene."""
    kind, label = names
    negatives = [layers_for(world, frame, (view,), epoch) for view, epoch in zip(views, epochs, strict=True)]
    change = change_between(negatives[0][0], negatives[1][0], epochs, frame)
    before, after = (
        develop(world, frame, negative, view, label=label, season=epoch.season)
        for negative, view, epoch in zip(negatives, views, epochs, strict=True)
    )
    shift = (0.0, 0.0)
    if isinstance(views[1], OpticalView):
        shift = (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5)))
        after = replace(after, image=light.shifted(after.image, shift[0], shift[1]))
    return SimulatedPair(before, after, kind, change, shift)


def _unseen(pair: SimulatedPair) -> tuple[str, ...]:
    """The lasting changes that nothing in both images tells, of which neither yes nor no is asked or taught."""
    before, after = (_told_in(view) for view in (pair.before, pair.after))
    found = [CHANGES[k] for k in np.unique(pair.change) if k and CHANGES[k] not in MOVING]
    hidden = []
    for name in found:
        event = pair.change == CHANGES.index(name)
        if contrast(before, after, event, (pair.change > 0) & ~event) < SEEN:
            hidden.append(name)
    return tuple(hidden)


def _told_in(view: SimulatedScene) -> NDArray[np.float32]:
    """The image in decibels where it is radar, whose speckle multiplies, else as it is."""
    if view.sensor != "sar":
        return view.image
    return np.asarray(10.0 * np.log10(np.maximum(view.image, 1e-5)), np.float32)


def series(
    seed: int, index: int, *, dates: int = 6, sensor: str = "optical", size_px: int = 256, gsd_m: float = 10.0
) -> tuple[SimulatedScene, ...]:
    """A year of one place: `dates` even dates, fields on their calendars, traffic that comes and goes.

    Raises UnknownName for a sensor that has no scenes.
    """
    _known("simulated sensor", sensor, (*SENSORS, *FURTHER_SENSORS))
    rng = generator(seed, _PAIR, index, dates)
    theme = choose_theme(None, rng)
    world = world_of(seed)
    frame = choose_frame(world, theme, index, size_px, gsd_m, rng)
    epochs = [Epoch(k / dates, int(rng.integers(1, 1 << 30))) for k in range(dates)]
    return tuple(
        render(world, frame, draw_view(sensor, gsd_m, rng), epoch=epoch, label=theme.label)[0] for epoch in epochs
    )
