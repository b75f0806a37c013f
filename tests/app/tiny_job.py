"""A job with a tiny real model, every kind of score, that takes seconds to score."""
import tiny_model

JOB = """
name: tiny
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: {dtype}, max_length: 200, embedding: {{ dtype: f16 }} }}
score: {{ scores: [ifd_ppl, ifd_loss, instruction_ppl, embedding, evol_complexity, length], block_rows: {block_rows} }}
selections:
  iterit: {{ method: iterit, budget: 20%, decay: 0.1 }}
  ifd: {{ method: ifd, budget: 5 }}
  longest: {{ method: longest, budget: 10, order: file }}
  random: {{ method: random, budget: 10%, seed: 7 }}
  tokens: {{ method: iterit, budget: 2k tokens }}
  all: {{ method: vanilla }}
"""


def write(test, rows=60, block_rows=4, dtype="bf16", max_positions=256):
    data = test.write_rows(rows)
    model = tiny_model.make(test.folder / "tiny-model", max_positions)
    return test.write_job(JOB.format(data=data, model=model, block_rows=block_rows, dtype=dtype))
