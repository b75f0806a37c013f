"""Rooms include only rooms above them, and the heavy dependencies stay where their names say (CONTRIBUTING.md).

layering_test.py [SRC]   (default: this repository's src)"""
import pathlib
import re
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent / "src"
ROOMS = ["core", "text", "data", "mpi", "store", "tokenizer", "tfidf", "model", "scoring", "selection", "training", "pipeline", "app"]
WITHOUT_MPI_OR_FILES = {"mpi", "store", "pipeline", "app"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def breaches(source):
    found = []
    for path in sorted(source.rglob("*")):
        if path.suffix not in (".cpp", ".hpp"):
            continue
        name = path.relative_to(source).as_posix()
        room = name.split("/")[0]
        if room not in ROOMS or name.count("/") != 1:
            found.append(f"{name}: source files stand in a room, src/<room>/<file>")
            continue
        for bracket, included in INCLUDE.findall(path.read_text(encoding="utf-8")):
            other = included.split("/")[0]
            if bracket == '"':
                if other not in ROOMS:
                    found.append(f"{name}: includes {included}, which names no room")
                elif ROOMS.index(other) > ROOMS.index(room):
                    found.append(f"{name}: includes {included}, a room below it")
                elif other in ("mpi", "store") and other != room and not (
                        room in WITHOUT_MPI_OR_FILES or "_mpi" in path.stem):
                    found.append(f"{name}: includes {included} without _mpi in its name")
                elif room == "scoring" and other in ("mpi", "store"):
                    found.append(f"{name}: scoring is pure, it may not include {included}")
            elif included.startswith(("torch/", "ATen/", "c10/")) and "_torch" not in path.stem:
                found.append(f"{name}: names libtorch ({included}) without _torch in its name")
            elif included == "hdf5.h" and room != "store":
                found.append(f"{name}: hdf5.h outside store")
            elif included == "mpi.h" and room not in ("mpi", "store") and "_mpi" not in path.stem:
                found.append(f"{name}: mpi.h outside mpi, store and *_mpi")
    return found


class Layering(unittest.TestCase):
    def test_the_source_keeps_the_order_of_the_rooms(self):
        self.assertEqual(breaches(SOURCE), [])

    def test_planted_breaches_are_found(self):
        plants = {
            "core/a.hpp": '#include "app/guard.hpp"',
            "scoring/a.cpp": '#include "mpi/communicator.hpp"',
            "selection/a.cpp": "#include <mpi.h>",
            "pipeline/a.cpp": "#include <hdf5.h>",
            "model/a.cpp": "#include <ATen/ATen.h>",
            "tfidf/a.cpp": '#include "store/schema.hpp"',
            "stray.cpp": "",
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, text in plants.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text + "\n")
            self.assertEqual(len(breaches(pathlib.Path(folder))), len(plants))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SOURCE = pathlib.Path(sys.argv.pop(1))
    unittest.main()
