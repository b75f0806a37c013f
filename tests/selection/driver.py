"""Runs the test programs of this folder (driver.hpp), for parity scripts and benchmarks."""

import json
import os
import subprocess

OPEN_MPI = {f"OMPI_{name}": "1" for name in ("ALLOW_RUN_AS_ROOT", "ALLOW_RUN_AS_ROOT_CONFIRM", "MCA_rmaps_base_oversubscribe")}


def report_of(driver, arguments, ranks=None):
    """The JSON that a driver prints: alone, or on `ranks` under mpirun."""
    command = [] if ranks is None else [os.environ.get("WINNOW_MPIRUN") or "mpirun", "-n", str(ranks)]
    command += map(str, [driver, *arguments])
    done = subprocess.run(command, env=os.environ | OPEN_MPI, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)
