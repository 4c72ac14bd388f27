"""Architectures that are refused, and why; measured against CTranslate2 4.8."""

from llmtb.inference.errors import ModelError
from llmtb.inference.models.conversions.decoder import FAMILIES

REASONS = {
    "gemma": "no mapping here; CTranslate2's own converter runs Gemma 1 exactly",
    "gemma2": "CTranslate2 4.8 leaves out its soft-capping",
    "gemma3": "CTranslate2 4.8 is wrong beyond its sliding window",
    "gemma3_text": "CTranslate2 4.8 is wrong beyond its sliding window",
    "mistral": "CTranslate2 4.8 is wrong beyond its sliding window",
    "phi3": "CTranslate2 4.8's converter does not read it",
    "smollm3": "CTranslate2 4.8 has no loader for it",
    "granite": "CTranslate2 4.8 has no loader for it",
    "qwen2moe": "experts are not supported",
    "qwen3moe": "experts are not supported",
    "xlm-roberta": "its positions begin elsewhere than BERT's; no mapping here",
    "roberta": "its positions begin elsewhere than BERT's; no mapping here",
}
ROPE = (
    "its rope scaling is not written by CTranslate2 4.8's converters, so long prompts go wrong"
    " (Llama 3.1 and 3.2)"
)
INSTEAD = "take SmolLM2, Qwen2.5, Qwen3 or Llama without rope scaling, or serve it behind HTTP"


def refuse(where: object, architecture: str, why: str = "") -> ModelError:
    """The error for a model that cannot be converted, with the reason and what to take instead."""
    reason = why or REASONS.get(architecture, f"only {', '.join(FAMILIES)} and BERT are known")
    return ModelError(f"{where}: {architecture!r} is not converted: {reason}; {INSTEAD}")
