"""Writes a Llama-shaped model folder of random bfloat16 weights in shards, without ever holding more than one block of them.

usage: random_llama.py FOLDER [8b]
"""
import json
import os
import struct
import sys

import numpy

SHAPES = {"8b": dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
                     num_key_value_heads=8, max_position_embeddings=8192, rope_theta=500000.0)}
SHARD_BYTES = 5_000_000_000
BLOCK = 1 << 24


def tensors(shape):
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    key = width // shape["num_attention_heads"] * shape["num_key_value_heads"]
    yield "model.embed_tokens.weight", [shape["vocab_size"], width]
    for layer in range(shape["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        for name, size in (("self_attn.q_proj", [width, width]), ("self_attn.k_proj", [key, width]), ("self_attn.v_proj", [key, width]),
                           ("self_attn.o_proj", [width, width]), ("mlp.gate_proj", [inner, width]), ("mlp.up_proj", [inner, width]),
                           ("mlp.down_proj", [width, inner]), ("input_layernorm", [width]), ("post_attention_layernorm", [width])):
            yield f"{prefix}{name}.weight", size
    yield "model.norm.weight", [width]
    yield "lm_head.weight", [shape["vocab_size"], width]


def random_block():
    values = numpy.random.default_rng(0).normal(0, 0.02, BLOCK).astype(numpy.float32)
    return (values.view(numpy.uint32) >> 16).astype(numpy.uint16).tobytes()


def write_shard(path, members, block):
    header, at = {}, 0
    for name, size in members:
        count = 2 * int(numpy.prod(size))
        header[name] = {"dtype": "BF16", "shape": size, "data_offsets": [at, at + count]}
        at += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, size in members:
            count = 2 * int(numpy.prod(size))
            if len(size) == 1:
                file.write(b"\x80\x3f" * (count // 2))  # norms of 1
                continue
            for begin in range(0, count, len(block)):
                file.write(block[:min(len(block), count - begin)])


def main():
    folder, shape = sys.argv[1], SHAPES[sys.argv[2] if len(sys.argv) > 2 else "8b"]
    os.makedirs(folder)
    shards, size = [[]], 0
    for name, extent in tensors(shape):
        count = 2 * int(numpy.prod(extent))
        if size + count > SHARD_BYTES:
            shards.append([])
            size = 0
        shards[-1].append((name, extent))
        size += count
    block, weight_map = random_block(), {}
    for index, members in enumerate(shards):
        file = f"model-{index + 1:05}-of-{len(shards):05}.safetensors"
        write_shard(os.path.join(folder, file), members, block)
        weight_map |= {name: file for name, _ in members}
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"weight_map": weight_map}, file)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(shape | {"architectures": ["LlamaForCausalLM"], "rms_norm_eps": 1e-5, "tie_word_embeddings": False,
                           "torch_dtype": "bfloat16"}, file)


main()
