"""Videos are lists of frames by time; each is decoded alone, and as exactly as if all before it had been."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import BandError, InputError, NoData, ReadError
from geoglot.regions import Box
from geoglot.scenes import video_decoder
from geoglot.scenes.scene import Frame, HowTold, Scene, SceneKind
from geoglot.scenes.video import VideoFrames, open_video

WIDTH, HEIGHT, COUNT, RATE = 96, 64, 50, 10


STRIPES = 6


def pictures(count: int = COUNT) -> list[NDArray[np.uint8]]:
    """Frames that show their number in upright stripes, one a bit, so that lossy coding cannot change it."""
    wide = WIDTH // STRIPES
    bits = [[(index >> bit) & 1 for bit in range(STRIPES)] for index in range(count)]
    rows = [np.repeat(np.array(line, np.uint8) * 160 + 40, wide) for line in bits]
    return [np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3)).copy() for row in rows]


def number_in(frame: Frame) -> int:
    """Which of the fabricated pictures a frame shows."""
    middles = frame.bands("red")[0][HEIGHT // 2, WIDTH // STRIPES // 2 :: WIDTH // STRIPES]
    return sum(int(level > 120) << bit for bit, level in enumerate(middles))


def write(
    path: Path, frames: list[NDArray[np.uint8]], codec: str = "mpeg4", pixels: str = "yuv420p", **more: str
) -> Path:
    with av.open(str(path), "w") as out:
        for key, value in more.items():
            out.metadata[key] = value
        stream = out.add_stream(codec, rate=RATE, options={"g": "12"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        stream.time_base = Fraction(1, RATE)
        for index, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures())


def frames_of(scene: Scene) -> VideoFrames:
    assert isinstance(scene.frames, VideoFrames)
    return scene.frames


def test_a_video_tells_its_length_rate_and_size(clip: Path) -> None:
    scene = open_video(clip)
    frames = frames_of(scene)
    assert scene.kind is SceneKind.VIDEO
    assert len(frames) == COUNT
    assert (scene.size, frames.clip.rate_hz, frames.clip.duration_s) == ((WIDTH, HEIGHT), 10.0, 5.0)
    assert (scene.sensor.name, scene.frame.told_by) == ("rgb", HowTold.GUESS)
    assert dict(frames[15].notes)["seconds"] == "1.500"


CONTAINERS = [
    ("mp4", "mpeg4", "yuv420p"),
    ("mp4", "h264", "yuv420p"),
    ("mkv", "libvpx-vp9", "yuv420p"),
    ("avi", "mjpeg", "yuvj420p"),
    ("ts", "mpeg2video", "yuv420p"),
]


@pytest.mark.parametrize(("suffix", "codec", "pixels"), CONTAINERS)
def test_every_frame_is_found_in_any_order(tmp_path: Path, suffix: str, codec: str, pixels: str) -> None:
    try:
        path = write(tmp_path / f"clip.{suffix}", pictures(40), codec, pixels)
    except (ValueError, av.FFmpegError) as error:
        pytest.skip(f"this PyAV has no encoder {codec}: {error}")
    frames = frames_of(open_video(path))
    assert len(frames) == pytest.approx(40, abs=1)  # a transport stream does not count its frames
    order = [0, 39 if len(frames) == 40 else 38, 5, 6, 7, 20, 3, 3, 30, 12]
    assert [number_in(frames[index]) for index in order] == order


@settings(max_examples=20)
@given(order=st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=6))
def test_the_order_of_looking_does_not_matter(clip: Path, order: list[int]) -> None:
    frames = frames_of(open_video(clip))
    assert [number_in(frames[index]) for index in order] == order


def test_opening_decodes_one_frame_only(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("a frame was decoded without being asked for")

    monkeypatch.setattr(video_decoder, "decoder", refuse)
    monkeypatch.setattr("geoglot.scenes.video.decoder", refuse)
    frames = frames_of(open_video(clip))
    assert [frame.size for frame in frames[10:20:3]] == [(WIDTH, HEIGHT)] * 4
    assert len(frames.sample(7)) == 7


def test_a_time_gives_the_frame_shown_then(clip: Path) -> None:
    frames = frames_of(open_video(clip))
    for seconds, number in ((0.0, 0), (0.05, 0), (0.1, 1), (1.99, 19), (2.0, 20), (5.0, 49)):
        assert number_in(frames.at(seconds)) == number
    with pytest.raises(InputError, match="not in the video"):
        frames.at(5.5)
    with pytest.raises(InputError):
        frames.at(-0.1)


@given(count=st.integers(1, 80))
def test_samples_are_spread_evenly(clip: Path, count: int) -> None:
    frames = frames_of(open_video(clip))
    seconds = [float(dict(frame.notes)["seconds"]) for frame in frames.sample(count)]
    assert len(seconds) == min(count, COUNT)
    assert seconds == sorted(set(seconds))
    steps = np.diff(seconds)
    assert steps.size == 0 or steps.max() - steps.min() < 0.11
    assert abs(float(np.mean(seconds)) - (COUNT - 1) / RATE / 2) <= 0.06


def test_no_frame_cannot_be_sampled(clip: Path) -> None:
    with pytest.raises(InputError):
        frames_of(open_video(clip)).sample(0)


def test_indexes_count_from_either_end(clip: Path) -> None:
    frames = frames_of(open_video(clip))
    assert number_in(frames[-1]) == COUNT - 1
    with pytest.raises(IndexError):
        frames[COUNT]


def test_the_time_of_recording_runs_with_the_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", pictures(12), creation_time="2024-05-06T10:00:00.000000Z")
    frames = frames_of(open_video(path))
    assert frames[0].time == datetime(2024, 5, 6, 10, tzinfo=UTC)
    assert frames[10].time == datetime(2024, 5, 6, 10, 0, 1, tzinfo=UTC)


def test_without_a_time_of_recording_there_is_none(clip: Path) -> None:
    assert open_video(clip).time is None


def test_a_window_of_a_video_is_a_window_of_each_frame(clip: Path) -> None:
    scene = open_video(clip).window(Box(10, 10, 30, 20))
    assert scene.size == (20, 10)
    assert scene.frames[3].bands("red").shape == (1, 10, 20)


def test_a_sideways_video_is_shown_upright(tmp_path: Path) -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 10, np.uint8)
    picture[:, : WIDTH // 2] = 240  # bright on the left as stored
    path = write(tmp_path / "clip.mp4", [picture] * 3)
    raw = path.read_bytes()
    one, end = 0x10000, 0x40000000  # the header's matrix: 16.16 fixed point, the last column 2.30
    upright = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, end)
    clockwise = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, end)
    place = raw.index(upright, raw.index(b"tkhd"))
    path.write_bytes(raw[:place] + clockwise + raw[place + 36 :])
    frame = open_video(path).frame
    assert frame.size == (HEIGHT, WIDTH)
    shown = frame.bands("red")[0]
    assert shown[: WIDTH // 2 - 4].mean() > 200  # a quarter turn clockwise puts the left on top
    assert shown[WIDTH // 2 + 4 :].mean() < 50


def test_the_callers_sensor_counts(clip: Path) -> None:
    frame = open_video(clip, sensors.get("uav-rgb")).frame
    assert (frame.sensor.name, frame.told_by) == ("uav-rgb", HowTold.USER)
    scene = open_video(clip, sensors.get("thermal-display"))
    assert scene.frame.band_names == ("thermal",)
    assert any("brightness" in warning for warning in scene.warnings)
    with pytest.raises(BandError):
        open_video(clip, sensors.get("sentinel-1-grd"))


def test_a_video_without_frames_is_no_data(tmp_path: Path) -> None:
    path = tmp_path / "empty.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        out.start_encoding()
    with pytest.raises(NoData, match="no frames"):
        open_video(path)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(NoData, match="no picture track"):
        open_video(path)


@pytest.mark.parametrize("kept", [20, 200, 2000])
def test_a_video_cut_off_is_a_read_error(clip: Path, tmp_path: Path, kept: int) -> None:
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:kept])
    with pytest.raises(ReadError):
        open_video(tmp_path / "cut.mp4")


@settings(max_examples=30, deadline=None)
@given(place=st.integers(0, 5000), value=st.integers(0, 255))
def test_a_changed_byte_never_breaks_the_reader(clip: Path, place: int, value: int) -> None:
    raw = bytearray(clip.read_bytes())
    raw[place % len(raw)] = value
    changed = clip.with_name("changed.mp4")
    changed.write_bytes(raw)
    try:
        frames = frames_of(open_video(changed))
        frames[len(frames) // 2].bands("red", size=(4, 4))
    except ReadError:
        pass


@pytest.mark.data
def test_real_drone_video_with_telemetry(shared_data: Path) -> None:
    scene = open_video(shared_data / "real" / "aerial_video" / "karma_coast_gpmf.mp4")
    frames = frames_of(scene)
    assert (scene.size, len(frames), frames.clip.codec) == ((854, 480), 120, "h264")
    assert frames.clip.rate_hz == pytest.approx(29.97, abs=0.01)
    assert frames.clip.duration_s == pytest.approx(4.004, abs=0.001)
    assert "GoPro MET" in dict(scene.frame.notes)["other tracks"]
    first, last = frames[0].bands(size=(64, 36)), frames[-1].bands(size=(64, 36))
    assert 20 < float(first.mean()) < 235
    assert float(np.abs(first - last).mean()) > 2  # the drone flew


@pytest.mark.data
def test_real_video_is_the_same_by_seeking_and_in_order(shared_data: Path) -> None:
    path = shared_data / "real" / "aerial_video" / "karma_coast_gpmf.mp4"
    with av.open(str(path)) as container:
        in_order = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    frames = frames_of(open_video(path))
    for index in (100, 3, 57, 119, 0):
        assert np.array_equal(np.moveaxis(frames[index].bands(), 0, 2), in_order[index])


@pytest.mark.data
def test_real_crossroad_video(shared_data: Path) -> None:
    scene = open_video(shared_data / "real" / "aerial_video" / "kit_ais_crossroad.mp4")
    frames = frames_of(scene)
    assert (scene.size, len(frames), frames.clip.rate_hz) == ((684, 546), 20, 2.0)
    assert [dict(frame.notes)["seconds"] for frame in frames.sample(4)] == ["1.000", "3.500", "6.000", "8.500"]
