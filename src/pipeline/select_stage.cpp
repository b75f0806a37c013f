#include "pipeline/select_stage.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/subset_writer.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/answer_tfidf.hpp"
#include "pipeline/candidates.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/version.hpp"
#include "selection/budget.hpp"
#include "selection/greedy_mpi.hpp"
#include "selection/ranking_mpi.hpp"
#include "store/score_file.hpp"
#include "store/selection_file.hpp"
#include "store/tfidf_file.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {
namespace {

constexpr const char* kSubsetHash = "subset_hash";
constexpr std::size_t kTopPicks = 5;
constexpr std::size_t kShownCharacters = 60;

const Scorer* scorer_of(const Job& job, const SelectionJob& selection) {
  for (const Scorer& scorer : job.scorers)
    if (scorer.name == selection.scorer) return &scorer;
  return nullptr;
}

/// What IterIT's TF-IDF sees after every answer; nothing for other methods.
std::string text_after_answers(const Context& context, const SelectionJob& selection) {
  if (selection.method != "iterit" || !selection.faithful) return "";
  if (selection.eos_text) return *selection.eos_text;
  const Scorer* scorer = scorer_of(context.job, selection);
  core::check(scorer != nullptr && scorer->model, "imported scores come with eos_text");
  return tokenizer::Tokenizer::load(scorer->model->path).eos_text();
}

/// The selection whose TF-IDF becomes tfidf.h5: the job's first iterit.
bool is_dumped(const Job& job, const SelectionJob& selection) {
  if (!job.tfidf.dump) return false;
  for (const SelectionJob& each : job.selections)
    if (each.method == "iterit") return each.name == selection.name;
  return false;
}

store::Attributes parameters_of(const Context& context, const SelectionJob& selection,
                                const std::string& end) {
  store::Attributes parameters{
      {"budget", selection.budget.empty() ? std::string("all") : selection.budget},
      {"of", selection.of},
      {"order", selection.order}};
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  if (!selection.scorer.empty()) parameters.push_back({"scorer", selection.scorer});
  if (selection.method == "iterit") {
    parameters.push_back({"decay", selection.decay});
    parameters.push_back({"eos_text", end});
    parameters.push_back({"tfidf.fit", context.job.tfidf.fit});
  }
  if (goes_by_ifd(selection.method)) parameters.push_back({"faithful", flag(selection.faithful)});
  if (selection.method == "longest") parameters.push_back({"text", selection.text});
  if (selection.method == "random") parameters.push_back({"seed", selection.seed});
  return parameters;
}

/// Hash of all that decides the selection: data, scores, method, parameters.
std::string key_of(const Context& context, const IndexedData& data, const SelectionJob& selection,
                   const store::Attributes& parameters) {
  std::string text =
      fmt::format("{}\n{}\n{}\n", data.key, selection.method, is_dumped(context.job, selection));
  for (const store::Attribute& parameter : parameters)
    text +=
        std::visit([&](const auto& value) { return fmt::format("{}={}\n", parameter.name, value); },
                   parameter.value);
  const store::ScoreFileReader scores(context.folder.scores());
  const std::string tokens_of = token_scorer(context.job, selection);
  for (const std::string& scorer : {selection.scorer, tokens_of})
    if (!scorer.empty())
      if (const auto made = made_from(scores.provenance(scorer))) text += *made + "\n";
  return core::to_hex(core::hash128(text));
}

struct Outcome {
  selection::Selection picks;
  store::Attributes more;  ///< tfidf_rows, ...
};

[[noreturn]] void refuse_empty(const SelectionJob& selection, const Candidates& candidates) {
  std::string counts;
  for (std::size_t i = 0; i < candidates.status_counts.size(); ++i)
    if (candidates.status_counts[i] > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", core::kScoreStatusNames[i],
                            candidates.status_counts[i]);
  throw core::DataError(fmt::format(
      "selection {}: no row is eligible for {}{} (rows by status: {})", selection.name,
      selection.method, goes_by_ifd(selection.method) ? ", which needs ifd_ppl < 1" : "", counts));
}

/// Rows or tokens that the budget comes to. @throws core::DataError unless so many are eligible
std::uint64_t amount_of(const selection::Budget& budget, const IndexedData& data,
                        const SelectionJob& selection, const Candidates& candidates) {
  const bool in_tokens = budget.unit == selection::Budget::Unit::tokens;
  // The published loop never runs out of rows: it repeats one.
  const bool repeats = selection.method == "iterit" && selection.faithful;
  try {
    const std::uint64_t amount = selection::resolve_budget(
        budget, selection.of == "eligible" ? candidates.eligible : data.rows);
    selection::check_available(budget, amount,
                               in_tokens ? candidates.eligible_tokens
                               : repeats ? data.rows
                                         : candidates.eligible);
    return amount;
  } catch (const core::DataError& error) {
    throw core::DataError(fmt::format("selection {}: budget '{}': {}", selection.name,
                                      selection.budget, error.what()));
  }
}

Outcome pick(Context& context, const IndexedData& data, const SelectionJob& selection,
             const Candidates& candidates, const std::string& end, const std::string& key) {
  const mpi::Communicator& ranks = context.communicator;
  mpi::agree_on(ranks, [&] {
    if (candidates.eligible == 0) refuse_empty(selection, candidates);
  });
  if (selection.method == "vanilla") return {selection::vanilla_mpi(ranks, candidates.row), {}};

  const std::uint64_t amount = mpi::agree_on(ranks, [&] {
    return amount_of(selection::parse_budget("budget", selection.budget), data, selection,
                     candidates);
  });
  if (selection.method == "random")
    return {selection::random_subset_mpi(ranks, candidates.row, selection.seed, candidates.tokens,
                                         amount),
            {}};
  if (selection.method != "iterit")
    return {selection::ranking_mpi(ranks, candidates.row, candidates.value,
                                   selection::Direction::descending, candidates.tokens, amount),
            {}};

  const AnswerTfidf tfidf = vectorize_answers(context, data, candidates, end);
  if (is_dumped(context.job, selection)) dump_tfidf(context, data, candidates, end, key);
  stop_if_requested(context);
  const StageTimer timer(context, "greedy");
  const selection::GreedyRows rows{candidates.row, candidates.value, candidates.tokens, tfidf.rows};
  selection::GreedyRule rule;
  rule.decay = selection.decay;
  rule.repeat_first_at_zero = selection.faithful;
  selection::DistributedGreedy greedy = selection::greedy_mpi(ranks, rows, rule, amount);
  return {std::move(greedy.selection),
          {{"tfidf_rows", tfidf.fit.documents},
           {"tfidf_terms", tfidf.fit.terms},
           {"tfidf_df_sum", tfidf.fit.df_sum}}};
}

std::filesystem::path subset_path(const Context& context, const IndexedData& data,
                                  const SelectionJob& selection) {
  return context.folder.selection_folder() /
         (selection.name + std::string(data::file_extension(data.data_set.layout)));
}

std::string hash_of(const std::filesystem::path& file) {
  return core::to_hex(core::hash_file(file.string()));
}

/// Root only. The subset first, the selection file last, and none of an earlier setting in between:
/// its being there means that both are.
void write_files(const Context& context, const IndexedData& data, const SelectionJob& selection,
                 const Candidates& candidates, const Outcome& outcome,
                 const store::Attributes& parameters, const std::string& key, bool in_tokens) {
  if (outcome.picks.row.empty())
    throw core::DataError(
        fmt::format("selection {}: the budget '{}' is less than its first row needs: expected at "
                    "least one row",
                    selection.name, selection.budget));
  std::vector<core::RowId> order = outcome.picks.row;
  if (selection.order == "file") std::sort(order.begin(), order.end());
  RowSource source(context.folder, data.data_set);
  data::SubsetWriter subset(subset_path(context, data, selection), data.data_set.layout);
  source.for_each_bytes(order, [&](std::string_view bytes) { subset.add(bytes); });
  core::remove_file(context.folder.selection(selection.name));
  subset.publish();

  store::SelectionInfo info;
  info.method = selection.method;
  info.parameters = parameters;
  info.budget_asked = selection.budget.empty() ? "all" : selection.budget;
  info.budget_rows = outcome.picks.row.size();
  if (in_tokens) info.budget_tokens = outcome.picks.spent;
  info.rows = data.rows;
  info.eligible = candidates.eligible;
  info.status_counts = candidates.status_counts;
  info.code_version = kVersion;
  info.more = outcome.more;
  if (outcome.picks.filled_from)
    info.more.push_back({"filled_from", static_cast<std::uint64_t>(*outcome.picks.filled_from)});
  info.more.push_back({kSubsetHash, hash_of(subset_path(context, data, selection))});
  info.more.push_back({kMadeFrom, key});
  const auto span_of = [](const std::optional<std::vector<double>>& column) {
    return column ? std::span<const double>(*column) : std::span<const double>();
  };
  store::write_selection(context.folder.selection(selection.name), info,
                         {outcome.picks.row, span_of(outcome.picks.gain),
                          span_of(outcome.picks.score), span_of(outcome.picks.diversity)});
}

/// The first characters of an instruction on one line.
std::string shown(const std::string& text) {
  std::string line = core::one_line(text);
  std::size_t end = 0;
  for (std::size_t characters = 0; end < line.size() && characters < kShownCharacters; ++characters)
    do ++end;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80);
  return end < line.size() ? line.substr(0, end) + "..." : line;
}

