"""A trained member becomes a folder: what it sees there is what torch sees, and it answers without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import geoglot  # noqa: E402
from geoglot.errors import InputError, WorkError  # noqa: E402
from geoglot.models.autoregressive.bands import seen, triplets  # noqa: E402
from geoglot.models.autoregressive.folder import LOOK, Sight  # noqa: E402
from geoglot.models.autoregressive.pictures import Pictures  # noqa: E402
from geoglot.models.autoregressive.ways import WayHead  # noqa: E402
from geoglot.nets.batch import Batch, frame_group  # noqa: E402
from geoglot.nets.bridge import BridgeConfig, frame_tokens, tile_tokens  # noqa: E402
from geoglot.nets.experts import ExpertsConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.states import States  # noqa: E402
from geoglot.nets.stems import StemConfig  # noqa: E402
from geoglot.nets.told import Told, facts, scale_facts  # noqa: E402
from geoglot.nets.trajectory_head import TrajectoryHead, TrajectoryHeadConfig  # noqa: E402
from geoglot.nets.writer import Writer  # noqa: E402
from geoglot.regions import Box, Grid  # noqa: E402
from geoglot.scenes.arrays import frame_from_array  # noqa: E402
from geoglot.scenes.scene import Frame  # noqa: E402
from geoglot.train.export_heads import write_ways  # noqa: E402
from geoglot.train.export_look import Look, difference, write_look  # noqa: E402
from geoglot.train.export_member import export  # noqa: E402
from geoglot.train.export_writer import TOLERANCE, published, write_onnx  # noqa: E402
from geoglot.train.export_writer import difference as writer_difference  # noqa: E402
from geoglot.train.recipes.family import recipe as family_recipe  # noqa: E402
from geoglot.train.text import low_rank, state  # noqa: E402
from geoglot.train.text.courses import ADDED_WORDS, Origin, vocabulary_of  # noqa: E402
from geoglot.train.text.curricula import curriculum  # noqa: E402
from geoglot.train.text.member_layout import TILES, _viewed  # noqa: E402
from geoglot.train.text.truths import path_of  # noqa: E402
from geoglot.train.text.views import scaled  # noqa: E402
from tests.nets.published import shaken  # noqa: E402
from tests.train.text.test_member import TINY  # noqa: E402

SIDE = 32
CONFIG = replace(TINY, told=True)
RNG = np.random.default_rng(0)
POWER = RNG.lognormal(-3, 1, (2, SIDE, SIDE)).astype(np.float32)
COLOURS = RNG.uniform(0, 0.5, (4, SIDE, SIDE)).astype(np.float32)
THIRTEEN = RNG.uniform(0, 0.5, (13, SIDE, SIDE)).astype(np.float32)


def frame(image: np.ndarray, sensor: str, *bands: str) -> Frame:
    grid = Grid(SIDE, SIDE, "EPSG:32632", (0.5, 0.0, 690_000.0, 0.0, -0.5, 5_334_000.0))
    return frame_from_array(image, sensor=sensor, grid=grid, bands=bands)


OPTICAL = frame(COLOURS, "multispectral-reflectance", "red", "green", "blue", "nir")
RADAR = frame(POWER, "sentinel-1-sigma0", "VV", "VH")
HEAT = frame(COLOURS[:1] * 20 + 285, "thermal-kelvin", "thermal")
MANY = frame(THIRTEEN, "sentinel-2-l1c")


@pytest.fixture(scope="module")
def member() -> Member:
    torch.manual_seed(0)
    return shaken(Member(CONFIG))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def graph(member: Member, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("look") / LOOK
    write_look(member, path, side_px=SIDE)
    return path


@pytest.mark.parametrize(
    ("given", "image", "sensor"),
    [(OPTICAL, COLOURS, "optical"), (RADAR, POWER, "sar"), (HEAT, COLOURS[:1] * 20 + 285, "thermal"),
     (MANY, THIRTEEN, "multispectral")],
)  # fmt: skip
def test_a_frame_is_read_in_the_units_it_was_taught_in(given: Frame, image: np.ndarray, sensor: str) -> None:
    found = seen(given, (SIDE, SIDE))
    taught = scaled(image, sensor).astype(np.float32)
    assert found.sensor == sensor
    assert found.layers == pytest.approx(taught[:3] if sensor == "optical" else taught, abs=5e-3)
    if sensor == "multispectral":
        assert len(found.bands_um) == 13
        assert found.first == (3, 2, 1)


def test_a_picture_of_counts_is_read_as_reflectance_of_land() -> None:
    found = seen(frame((COLOURS[:3] * 510).astype(np.uint8), "rgb"), (SIDE, SIDE))
    assert (found.sensor, found.layers.shape) == ("optical", (3, SIDE, SIDE))
    assert -1.3 <= float(found.layers.min()) <= float(found.layers.max()) <= 1.3


def test_what_is_told_of_a_scale_alone_is_what_is_told() -> None:
    known = (Told(gsd_m=0.3), Told(), Told(gsd_m=30.0))
    torch.testing.assert_close(scale_facts(torch.tensor([0.3, 0.0, 30.0])), facts(known))


def test_the_graph_sees_what_torch_sees(member: Member, graph: Path) -> None:
    assert difference(Look(member), graph, side_px=SIDE) < 1e-4


@pytest.mark.parametrize(("given", "stem"), [(OPTICAL, "rgb"), (RADAR, "sar"), (MANY, "spectral"), (HEAT, "rgb")])
def test_a_frame_becomes_the_tokens_that_the_member_was_taught_with(
    member: Member, graph: Path, given: Frame, stem: str
) -> None:
    """By the other way: a batch of `nets`, its placeholders filled."""
    count = frame_tokens(CONFIG.bridge, 2, 2)
    looked = Pictures(graph, Sight(SIDE, count, 4, {"rgb": 3, "sar": 2, "spectral": 0}), injected=1).look((given,))
    one = seen(given, (SIDE, SIDE))
    pixels = triplets(one.layers, one.first) if stem == "rgb" else one.layers[None]
    bands_um = torch.tensor(one.bands_um) if stem == "spectral" else None
    group = frame_group(stem, torch.from_numpy(pixels), places=(0,), told=(Told(gsd_m=0.5),), bands_um=bands_um)
    with torch.no_grad():
        expected = member.look(Batch(torch.full((1, count), CONFIG.image), (group,)))
    assert looked.tokens == pytest.approx(expected.embeds[0].numpy(), abs=1e-3)
    assert looked.injected is not None
    assert looked.injected[0] == pytest.approx(expected.injected[1][0].numpy(), abs=1e-3)


def test_a_frame_that_no_stem_reads_becomes_several_images(tmp_path: Path) -> None:
    torch.manual_seed(0)
    member = Member(replace(CONFIG, stems=CONFIG.stems[:1]))
    write_look(member, tmp_path / LOOK, side_px=SIDE)
    count = frame_tokens(CONFIG.bridge, 2, 2)
    pictures = Pictures(tmp_path / LOOK, Sight(SIDE, count, 4, {"rgb": 3}), injected=1)
    looked = pictures.look((MANY, RADAR))
    assert looked.sensor == "multispectral"
    assert len(looked.tokens) == (5 + 1) * count
    assert looked.injected is not None
    assert looked.injected.shape == (1, *looked.tokens.shape)
    assert looked.tokens[5 * count :] == pytest.approx(pictures.look((RADAR,)).tokens, abs=1e-5)
    with pytest.raises(InputError, match="no frame"):
        pictures.look(())


def test_a_member_that_makes_no_use_of_scale_takes_it_all_the_same(tmp_path: Path) -> None:
    """As Earth-OneVision: neither patches nor tags are told anything."""
    torch.manual_seed(0)
    silent = Member(replace(TINY, stems=TINY.stems[:1], bridge=replace(TINY.bridge, tags=False)))
    write_look(silent, tmp_path / LOOK, side_px=SIDE)
    count = frame_tokens(silent.config.bridge, 2, 2)
    looked = Pictures(tmp_path / LOOK, Sight(SIDE, count, 4, {"rgb": 3}), injected=1).look((OPTICAL,))
    assert len(looked.tokens) == count


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Member, Path]:
    """As RingMo-Agent, small: tiles, three stems, the last level alone, experts, a head of ways."""
    torch.manual_seed(0)
    writer = replace(TINY.writer, experts=ExpertsConfig(4, 2, 1, 16), tied=False, layers=2, head_dim=16)
    config = replace(
        TINY,
        stems=(StemConfig("rgb"), StemConfig("sar"), StemConfig("thermal")),
        trunk=replace(TINY.trunk, taps=()),
        bridge=BridgeConfig(32, norm=False, layout="tiles"),
        writer=writer,
        boxes=None,
        mask=None,
        trajectory=TrajectoryHeadConfig(writer.vocab - 1, steps=5, narrow=16, layers=1),
    )
    member = shaken(Member(config))
    assert isinstance(member, Member)
    folder = tmp_path_factory.mktemp("agent")
    write_look(member, folder / LOOK, side_px=2 * SIDE)
    return member, folder


@pytest.mark.parametrize(("given", "stem"), [(OPTICAL, "rgb"), (RADAR, "sar"), (HEAT, "thermal")])
def test_a_member_that_tiles_sees_the_whole_and_its_tiles_as_it_was_taught(
    agent: tuple[Member, Path], given: Frame, stem: str
) -> None:
    """By the other way: the frames that training cuts, in a batch of `nets`."""
    member, folder = agent
    count = tile_tokens(SIDE // member.config.trunk.patch, *TILES)
    seeing = Sight(2 * SIDE, count, 4, {"rgb": 3, "sar": 3, "thermal": 3})
    looked = Pictures(folder / LOOK, seeing, injected=0).look((given,))
    one = seen(given, (2 * SIDE, 2 * SIDE))
    frames = np.concatenate([_viewed(image) for image in triplets(one.layers, one.first)])
    told = (Told(gsd_m=0.25),) * len(frames)
    group = frame_group(stem, torch.from_numpy(frames), places=(0,), told=told, tiles=TILES)
    with torch.no_grad():
        expected = member.look(Batch(torch.full((1, count), member.config.image), (group,)))
    assert looked.tokens.shape == (count, member.config.writer.width)
    assert looked.tokens == pytest.approx(expected.embeds[0].numpy(), abs=1e-4)


def test_the_graph_of_a_mixture_of_experts_gives_what_torch_gives(agent: tuple[Member, Path]) -> None:
    member, folder = agent
    assert member.config.writer.experts is not None
    for renormalised in (False, True):
        torch.manual_seed(1)
        mixed = replace(member.config.writer.experts, renormalised=renormalised)
        writer = shaken(Writer(replace(member.config.writer, experts=mixed)))
        assert isinstance(writer, Writer)
        write_onnx(writer.eval(), folder / "writer.onnx", length=32, picture=3)
        assert writer_difference(writer, folder / "writer.onnx", picture=3, injected=0) < 1e-4


@pytest.mark.parametrize("kind", ["mlp", "queries"])
def test_the_graph_of_ways_gives_the_way_that_training_reads(kind: Literal["mlp", "queries"], tmp_path: Path) -> None:
    torch.manual_seed(0)
    head = TrajectoryHead(TrajectoryHeadConfig(0, steps=6, scale_m=50.0, kind=kind, narrow=16, layers=2), 32).eval()
    write_ways(head, tmp_path / "path.onnx", width=32)
    state, visual = torch.randn(32), torch.randn(9, 32)
    with torch.no_grad():
        paths = head(States(state[None], visual[None], torch.ones(1, 9, dtype=torch.bool)))
    expected = path_of(paths, 0, (10.0, 20.0), 0.5, 50.0)
    found = WayHead(tmp_path / "path.onnx", scale_m=50.0)
    way = found.way(state.numpy(), visual.numpy(), start=(10.0, 20.0), gsd_m=0.5)
    assert way.outline == pytest.approx(expected.outline, abs=1e-2)


def test_a_run_of_ringmo_is_refused_for_it_has_no_writer(tmp_path: Path) -> None:
    state.save(tmp_path, 1, {"model.x": torch.zeros(1)}, {"recipe": {"name": "ringmo"}})
    with pytest.raises(InputError, match="no writer") as refused:
        export(tmp_path, tmp_path / "model")
    assert "take_trunk" in str(refused.value.hint)


def test_large_weights_get_their_name_before_the_graph_and_old_ones_go(tmp_path: Path) -> None:
    draft, path = tmp_path / "draft" / "writer.onnx", tmp_path / "writer.onnx"
    draft.parent.mkdir()
    for weights in (b"1", None):
        draft.write_bytes(b"graph")
        if weights is not None:
            draft.with_suffix(".weights").write_bytes(weights)
        published(draft, path)
        assert path.read_bytes() == b"graph"
        assert path.with_suffix(".weights").is_file() == (weights is not None)


def test_a_writer_with_weights_of_their_own_file_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above 1 GB, with the limit lowered; a graph that fails leaves nothing behind."""
    from geoglot.nets.writer import Writer, WriterConfig
    from geoglot.train import export_writer

    torch.manual_seed(0)
    writer = Writer(WriterConfig(40, 32, 1, 2, 2, 16, 32))
    monkeypatch.setattr(export_writer, "LARGEST_INLINE_BYTES", 0)
    export_writer.write_onnx(writer, tmp_path / "writer.onnx", length=32)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["writer.onnx", "writer.weights"]
    found = export_writer.difference(writer, tmp_path / "writer.onnx", picture=-1, injected=0)
    assert found < TOLERANCE
    monkeypatch.setattr(export_writer, "difference", lambda *_, **__: 1.0)
    with pytest.raises(WorkError, match="differs"):
        export_writer.write_onnx(writer, tmp_path / "other.onnx", length=32)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["writer.onnx", "writer.weights"]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="checkpoint"):
        export(tmp_path, tmp_path / "model")


