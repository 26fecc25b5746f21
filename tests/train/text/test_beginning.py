"""`start=FOLDER`: members begin from folders as transformers saves them, and from no others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as Bytes
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from geoglot.errors import InputError, ModelError  # noqa: E402
from geoglot.nets import tokens  # noqa: E402
from geoglot.nets.box_head import BoxHeadConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.mask_head import MaskHeadConfig  # noqa: E402
from geoglot.nets.trajectory_head import TrajectoryHeadConfig  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.train import checkpoint, start  # noqa: E402
from geoglot.train.recipes.family import recipe as family_recipe  # noqa: E402
from geoglot.train.recipes.family.recipe import FamilyRecipe, Typical  # noqa: E402
from geoglot.train.text.beginning import published  # noqa: E402
from geoglot.train.text.courses import VOCABULARY, Course, Origin, member_course  # noqa: E402
from geoglot.train.text.pupil import Pupil  # noqa: E402
from geoglot.train.text.views import Talk  # noqa: E402
from geoglot.train.text.vocabulary import TURNS, Vocabulary  # noqa: E402
from tests.nets.published import shaken  # noqa: E402
from tests.nets.test_deepseek_vl2 import Published as DeepSeek  # noqa: E402
from tests.train.text.test_member import BANDS, talk  # noqa: E402

BASE = 400  # ids of the published writer
IMAGE_ID = 310
WRITER = {
    "vocab_size": BASE, "hidden_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 16, "intermediate_size": 64, "tie_word_embeddings": True,
}  # fmt: skip
THETA = {"qwen3_vl": 5e6, "qwen3": 1e6}


def tokenizer(folder: Path, *, size: int = 320, own: str = "<image>") -> None:
    """As published ones: byte pairs, and words of its own, one spelled as one of ours."""
    made = Tokenizer(BPE())
    made.pre_tokenizer = ByteLevel(add_prefix_space=False)
    made.decoder = Bytes()
    trainer = BpeTrainer(vocab_size=size, initial_alphabet=ByteLevel.alphabet(), show_progress=False)
    made.train_from_iterator(["How many ships are there in the harbour?"] * 3, trainer)
    made.add_special_tokens([own, "<|im_end|>"])
    transformers.PreTrainedTokenizerFast(tokenizer_object=made).save_pretrained(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Random weights of each kind, saved by transformers."""
    root = tmp_path_factory.mktemp("published")
    rope = {kind: {"rope_type": "default", "rope_theta": theta} for kind, theta in THETA.items()}
    whole = transformers.Qwen3VLConfig(
        vision_config={
            "depth": 4, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 8,
            "out_hidden_size": 48, "num_position_embeddings": 16, "deepstack_visual_indexes": [0, 1, 2],
        },
        text_config={**WRITER, "rope_parameters": {**rope["qwen3_vl"], "mrope_section": [4, 2, 2]}},
        image_token_id=IMAGE_ID, tie_word_embeddings=True,
    )  # fmt: skip
    eye = transformers.SiglipVisionConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=2, image_size=32, patch_size=8,
        vision_use_head=False,
    )  # fmt: skip
    made = {
        "qwen3_vl": transformers.Qwen3VLForConditionalGeneration(whole),
        "siglip": transformers.SiglipVisionModel(eye),
        "qwen3": transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**WRITER, rope_parameters=rope["qwen3"])),
        "bert": transformers.BertModel(transformers.BertConfig(
            vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)),
    }  # fmt: skip
    for name, model in made.items():
        shaken(model).save_pretrained(root / name)
        tokenizer(root / name)
    return {name: root / name for name in made}


