"""What is said about a scene: `Turn`, `Conversation`, `Answer`, `Sample`.

The one format that data, training, evaluation and serving share. Regions inside a text are markers `<r0>`,
`<r1>` … that point into the turn's exact regions; a codec of `geoglot.regions.codecs` writes them out for one
model and reads them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geoglot.errors import InputError
from geoglot.regions import Region
from geoglot.scenes import Scene
from geoglot.tasks import Parsed, TaskName, Value

if TYPE_CHECKING:
    from PIL.Image import Image

    from geoglot.regions.codecs import Codec

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said. text may hold markers <r0>, <r1> … for `regions`, in any order, each as often as wanted."""

    role: Role
    text: str
    regions: tuple[Region, ...] = ()

    def written(self, codec: Codec, sizes: Sequence[tuple[int, int]]) -> str:
        """Give the text with every marker replaced by the codec's text; sizes: (width, height) of each frame."""
        text = self.text
        for index, region in enumerate(self.regions):
            text = text.replace(f"<r{index}>", codec.write(region, sizes[region.frame]))
        return text


@dataclass(frozen=True, slots=True, eq=False)
class Conversation:
    """Turns about one scene; the last turn is the one to answer."""

    scene: Scene | None
    turns: tuple[Turn, ...]

    def __post_init__(self) -> None:
        if not self.turns or not self.turns[-1].text.strip():
            raise InputError(
                "an empty question", expected="a question in words", hint='for instance: "How many ships are there?"'
            )

    @classmethod
    def about(cls, scene: Scene | None, question: str, *, regions: tuple[Region, ...] = ()) -> Conversation:
        """Start a conversation with one question. regions: what markers <r0> … in the question point to."""
        return cls(scene, (Turn("user", question, regions),))

    @property
    def question(self) -> Turn:
        """The last turn."""
        return self.turns[-1]

    def then(self, answer: Answer, question: str, *, regions: tuple[Region, ...] = ()) -> Conversation:
        """Give the conversation that goes on with the answer and a further question."""
        reply = Turn("assistant", answer.text, answer.regions)
        return replace(self, turns=(*self.turns, reply, Turn("user", question, regions)))


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a model says, and what it rests on.

    value: typed by the task, `unit` beside it. regions: in pixels of the scene's frames (of the whole raster,
    also when only a part was asked about). evidence: ids of the facts used. query: how the question was read.
    confidence: calibrated probability that `value` (or the text) is right. unsure: below the model's threshold,
    or out of its depth; the reason is in `warnings`. seconds: {"read": …, "answer": …}.
    """

    text: str
    task: TaskName
    model: str
    model_sha256: str = ""
    value: Value = None
    unit: str | None = None
    regions: tuple[Region, ...] = ()
    evidence: tuple[str, ...] = ()
    query: Mapping[str, Json] = field(default_factory=dict)
    confidence: float = 0.0
    unsure: bool = False
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    question: str = ""
    scene: Scene | None = None

    def read_in(self, seconds: float) -> Answer:
        """Give the same answer with the time that reading the files took."""
        return replace(self, seconds={"read": seconds, **self.seconds})

    def as_json(self) -> dict[str, Json]:
        """Give the JSON document that the command line and the HTTP API return."""
        from geoglot.answers import as_json

        return as_json(self)

    def to_geojson(self) -> dict[str, Json]:
        """Give an RFC 7946 feature collection. Raises PlaceError if the scene has no place on Earth."""
        from geoglot.answers import to_geojson

        return to_geojson(self)

    def picture(self) -> Image:
        """Draw the regions with labels and scores over the first frame that they lie in."""
        from geoglot.answers import picture

        return picture(self)

    def save(self, path: str | Path) -> Path:
        """Write .geojson, .gpkg, .png, .html, .json or .tif, by suffix: whole, then named. Give the path."""
        from geoglot.answers import save

        return save(self, Path(path))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A conversation with its truth. id is unique and stable inside its data set; licence is an SPDX id or words."""

    id: str
    conversation: Conversation
    task: TaskName
    truth: Parsed
    references: tuple[str, ...] = ()
    type: str = ""
    source: str = ""
    licence: str = ""
    split: str = ""
