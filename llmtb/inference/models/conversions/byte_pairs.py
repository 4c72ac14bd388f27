"""Byte-level BPE tokenizers, from what a GGUF file tells of them."""

from collections.abc import Sequence

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from llmtb.inference.errors import ModelError

CONTROL, USER_DEFINED = 3, 4  # GGUF's kinds of tokens that are not split

# Qwen's way to cut a text before the pairs are joined: digits stand alone.
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_pair_tokenizer(
    tokens: Sequence[str], kinds: Sequence[int], merges: Sequence[str], cut: str
) -> Tokenizer:
    """The tokenizer of a model. `cut` is GGUF's name of the way texts are cut first.

    Raises ModelError for one that is not known here.
    """
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    try:
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        raise ModelError(f"the tokenizer's tables are damaged: {error}") from None
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if cut == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
    elif cut == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(QWEN), "isolated"), bytes_only]
        )
    else:
        raise ModelError(
            f"the pre-tokenizer {cut!r} is not known (only smollm, qwen2);"
            " give the model's folder with its tokenizer.json instead"
        )
    tokenizer.decoder = decoders.ByteLevel()
    added = [
        AddedToken(token, special=kind == CONTROL, normalized=False)
        for token, kind in zip(tokens, kinds, strict=True)
        if kind in (CONTROL, USER_DEFINED)
    ]
    tokenizer.add_special_tokens([each for each in added if each.special])
    tokenizer.add_tokens([each for each in added if not each.special])
    return tokenizer