ASK = """
import sys
sys.modules["torch"] = None
from geoglot.cli import main
main(sys.argv[1:])
"""


def untaught(name: str, out: Path) -> Path:
    """A run of a nano member that has not moved: its first weights, adapters among them, and a vocabulary."""
    family = family_recipe(name, "nano")
    assert isinstance(family.config, FamilyConfig)
    torch.manual_seed(0)
    taught = curriculum(family, rows=2, length=640, steps=1)
    holder = nn.Module()
    holder.member = Member(family.config)
    for adapted in taught.low_rank:
        low_rank.adapt(holder, adapted)
    added = ADDED_WORDS[name](family.config.image).words
    vocabulary_of(["Where is the ship?"], out, base=family.config.image, added=added)
    Origin(name, "nano", family.typical.side_px).write(out)
    state.save(out, taught.steps, state.gathered(holder, {}), {"recipe": asdict(taught)})
    return out


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(900)  # a member of nano size is written and opened, on a busy machine
@pytest.mark.parametrize("name", ["ringmo-agent", "earth-onevision"])
def test_an_untaught_member_answers_about_a_real_picture(name: str, tmp_path: Path, shared_data: Path) -> None:
    """Whatever it says is parsed: a number, boxes in its own words, a way from its head."""
    folder = export(untaught(name, tmp_path / "run"), tmp_path / "model")
    model = geoglot.load(folder, max_tokens=40)
    picture = next(iter(sorted((shared_data / "real").rglob("*.jpg"))), None)
    if picture is None:
        pytest.skip("no picture in the data")
    scene = geoglot.read(picture)
    for task in ("presence", "count", "detect", "caption"):
        answer = model.ask(scene, "How many ships are there?", task=task)
        assert answer.model == f"{name}-nano"
        assert not any("could not be read" in warning for warning in answer.warnings)
        assert all(region.score is not None for region in answer.regions)
    if name == "ringmo-agent":
        way = model.ask(scene, "How do I get from <r0> to the road?", region=Box(1, 1, 9, 9), task="navigate")
        assert [region.type for region in way.regions] == ["path"]
        assert tuple(way.regions[0].outline[0]) == (1.0, 1.0)
        with pytest.raises(InputError, match="no words for such places"):
            model.ask(scene, "Segment the water.", task="segment")