def family(name: str = "superset", theta: float = 5e6) -> FamilyRecipe:
    found = family_recipe(name)
    assert isinstance(found.config, FamilyConfig)
    words = {"superset": tokens.superset, "earth-onevision": tokens.earth_onevision}[name](BASE)
    headed = name == "superset"
    config = replace(
        found.config,
        trunk=TrunkConfig(32, 4, 2, 48, patch=8, taps=(0, 1, 2), learned=4, final_norm=False,
                          ground=found.config.trunk.ground),
        bridge=replace(found.config.bridge, hidden=128, acsa_heads=2),
        writer=WriterConfig(words.vocab, 48, 4, 4, 2, 16, 64, rope_theta=theta, qk_norm=True),
        image=words[tokens.IMAGE],
        boxes=BoxHeadConfig(words[tokens.BOXES], 4, narrow=16, layers=1) if headed else None,
        mask=MaskHeadConfig(words[tokens.MASK], width=16) if headed else None,
        trajectory=TrajectoryHeadConfig(words[tokens.TRAJECTORY], narrow=16, layers=1) if headed else None,
    )  # fmt: skip
    return replace(found, config=config, typical=Typical(32))


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Talks from memory; those of several frames are optical ones here."""

    def read(folder: Path) -> Talk:
        sensor = folder.name.removeprefix("simulated-")
        return replace(talk(sensor if sensor in BANDS else "optical", count=2), name=folder.name)

    monkeypatch.setattr("geoglot.train.text.courses.talk.read", read)


def course(out: Path, *starts: Path, name: str = "superset", theta: float = 5e6) -> Course:
    return member_course(family(name, theta), out / "talk", out, rows=1, length=200, steps=1, starts=starts)


def member_of(found: Course) -> Member:
    assert isinstance(found.model, Pupil)
    return found.model.member


@pytest.mark.parametrize("name", ["superset", "earth-onevision"])
def test_a_course_begins_from_a_whole_model_with_its_words(
    name: str, folders: Mapping[str, Path], tmp_path: Path
) -> None:
    member = member_of(course(tmp_path, folders["qwen3_vl"], name=name))
    theirs = transformers.Qwen3VLForConditionalGeneration.from_pretrained(folders["qwen3_vl"])
    words = theirs.model.language_model.embed_tokens.weight
    assert torch.equal(member.writer.words.weight[:BASE], words)
    vocabulary = Vocabulary.read(tmp_path / VOCABULARY)
    published_ids = Tokenizer.from_file(str(folders["qwen3_vl"] / "tokenizer.json")).encode("How many ships?").ids
    assert vocabulary.ids("How many ships?") == published_ids
    assert (vocabulary.base, vocabulary["<image>"], len(vocabulary)) == (BASE, BASE, member.config.writer.vocab)
    assert all(vocabulary[word] < BASE for word in TURNS)
    kind, sha256 = Origin.read(tmp_path).start.split()
    assert (kind, len(sha256)) == ("qwen3_vl", 64)


def test_an_eye_and_a_writer_of_two_folders_begin_together(folders: Mapping[str, Path], tmp_path: Path) -> None:
    """An encoder that was saved alone names its weights without the model around it."""
    member = member_of(course(tmp_path, folders["siglip"], folders["qwen3"], theta=1e6))
    eye = transformers.SiglipVisionModel.from_pretrained(folders["siglip"])
    (positions,) = (one for name, one in eye.named_parameters() if name.endswith("position_embedding.weight"))
    assert member.trunk.positions is not None
    assert torch.equal(member.trunk.positions, positions)
    assert [one.split()[0] for one in Origin.read(tmp_path).start.split("; ")] == ["siglip_vision_model", "qwen3"]
    with pytest.raises(InputError, match="one writer"):
        course(tmp_path / "two", folders["qwen3"], folders["qwen3_vl"])


def test_ringmo_agent_begins_from_deepseek_vl2_and_from_no_other(folders: Mapping[str, Path], tmp_path: Path) -> None:
    DeepSeek().save(tmp_path)
    with pytest.raises(ModelError, match=r"tokenizer|words of its writer"):
        published(tmp_path, "ringmo-agent")
    tokenizer(tmp_path)
    assert published(tmp_path, "ringmo-agent").kind == "deepseek_vl_v2"
    with pytest.raises(ModelError, match="cannot begin from such a model"):
        published(folders["qwen3_vl"], "ringmo-agent")
    with pytest.raises(InputError, match="no published start"):
        published(folders["qwen3_vl"], "ringmo")


def test_folders_of_another_kind_with_code_or_with_pickles_are_refused(
    folders: Mapping[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="cannot begin from such a model"):
        course(tmp_path, folders["bert"])
    with pytest.raises(ModelError, match="transformers folder"):
        course(tmp_path, tmp_path / "nowhere")
    brought = shutil.copytree(folders["qwen3"], tmp_path / "code")
    settings = json.loads((brought / "config.json").read_text(encoding="utf-8"))
    (brought / "config.json").write_text(json.dumps({**settings, "auto_map": {"AutoModel": "code.Model"}}))
    with pytest.raises(ModelError, match="code of its own"):
        course(tmp_path, brought)
    pickled = shutil.copytree(folders["qwen3"], tmp_path / "pickle")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ModelError, match="Pickled weights"):
        course(tmp_path, pickled)
    assert not (tmp_path / VOCABULARY).exists()


def test_a_tokenizer_without_free_ids_is_refused(tmp_path: Path) -> None:
    tokenizer(tmp_path)
    path = tmp_path / "tokenizer.json"
    size = Tokenizer.from_file(str(path)).get_vocab_size()
    with pytest.raises(ModelError, match="no ids free"):
        Vocabulary.extended(path, base=size + len(TURNS) - 1, added=("<image>",))
    assert Vocabulary.extended(path, base=size + len(TURNS), added=("<image>",)).base == size + len(TURNS)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="no vocabulary"):
        Vocabulary.extended(path, base=BASE, added=("<image>",))


def test_a_resumed_run_keeps_the_hash_of_its_start_and_takes_no_other(
    folders: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through `start`, as `geoglot train superset --set start=FOLDER` calls it."""
    monkeypatch.setattr(start, "family_recipe", lambda name, _: family(name))
    settings = {"out": str(tmp_path), "rows": "1", "length": "200", "steps": "1", "talks": str(tmp_path)}
    given = [*settings.items(), ("start", str(folders["qwen3_vl"]))]
    assert start.start("superset", given, resume=False).finished
    began = Origin.read(tmp_path).start
    assert began.startswith("qwen3_vl ")
    for again in (given, list(settings.items())):  # the folder may be gone by then
        assert start.start("superset", again, resume=True).finished
        assert Origin.read(tmp_path).start == began
    other = [*settings.items(), ("start", str(folders["siglip"]))]
    with pytest.raises(InputError, match="begun from other weights"):
        start.start("superset", other, resume=True)
    assert Origin.read(tmp_path).start == began
    assert checkpoint.newest(tmp_path) is not None
