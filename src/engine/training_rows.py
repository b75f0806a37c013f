"""The rows that winnow prepared, as the batches that one process of the engine sees."""

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.utils.data import Dataset

IGNORED = -100  # the label of a token that is not learnt, in transformers and torch
NO_ROW = -1


class TrainingRows(Dataset):
    """Token ids and labels by place. NO_ROW is a token that is not learnt: it fills batches and adds nothing to loss or gradient."""

    def __init__(self, path: Path):
        tensors = load_file(path)
        self.ids, self.ends = tensors["ids"], tensors["ends"].tolist()
        self.targets, self.target_ends = tensors["targets"].tolist(), tensors["target_ends"].tolist()
        self.order = tensors["order"]  # [steps of this process's work, batch]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, torch.Tensor]:
        if place == NO_ROW:
            return torch.zeros(1, dtype=torch.int64), torch.full((1,), IGNORED)
        ids = self.ids[self.ends[place - 1] if place > 0 else 0 : self.ends[place]].long()
        labels = torch.full_like(ids, IGNORED)
        for begin, end in self.targets[self.target_ends[place - 1] if place > 0 else 0 : self.target_ends[place]]:
            labels[begin:end] = ids[begin:end]
        return ids, labels


class ProcessBatches:
    """This process's micro-batches of all steps of the training: of each step the same number, whatever its rows.

    To the Trainer all epochs are one. Steps that are not of this work have no rows: it passes over those before, and ends before those behind."""

    def __init__(self, order: torch.Tensor, before: int, steps: int, micro_batch: int, process: int, processes: int):
        self.order, self.before, self.steps, self.micro_batch = order, before, steps, micro_batch
        self.process, self.processes = process, processes
        self.per_step = -(-order.shape[1] // (micro_batch * processes))

    def __len__(self) -> int:
        return self.steps * self.per_step

    def __iter__(self) -> Iterator[list[int]]:
        own = self.per_step * self.micro_batch
        for step in range(self.steps):
            place = step - self.before
            rows = self.order[place].tolist()[self.process :: self.processes] if 0 <= place < len(self.order) else []
            rows += [NO_ROW] * (own - len(rows))
            for first in range(0, own, self.micro_batch):
                yield rows[first : first + self.micro_batch]


def padded(rows: list[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, torch.Tensor]:
    def pad(values: list[torch.Tensor], filler: int) -> torch.Tensor:
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True, padding_value=filler)

    return {
        "input_ids": pad([ids for ids, _ in rows], 0),
        "attention_mask": pad([torch.ones_like(ids) for ids, _ in rows], 0),
        "labels": pad([labels for _, labels in rows], IGNORED),
    }
