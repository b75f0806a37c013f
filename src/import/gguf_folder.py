"""A Hugging Face folder from any Llama-type GGUF file: weights, config, tokenizer, chat template."""

import hashlib
import json
import re
import struct
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, dequantize

from gguf_tokenizer import tokenizer_config, tokenizer_json
from publish import MODEL, ImportFailure, folder_aside

_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OTHER_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
_ROPE_FACTORS = "rope_freqs.weight"


def convert(source: Path, target: Path) -> None:
    """Writes `target` whole or not at all. Quantised weights are stored as float32, 16-bit ones as they are if that loses nothing."""
    fields, tensors = _read(source)
    config = _config(fields, tensors, source)
    named = _checked_tensors(tensors, config, source)
    tokenizer = tokenizer_json(fields, source)
    storage = _storage_type(named.values())
    config["torch_dtype"] = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}[storage]
    with folder_aside(target) as folder:
        _write_safetensors(folder / "model.safetensors", named, config, storage)
        _write_json(folder / "config.json", config)
        _write_json(folder / "tokenizer.json", tokenizer)
        _write_json(folder / "tokenizer_config.json", tokenizer_config(fields))
        _write_json(folder / "generation_config.json", _generation_config(fields))
        _write_json(folder / "winnow_import.json", _provenance(source, fields, tensors))


def _read(source: Path) -> tuple[dict, dict]:
    with open(source, "rb") as file:
        if file.read(4) != b"GGUF":
            raise ImportFailure(MODEL, f"{source} is not a GGUF file: it does not begin with 'GGUF'")
    try:
        reader = GGUFReader(source)
        fields = {key: field.contents() for key, field in reader.fields.items()}
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError) as error:
        raise ImportFailure(MODEL, f"{source} is not a complete GGUF file: {error}") from error
    architecture = fields.get("general.architecture")
    if architecture != "llama":
        raise ImportFailure(MODEL, f"{source}: general.architecture is '{architecture}', expected 'llama'")
    return fields, {tensor.name: tensor for tensor in reader.tensors}


def _config(fields: dict, tensors: dict, source: Path) -> dict:
    def required(key: str):
        if key not in fields:
            raise ImportFailure(MODEL, f"{source} lacks the metadata key '{key}'")
        return fields[key]

    for key in ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges"):
        if fields.get("tokenizer.ggml.model") == "gpt2":
            required(key)
    if fields.get("llama.expert_count", 0):
        raise ImportFailure(MODEL, f"{source}: a mixture of {fields['llama.expert_count']} experts, expected a dense model")
    scaling = fields.get("llama.rope.scaling.type", "none")
    if scaling != "none":
        raise ImportFailure(MODEL, f"{source}: llama.rope.scaling.type is '{scaling}', expected 'none' or Llama 3's factors")
    heads = required("llama.attention.head_count")
    hidden = required("llama.embedding_length")
    head_dim = fields.get("llama.attention.key_length", fields.get("llama.rope.dimension_count", hidden // heads))
    theta = _shortest(fields.get("llama.rope.freq_base", 10000.0))
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(fields.get("tokenizer.ggml.tokens", [])),
        "hidden_size": hidden,
        "intermediate_size": required("llama.feed_forward_length"),
        "num_hidden_layers": required("llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": fields.get("llama.attention.head_count_kv", heads),
        "head_dim": head_dim,
        "hidden_act": "silu",
        "rms_norm_eps": _shortest(required("llama.attention.layer_norm_rms_epsilon")),
        "rope_theta": theta,
        "rope_scaling": _llama3_scaling(tensors, theta, head_dim, source),
        "max_position_embeddings": required("llama.context_length"),
        "tie_word_embeddings": "output.weight" not in tensors,
        "attention_bias": False,
        "mlp_bias": False,
    }
    for name, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding")):
        config[f"{name}_token_id"] = fields.get(f"tokenizer.ggml.{key}_token_id")
    return config


def _llama3_scaling(tensors: dict, theta: float, head_dim: int, source: Path):
    """llama.cpp keeps Llama 3's rope scaling only as per-frequency divisors. All published models share three of its four
    numbers; the fourth is the largest divisor. Divisors that these four do not give back are refused."""
    if _ROPE_FACTORS not in tensors:
        return None
    stored = np.asarray(tensors[_ROPE_FACTORS].data, dtype=np.float64).reshape(-1)
    factor, low, high, window = float(stored.max()), 1.0, 4.0, 8192
    wavelength = 2 * np.pi * theta ** (np.arange(0, head_dim, 2) / head_dim)
    smooth = (window / wavelength - low) / (high - low)
    expected = 1 / ((1 - smooth) / factor + smooth)
    expected[wavelength < window / high] = 1
    expected[wavelength > window / low] = factor
    if stored.shape != expected.shape or not np.allclose(stored, expected, rtol=1e-5):
        raise ImportFailure(MODEL, f"{source}: {_ROPE_FACTORS} is not Llama 3's rope scaling (low 1, high 4, window 8192)")
    return {
        "rope_type": "llama3",
        "factor": factor,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": window,
    }


def _checked_tensors(tensors: dict, config: dict, source: Path) -> dict:
    """The file's tensors under their Hugging Face names; every one expected, present and of the right shape."""
    expected = _expected_shapes(config)
    named = {}
    for name, tensor in tensors.items():
        if name == _ROPE_FACTORS:
            continue
        hf_name = _hf_name(name)
        if hf_name not in expected:
            raise ImportFailure(MODEL, f"{source}: tensor '{name}' is no part of a Llama model of this size")
        shape = tuple(int(n) for n in reversed(tensor.shape))
        if shape != expected[hf_name]:
            raise ImportFailure(MODEL, f"{source}: tensor '{name}' has shape {shape}, expected {expected[hf_name]}")
        named[hf_name] = tensor
    missing = sorted(expected.keys() - named.keys())
    if missing:
        raise ImportFailure(MODEL, f"{source} lacks {len(missing)} of its tensors, the first of them '{missing[0]}'")
    return named


def _expected_shapes(config: dict) -> dict:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    query = config["num_attention_heads"] * config["head_dim"]
    key = config["num_key_value_heads"] * config["head_dim"]
    layer = {
        "input_layernorm": (hidden,),
        "self_attn.q_proj": (query, hidden),
        "self_attn.k_proj": (key, hidden),
        "self_attn.v_proj": (key, hidden),
        "self_attn.o_proj": (hidden, query),
        "post_attention_layernorm": (hidden,),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden), "model.norm.weight": (hidden,)}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (config["vocab_size"], hidden)
    for index in range(config["num_hidden_layers"]):
        shapes |= {f"model.layers.{index}.{name}.weight": shape for name, shape in layer.items()}
    return shapes


def _hf_name(name: str) -> str | None:
    if match := re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name):
        part = _LAYER_NAMES.get(match[2])
        return part and f"model.layers.{match[1]}.{part}.weight"
    part = _OTHER_NAMES.get(name.removesuffix(".weight"))
    return part and f"{part}.weight"