@pytest.mark.slow
@pytest.mark.timeout(1200)  # half a minute of processor time, which a busy machine spreads
def test_a_superset_of_a_few_steps_answers_about_a_simulated_image_without_torch(tmp_path: Path) -> None:
    """All its stages, its export, `geoglot ask`."""
    pytest.importorskip("numba")
    from geoglot.simulate import scene
    from geoglot.train.start import start

    run = tmp_path / "run"
    start("superset", [("quick", "true"), ("out", str(run)), ("rows", "2"), ("length", "256")], resume=False)
    folder = export(run, tmp_path / "model")
    assert {path.name for path in folder.iterdir()} == {
        "writer.onnx", "look.onnx", "path.onnx", "boxes.onnx", "mask.onnx", "tokenizer.json", "writer.json",
        "MODEL_CARD.md",
    }  # fmt: skip
    image = tmp_path / "image.png"
    colours = scene(3, 0, sensor="optical", size_px=64).image[:3]
    Image.fromarray((np.clip(colours / 0.3, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)).save(image)
    asked = (("How many cars are there?", "count"), ("Where are cars?", "detect"), ("Outline the water.", "segment"))
    for question, task in asked:
        command = [sys.executable, "-c", ASK, "ask", str(image), question, "--model", str(folder), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert (answer["model"], answer["task"]) == ("superset-nano", task)
        assert not any("could not be read" in warning for warning in answer["warnings"])
