"""A tiny Llama that walks from `-` to a letter to a new line, or astray: where to, and for how long, depends on the whole prompt."""
import json

import tiny_model

TOKEN_DIMENSIONS = 32  # of the hidden state, which tell the last token; the others tell what attention saw
LETTERS = "abcdefgh"


def make(folder, seed=2):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tiny_model.make(folder, 1024, seed)
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    follows = {":": ["-", "N"], "Ċ": ["-"], "-": ["Ġ"], "Ġ": list(LETTERS), "N": ["o"], "o": ["<|im_end|>"],
               **{letter: ["Ċ", "<|im_end|>"] for letter in LETTERS}}
    torch.manual_seed(seed)
    width = 2 * TOKEN_DIMENSIONS
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=width, intermediate_size=16, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=4, max_position_embeddings=1024, tie_word_embeddings=False))
    layer = model.model.layers[0]
    with torch.no_grad():
        for parameter in layer.parameters():
            if parameter.dim() == 2:
                parameter.normal_(std=0.6)
        layer.mlp.down_proj.weight.zero_()
        layer.self_attn.o_proj.weight[:TOKEN_DIMENSIONS] = 0
        embedding, head = model.model.embed_tokens.weight, model.lm_head.weight
        embedding.normal_(std=1)
        embedding[:, TOKEN_DIMENSIONS:] = 0
        head.zero_()
        for successor in sorted({each for successors in follows.values() for each in successors}):
            head[vocabulary[successor], TOKEN_DIMENSIONS:].normal_(std=0.05)
        for token, successors in follows.items():
            for successor in successors:
                head[vocabulary[successor], :TOKEN_DIMENSIONS] += embedding[vocabulary[token], :TOKEN_DIMENSIONS]
    model.save_pretrained(folder, safe_serialization=True)
    return folder