/// Root only. From the files alone, so that a skipped selection is summed up like a new one.
nlohmann::ordered_json summarize(const Context& context, const IndexedData& data,
                                 const SelectionJob& selection) {
  const store::Selection file = store::read_selection(context.folder.selection(selection.name));
  nlohmann::ordered_json summary;
  summary["method"] = selection.method;
  summary["budget"] = selection.budget.empty() ? "all" : selection.budget;
  summary["rows"] = file.row.size();
  for (const store::Attribute& attribute : file.attributes)
    if (attribute.name == "eligible" || attribute.name == "filled_from" ||
        attribute.name.starts_with("tfidf_"))
      std::visit([&](const auto& value) { summary[attribute.name] = value; }, attribute.value);
  if (const std::string scorer = token_scorer(context.job, selection); !scorer.empty()) {
    const auto tokens = store::ScoreFileReader(context.folder.scores())
                            .read_counts(scorer, "n_tokens", {0, data.rows});
    std::uint64_t sum = 0;
    for (const core::RowId row : file.row) sum += tokens.at(row);
    summary["tokens"] = sum;
  }
  summary["subset"] = subset_path(context, data, selection).string();
  summary["file"] = context.folder.selection(selection.name).string();
  RowSource source(context.folder, data.data_set);
  summary["top"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < std::min(kTopPicks, file.row.size()); ++i) {
    nlohmann::ordered_json top;
    top["row"] = file.row[i];
    if (file.gain) top["gain"] = (*file.gain)[i];
    if (file.score) top["score"] = (*file.score)[i];
    if (file.diversity) top["diversity"] = (*file.diversity)[i];
    top["text"] = shown(source.samples({file.row[i], file.row[i] + 1}).front().value().instruction);
    summary["top"].push_back(top);
  }
  return summary;
}

