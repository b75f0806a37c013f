"""winnow import: brings a model or a data file into the form that winnow reads.

    winnow import MODEL.gguf DIR        a Hugging Face folder from a Llama-type GGUF file
    winnow import DATA.parquet OUT      JSON Lines from a Parquet file
    winnow import DIR                   the chat template of a Hugging Face folder, for winnow to render
"""

import subprocess
import sys
from pathlib import Path

from publish import DATA, ENVIRONMENT, MODEL, USAGE, ImportFailure


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else USAGE
    try:
        print(_import([Path(argument) for argument in arguments]))
    except ImportFailure as failure:
        print(f"winnow import: {failure}", file=sys.stderr)
        return failure.code
    except OSError as error:
        print(f"winnow import: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return ENVIRONMENT
    return 0


def _import(paths: list[Path]) -> str:
    source = paths[0]
    kind = "folder" if source.is_dir() else source.suffix.lower()
    wanted = {"folder": 1, ".gguf": 2, ".parquet": 2}.get(kind)
    if wanted is None:
        raise ImportFailure(USAGE, f"{source} is no .gguf file, .parquet file or model folder")
    if len(paths) != wanted:
        raise ImportFailure(USAGE, f"{source} needs {wanted - 1} more path, found {len(paths) - 1}; see winnow import --help")
    if kind == "folder":
        return _chat_template(source)
    if not source.is_file():
        raise ImportFailure(DATA if kind == ".parquet" else MODEL, f"{source} does not exist")
    target = paths[1]
    if kind == ".parquet":
        import parquet_rows

        return f"{target}: {parquet_rows.convert(source, target)} rows"
    import gguf_folder

    gguf_folder.convert(source, target)
    return f"{target}: model folder from {source.name}\n{_chat_template(target, required=False)}"


def _chat_template(folder: Path, required: bool = True) -> str:
    """A template is a program: it is rendered in a process of its own, which limits its time and memory."""
    script = Path(__file__).with_name("chat_template.py")
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0 and required:
        raise ImportFailure(MODEL, done.stderr.strip())
    return (done.stdout if done.returncode == 0 else done.stderr).strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
