#include "app/command_line.hpp"

#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/error.hpp"
#include "pipeline/version.hpp"

namespace winnow::app {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  ./winnow run                                    the quickstart: own sample data, a real "
    "small model\n"
    "  ./winnow run JOB.yaml                           every stage that the job names; what is "
    "done is skipped\n"
    "  ./winnow run JOB.yaml --ranks 4 --set select.budget=10%\n"
    "  mpirun -n 4 winnow score JOB.yaml --out /scratch/run1\n";

struct StageCommand {
  const char* name;
  const char* description;
  const char* example;
  bool scores = true;
};

constexpr StageCommand kStages[] = {
    {"run", "Run every stage that the job names",
     "winnow run jobs/quickstart.yaml --set select.budget=10%"},
    {"index", "Find the rows of the data set", "winnow index JOB.yaml --out runs/mine", false},
    {"score", "Index, then score every row", "winnow score JOB.yaml --threads 2"},
    {"select", "Index, score, then select", "winnow select JOB.yaml --set select.budget=1000"},
    {"finetune", "Index, score, select, then train on what was selected",
     "winnow finetune JOB.yaml --set finetune.epochs=1"},
    {"iterate", "Select, train an epoch, score and select again with the model as it then is",
     "winnow iterate JOB.yaml --set select.update_ratio=3"},
    {"study", "Train on several selections at several budgets, evaluate each, compare them",
     "winnow study JOB.yaml --set study.seeds=[0,1,2]"},
    {"generate", "Let the model answer rows",
     "winnow generate JOB.yaml --set generate.temperature=0.7", false},
    {"evaluate", "Compare the answer losses of base and tuned models on held-out rows",
     "winnow evaluate JOB.yaml --set evaluate.data=heldout.jsonl "
     "--set evaluate.models.mine=checkpoints/mine",
     false},
};

/// CLI11 reads -1, and what is too large, as the largest number there is.
std::string is_row_number(const std::string& text) {
  const bool is_number = !text.empty() && text.size() < 20 &&
                         text.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? "" : fmt::format("'{}': expected a row's number, 0 or more", text);
}

void add_override_option(CLI::App& command, CommandLine& line) {
  command.add_option("--set", line.overrides, "Override a key of the job: --set select.budget=10%")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

void add_job_options(CLI::App& command, CommandLine& line, std::string& out) {
  add_override_option(command, line);
  command.add_option("--out", out, "The run folder itself (default: runs/<name>)")
      ->type_name("DIR");
}

}  // namespace

Parsed parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("winnow finds the rows of an instruction data set that are worth training on.",
               "winnow");
  app.set_version_flag("--version", std::string("winnow ") + pipeline::kVersion);
  app.footer(kExamples);
  app.require_subcommand(1);
  app.fallthrough(false);