bool is_current(const Context& context, const IndexedData& data, const SelectionJob& selection,
                const std::string& key) {
  if (!std::filesystem::exists(context.folder.selection(selection.name)) ||
      !std::filesystem::exists(subset_path(context, data, selection)))
    return false;
  if (is_dumped(context.job, selection) &&
      (!std::filesystem::exists(context.folder.tfidf()) ||
       made_from(store::tfidf_attributes(context.folder.tfidf())) != key))
    return false;
  const store::Attributes found =
      store::read_selection(context.folder.selection(selection.name)).attributes;
  return made_from(found) == key &&
         text_of(found, kSubsetHash) == hash_of(subset_path(context, data, selection));
}

void select_one(Context& context, const IndexedData& data, const SelectionJob& selection) {
  const mpi::Communicator& ranks = context.communicator;
  struct Plan {
    std::string end;
    store::Attributes parameters;
    std::string key;
    bool in_tokens;
  };
  const Plan plan = mpi::agree_on(ranks, [&] {
    Plan made;
    made.end = text_after_answers(context, selection);
    made.parameters = parameters_of(context, selection, made.end);
    made.key = key_of(context, data, selection, made.parameters);
    made.in_tokens =
        !selection.budget.empty() &&
        selection::parse_budget("budget", selection.budget).unit == selection::Budget::Unit::tokens;
    return made;
  });
  if (!ask_root(ranks, [&] { return is_current(context, data, selection, plan.key); })) {
    if (ranks.is_root())
      context.log.write("select", fmt::format("{}: {} of {}", selection.name, selection.method,
                                              selection.budget.empty() ? "all" : selection.budget));
    const Candidates candidates = find_candidates(context, data, selection, plan.in_tokens);
    const Outcome outcome = pick(context, data, selection, candidates, plan.end, plan.key);
    stop_if_requested(context);
    mpi::agree_on(ranks, [&] {
      if (ranks.is_root())
        write_files(context, data, selection, candidates, outcome, plan.parameters, plan.key,
                    plan.in_tokens);
    });
  }
  context.summary["selections"][selection.name] = mpi::agree_on(ranks, [&] {
    return ranks.is_root() ? summarize(context, data, selection) : nlohmann::ordered_json::object();
  });
}

}  // namespace

void select_rows(Context& context, const IndexedData& data) {
  const StageTimer timer(context, "select");
  mpi::agree_on(context.communicator, [&] {
    std::error_code error;
    std::filesystem::create_directories(context.folder.selection_folder(), error);
    if (error)
      throw core::EnvironmentError(fmt::format("{}: cannot create the folder: {}",
                                               context.folder.selection_folder().string(),
                                               error.message()));
  });
  for (const SelectionJob& selection : context.job.selections) {
    stop_if_requested(context);
    select_one(context, data, selection);
  }
}

}  // namespace winnow::pipeline
