"""Runs the built program as its users do, for the end-to-end tests."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared" / "data"
PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else None
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMP_NUM_THREADS="1", OMPI_MCA_orte_execute_quiet="1")
MPIRUN = os.environ.get("WINNOW_MPIRUN") or "mpirun"
TIMEOUT = 300


def command(arguments, ranks=1, mca=()):
    launcher = [] if ranks == 1 else [MPIRUN, "--quiet", "--bind-to", "none", *mca, "-n", str(ranks)]
    return [*launcher, str(PROGRAM), *map(str, arguments)]


def start(arguments, ranks=1, **more):
    return subprocess.Popen(command(arguments, ranks), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def run(arguments, ranks=1, mca=(), cwd=None):
    return subprocess.run(command(arguments, ranks, mca), env=ENVIRONMENT, capture_output=True, text=True, timeout=TIMEOUT, cwd=cwd)


def parent_of(stat):
    """Parent's process id out of /proc/PID/stat, None when the process is gone. Its second field, the name, may hold spaces."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def ranks_of(mpirun):
    """Process ids of the ranks that `mpirun` started."""
    listed = [stat.parent.name for stat in pathlib.Path("/proc").glob("[0-9]*/stat") if parent_of(stat) == mpirun.pid]
    return [int(pid) for pid in listed]


def bytes_read(process, path):
    """How far a process has read a file; None where it has it not open."""
    try:
        for descriptor in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
            if os.readlink(descriptor) == str(path):
                return int(pathlib.Path(f"/proc/{process.pid}/fdinfo/{descriptor.name}").read_text().split()[1])
    except OSError:
        pass  # Closed or ended meanwhile.
    return None


def wait_for_end(pids):
    """Ranks that a killed mpirun leaves behind for a moment."""
    for pid in pids:
        while os.path.exists(f"/proc/{pid}/exe"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                break


def run_killed(arguments, ranks, is_time):
    """Runs the program; all its ranks are killed once `is_time()`, where it is not done by then."""
    process = subprocess.Popen(command(arguments, ranks), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and not is_time():
        time.sleep(0.002)
    pids = [] if process.poll() is not None else ranks_of(process) if ranks > 1 else [process.pid]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait(60)
    wait_for_end(pids)


def kill_when_begun(arguments, ranks, journal, least_bytes):
    """Runs the program; its ranks are killed once the journal's segments hold more than `least_bytes`."""
    run_killed(arguments, ranks, lambda: sum(segment.stat().st_size for segment in journal.glob("*.seg")) > least_bytes)


def tree(folder):
    """Bytes of all files in a folder, by name."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def published(run_folder):
    """Bytes of every file that must not depend on ranks, times or kills."""
    run_folder = pathlib.Path(run_folder)
    files = [run_folder / "index.h5", run_folder / "scores.h5", *sorted((run_folder / "selection").glob("*"))]
    return {str(f.relative_to(run_folder)): f.read_bytes() for f in files if f.is_file()}


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="winnow-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def rows(self, count):
        words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau".split()
        return [{"instruction": f"Explain {words[i % 19]} number {i}.", "input": words[i % 7] if i % 3 == 0 else "",
                 "output": " ".join(words[(i * j) % 19] for j in range(1, 3 + (i * 7) % 40))} for i in range(count)]

    def write_rows(self, count, name="rows.jsonl"):
        return self.write(name, "".join(json.dumps(row) + "\n" for row in self.rows(count)))

    def write_job(self, text, name="job.yaml"):
        return self.write(name, text)

    def succeed(self, *arguments, ranks=1, mca=()):
        result = run(arguments, ranks, mca)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def fail_with(self, code, *fragments, arguments, ranks=1):
        """One line on stderr that holds every fragment, and the exit code."""
        result = run(arguments, ranks)
        lines = [line for line in result.stderr.splitlines() if line.startswith("winnow: ")]
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(len(lines), 1, result.stderr)
        for fragment in fragments:
            self.assertIn(str(fragment), lines[0])
        return result
