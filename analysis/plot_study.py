"""Held-out loss against budget, a line for each selection of a study, with the intervals of its summary.csv and a point for each of its trainings.

    python3 analysis/plot_study.py RUN_FOLDER [OUT.svg]

OUT's ending says the format (svg, pdf, png); default: study/loss.svg in the run folder. Needs analysis/requirements.txt."""
import argparse
import csv
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def numbers(lines, key):
    return [float(line[key]) for line in lines]


def draw_selection(axes, name, lines, cells, shift, color, marker):
    """Its mean losses over the rows that were selected, and the cells behind them, a little beside those of the others."""
    lines = sorted(lines, key=lambda line: float(line["rows"]))
    rows, loss = [shift * count for count in numbers(lines, "rows")], numbers(lines, "loss")
    bounds = [(float(line["loss_low"] or line["loss"]), float(line["loss_high"] or line["loss"])) for line in lines]
    errors = [[value - low for value, (low, _) in zip(loss, bounds)], [high - value for value, (_, high) in zip(loss, bounds)]]
    axes.errorbar(rows, loss, yerr=errors, color=color, marker=marker, capsize=3, linewidth=1.5, elinewidth=0.8, label=name, gid=f"selection-{name}")
    axes.plot([shift * count for count in numbers(cells, "rows")], numbers(cells, "loss"), linestyle="none", marker=".", markersize=4, color=color, alpha=0.5)


def plot(summary, cells, out):
    done = [line for line in summary if line["loss"]]
    if not done:
        raise SystemExit("no cell of the study is done yet")
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    names = list(dict.fromkeys(line["selection"] for line in done))
    for i, name in enumerate(names):
        draw_selection(axes, name, [line for line in done if line["selection"] == name],
                       [cell for cell in cells if cell["selection"] == name and cell["status"] == "ok"],
                       1.03 ** (i - (len(names) - 1) / 2), f"C{i % 10}", "osD^vP*X<>"[i % 10])
    if done[0]["base_loss"]:
        axes.axhline(float(done[0]["base_loss"]), color="0.5", linestyle="--", linewidth=1, label="base")
    if len(set(numbers(done, "rows"))) > 1:
        axes.set_xscale("log")
    ticks = {float(line["rows"]): f"{float(line['rows']):,.0f}\n{line['budget']}" for line in done}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.set_xlabel("rows selected")
    axes.set_ylabel("held-out loss (nats per token)")
    axes.grid(axis="y", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(out, metadata={"Date": None} if pathlib.Path(out).suffix == ".svg" else None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_folder", type=pathlib.Path)
    parser.add_argument("out", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    study = arguments.run_folder / "study"
    out = arguments.out or study / "loss.svg"
    plot(read(study / "summary.csv"), read(study / "table.csv"), out)
    print(out)


if __name__ == "__main__":
    main()
