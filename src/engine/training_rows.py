"""The rows that winnow prepared, as the batches that one process of the engine sees."""

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.utils.data import DataLoader, Dataset

IGNORED = -100  # the label of a token that is not learnt, in transformers and torch
NO_ROW = -1


class TrainingRows(Dataset):
    """Token ids and labels by place. NO_ROW is a token that is not learnt: it fills batches and adds nothing to loss or gradient."""

    def __init__(self, path: Path):
        tensors = load_file(path)
        self.ids, self.ends = tensors["ids"], tensors["ends"].tolist()
        self.targets, self.target_ends = tensors["targets"].tolist(), tensors["target_ends"].tolist()
        self.order = tensors["order"]  # [epochs, rows of an epoch]

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
    """This process's micro-batches of an epoch: of every optimizer step the same number, whatever the step's rows."""

    def __init__(self, order: torch.Tensor, batch: int, micro_batch: int, process: int, processes: int):
        self.order, self.batch, self.micro_batch = order, batch, micro_batch
        self.process, self.processes = process, processes
        self.per_step = -(-batch // (micro_batch * processes))
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.order.shape[1] // self.batch) * self.per_step

    def __iter__(self) -> Iterator[list[int]]:
        places = self.order[self.epoch].tolist()
        own = self.per_step * self.micro_batch
        for begin in range(0, len(places), self.batch):
            rows = places[begin : begin + self.batch][self.process :: self.processes]
            rows += [NO_ROW] * (own - len(rows))
            for first in range(0, own, self.micro_batch):
                yield rows[first : first + self.micro_batch]


class EpochLoader(DataLoader):
    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)


def padded(rows: list[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, torch.Tensor]:
    def pad(values: list[torch.Tensor], filler: int) -> torch.Tensor:
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True, padding_value=filler)

    return {
        "input_ids": pad([ids for ids, _ in rows], 0),
        "attention_mask": pad([torch.ones_like(ids) for ids, _ in rows], 0),
        "labels": pad([labels for _, labels in rows], IGNORED),
    }