def _storage_type(tensors) -> str:
    """BF16 or F16 if all matrices have that type and the vectors (which llama.cpp widens to F32) survive it, else F32."""
    matrices = {tensor.tensor_type.name for tensor in tensors if len(tensor.shape) > 1}
    if len(matrices) != 1 or not matrices <= {"F16", "BF16"}:
        return "F32"
    storage = matrices.pop()
    vectors = [_values(tensor) for tensor in tensors if len(tensor.shape) == 1]
    survives = all(np.array_equal(_widened(_encoded(v, storage), storage), v) for v in vectors)
    return storage if survives else "F32"


def _values(tensor) -> np.ndarray:
    return np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)


def _encoded(values: np.ndarray, storage: str) -> np.ndarray:
    """Exact for values that the type can hold, as `_storage_type` has made sure."""
    if storage == "BF16":
        return (values.view(np.uint32) >> 16).astype("<u2")
    return values.astype({"F32": "<f4", "F16": "<f2"}[storage])


def _widened(stored: np.ndarray, storage: str) -> np.ndarray:
    if storage == "BF16":
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)


def _rows_unpermuted(values: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp interleaves the two rotary halves of each head's rows; Hugging Face keeps them apart."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _write_safetensors(path: Path, named: dict, config: dict, storage: str) -> None:
    """One tensor in memory at a time."""
    width = 4 if storage == "F32" else 2
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in named.items():
        shape = [int(n) for n in reversed(tensor.shape)]
        end = offset + width * int(np.prod(shape, dtype=np.int64))
        header[name] = {"dtype": storage, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, tensor in named.items():
            values = _values(tensor)
            if name.endswith("q_proj.weight"):
                values = _rows_unpermuted(values, config["num_attention_heads"])
            elif name.endswith("k_proj.weight"):
                values = _rows_unpermuted(values, config["num_key_value_heads"])
            if not np.isfinite(values).all():
                raise ImportFailure(MODEL, f"tensor '{tensor.name}' holds a value that is not finite")
            file.write(_encoded(np.ascontiguousarray(values), storage).data)


def _generation_config(fields: dict) -> dict:
    ends = [fields.get(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot")]
    ends = list(dict.fromkeys(i for i in ends if i is not None))
    config = {"eos_token_id": ends[0] if len(ends) == 1 else ends or None}
    for name, key in (("bos", "bos"), ("pad", "padding")):
        config[f"{name}_token_id"] = fields.get(f"tokenizer.ggml.{key}_token_id")
    return config


def _provenance(source: Path, fields: dict, tensors: dict) -> dict:
    with open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    types = [GGMLQuantizationType(tensor.tensor_type).name for tensor in tensors.values()]
    return {
        "source": source.name,
        "sha256": digest,
        "name": fields.get("general.name"),
        "license": fields.get("general.license"),
        "tensor_types": {name: types.count(name) for name in sorted(set(types))},
    }


def _shortest(value: float) -> float:
    """The shortest decimal that is the same float32: 1e-05 for 9.999999747378752e-06."""
    return float(str(np.float32(value)))


def _write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