  std::string out, csv;
  for (const StageCommand& stage : kStages) {
    CLI::App* command = app.add_subcommand(stage.name, stage.description);
    command->add_option("job", line.job, "The job file (YAML)")->required();
    add_job_options(*command, line, out);
    command->add_option("--threads", line.threads, "CPU threads of each rank")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    CLI::Option* check = command->add_flag("--check", line.check_only,
                                           "Check the job and say what would be done; run nothing");
    if (stage.scores)
      command
          ->add_flag("--profile", line.profile,
                     "Say where the time of scoring went (on a GPU this slows it down)")
          ->excludes(check);
    command->add_flag("--json", line.json, "Print the machine-readable summary on stdout");
    command->footer(std::string("Example:\n  ") + stage.example + "\n");
    command->callback([&line, stage] { line.command = stage.name; });
  }
  CLI::App* inspect = app.add_subcommand(
      "inspect", "Show what stands in a run's HDF5 file: scorers, datasets, attributes, statuses");
  inspect->add_option("file", line.file, "index.h5, scores.h5, tfidf.h5 or selection/NAME.h5")
      ->required();
  inspect->add_flag("--json", line.json, "Print it as JSON");
  inspect->footer("Example:\n  winnow inspect runs/quickstart/scores.h5\n");
  inspect->callback([&line] { line.command = "inspect"; });
  CLI::App* compare = app.add_subcommand(
      "compare", "Put selections side by side: sizes, overlaps, lengths, n-grams, scores");
  compare
      ->add_option("paths", line.paths,
                   "Run folders (every selection in them) and files selection/NAME.h5")
      ->required();
  compare->add_flag("--json", line.json, "Print it as JSON");
  compare->add_option("--csv", csv, "Also write every number to a file: table, row, column, value")
      ->type_name("FILE");
  compare->footer(
      "Examples:\n"
      "  winnow compare runs/ten-methods\n"
      "  winnow compare runs/a/selection/iterit.h5 runs/b/selection/deita.h5 --csv tables.csv\n");
  compare->callback([&line] { line.command = "compare"; });
  CLI::App* explain = app.add_subcommand(
      "explain", "Say what a run knows of rows and why a selection has them or not");
  explain->add_option("job", line.job, "The job file (YAML), or a run folder")->required();
  add_job_options(*explain, line, out);
  CLI::Option* const row =
      explain
          ->add_option("--row", line.rows,
                       "Explain this row, counted from 0 in the data; repeatable")
          ->type_name("N")
          ->check(is_row_number)
          ->take_all()
          ->allow_extra_args(false);
  explain
      ->add_option("--sample", line.sample,
                   "Instead show about N rows of each selection: the first picks, those around the "
                   "cut, and from the bottom")
      ->type_name("N")
      ->check(CLI::Range(1, 10000))
      ->excludes(row);
  explain->add_flag("--json", line.json, "Print it as JSON, with whole texts");
  explain->footer(
      "Examples:\n"
      "  winnow explain JOB.yaml --row 4711 --row 12\n"
      "  winnow explain runs/quickstart --sample 20\n");
  explain->callback([&line] {
    line.command = "explain";
    if (line.rows.empty() && !line.sample) throw CLI::RequiredError("--row or --sample");
  });
  CLI::App* exported = app.add_subcommand(
      "export", "Write what was selected, and the job's recipe, for another program to train on");
  exported->add_option("job", line.job, "The job file (YAML), or a run folder")->required();
  exported->add_option("--to", line.tool, "The program: llama-factory, axolotl or trl")
      ->required()
      ->type_name("TOOL")
      ->check(CLI::IsMember({"llama-factory", "axolotl", "trl"}));
  add_override_option(*exported, line);
  exported->add_option("--out", out, "The folder to write (default: export/TOOL in the run folder)")
      ->type_name("DIR");
  exported->add_flag("--json", line.json, "Print what was written as JSON");
  exported->footer("Example:\n  winnow export runs/mine --to llama-factory\n");
  exported->callback([&line] { line.command = "export"; });
  CLI::App* tokenize = app.add_subcommand(
      "tokenize",
      "Show the token ids of texts: a JSON string per line in, an array of ids per line out");
  tokenize->add_option("model", line.model, "A model folder with tokenizer.json")->required();
  tokenize->add_option("file", line.texts, "JSON Lines of strings")->required();
  CLI::Option* offsets = tokenize->add_flag(
      "--offsets", line.offsets,
      "Print {\"ids\": [..], \"offsets\": [[begin, end], ..]}; offsets count characters (Unicode "
      "code points), as those of Hugging Face's tokenizers in Python");
  tokenize
      ->add_flag("--decode", line.decode,
                 "The other way: an array of ids per line in, a JSON string per line out")
      ->excludes(offsets);
  tokenize->footer(
      "Examples:\n"
      "  winnow tokenize build/models/SmolLM2-135M-Instruct texts.jsonl --offsets\n"
      "  winnow tokenize build/models/SmolLM2-135M-Instruct ids.jsonl --decode\n");
  tokenize->callback([&line] { line.command = "tokenize"; });

  Parsed parsed;
  try {
    app.parse(argc, argv);
    if (!out.empty()) line.out = out;
    if (!csv.empty()) line.csv = csv;
    parsed.command_line = line;
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream output;
    app.exit(success, output, output);
    parsed.output = output.str();
  } catch (const CLI::ParseError& error) {
    parsed.output =
        std::string("winnow: ") + core::one_line(error.what()) + " (see winnow --help)\n";
    parsed.exit_code = static_cast<int>(core::ExitCode::usage);
  }
  return parsed;
}

}  // namespace winnow::app
