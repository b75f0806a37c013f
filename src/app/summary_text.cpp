#include "app/summary_text.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/evaluation_text.hpp"
#include "app/study_text.hpp"
#include "core/error.hpp"
#include "store/schema.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;

/// `status: count` pairs, `ok` left out.
std::string undefined_counts(const Json& counts) {
  std::string text;
  for (const auto& [name, count] : counts.items())
    if (name != "ok" && count.get<std::uint64_t>() > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count.get<std::uint64_t>());
  return text;
}

/// Where the ranks' time went: `products 81 %, ...`.
std::string profile_line(const Json& parts) {
  double all = 0;
  for (const auto& [name, seconds] : parts.items()) all += seconds.get<double>();
  std::string text;
  for (const auto& [name, seconds] : parts.items()) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    text += fmt::format("{}{} {:.1f} %", text.empty() ? "            " : ", ", words,
                        100 * seconds.get<double>() / all);
  }
  return text + fmt::format(" of {:.1f} s\n", all);
}

std::string scorer_lines(const std::string& name, const Json& scorer, const Json& statuses,
                         bool profile) {
  std::string text = fmt::format("scored    {}", name);
  if (scorer.contains("template")) {
    const auto shown = scorer.at("template").get<std::string>();
    text += fmt::format(" ({}, {}{} tokens at most)", scorer.at("dtype").get<std::string>(),
                        shown == store::kDoesNotApply ? "" : "template " + shown + ", ",
                        scorer.at("max_length").get<std::uint64_t>());
  }
  if (scorer.contains("tokens_per_second"))
    text += fmt::format(", {:.0f} tokens/s", scorer.at("tokens_per_second").get<double>());
  if (scorer.contains("share_of_products"))
    text += fmt::format(", {:.0f} % of the time in matrix products",
                        100 * scorer.at("share_of_products").get<double>());
  text += "\n";
  if (profile && scorer.contains("profile_seconds"))
    text += profile_line(scorer.at("profile_seconds"));
  for (const auto& [score, counts] : statuses.items()) {
    const std::string undefined = undefined_counts(counts);
    text +=
        fmt::format("            {:<8} ok {}{}{}\n", score, counts.value("ok", std::uint64_t{0}),
                    undefined.empty() ? "" : "; undefined: ", undefined);
  }
  if (scorer.contains("distinct_tags"))
    text += fmt::format("            {} distinct tags\n",
                        scorer.at("distinct_tags").get<std::uint64_t>());
  return text;
}

std::string pick_line(std::size_t rank, const Json& pick) {
  std::string why;
  if (pick.contains("gain") && pick.contains("diversity"))
    why =
        fmt::format("gain {:.3f} = score {:.3f} x diversity {:.2f}", pick.at("gain").get<double>(),
                    pick.at("score").get<double>(), pick.at("diversity").get<double>());
  else if (pick.contains("gain"))
    why = fmt::format("gain {:.4g}", pick.at("gain").get<double>());
  else if (pick.contains("score"))
    why = fmt::format("score {:.4g}", pick.at("score").get<double>());
  return fmt::format("            {}. row {:<6} {:<46} {}\n", rank,
                     pick.at("row").get<std::uint64_t>(), why, pick.at("text").get<std::string>());
}

/// What each step of a chain left.
std::string step_lines(const Json& steps) {
  std::string text;
  for (const Json& step : steps) {
    const auto method = step.at("method").get<std::string>();
    text += fmt::format(
        "            {:<46} {} of {} rows\n",
        method == "filter" ? step.at("filter").get<std::string>()
                           : fmt::format("{} of {}", method, step.at("budget").get<std::string>()),
        step.at("rows_out").get<std::uint64_t>(), step.at("rows_in").get<std::uint64_t>());
    const std::string undefined =
        step.contains("status") ? undefined_counts(step.at("status")) : "";
    if (!undefined.empty()) text += fmt::format("              undefined: {}\n", undefined);
  }
  return text;
}

std::string selection_lines(const std::string& name, const Json& selection) {
  std::string text = fmt::format("selected  {}: {} of {} eligible rows", name,
                                 selection.at("rows").get<std::uint64_t>(),
                                 selection.at("eligible").get<std::uint64_t>());
  if (selection.contains("tokens"))
    text += fmt::format(", {} tokens", selection.at("tokens").get<std::uint64_t>());
  if (selection.contains("rows_without_tokens"))
    text += fmt::format(" (without {} rows whose tokens are not known)",
                        selection.at("rows_without_tokens").get<std::uint64_t>());
  text += fmt::format(" (asked for {})\n", selection.at("budget").get<std::string>());
  if (selection.contains("filled_from"))
    text += fmt::format("            from pick {} on no row had a positive gain: filled by score\n",
                        selection.at("filled_from").get<std::uint64_t>() + 1);
  if (selection.contains("steps")) text += step_lines(selection.at("steps"));
  std::size_t rank = 0;
  for (const Json& pick : selection.at("top")) text += pick_line(++rank, pick);
  text += fmt::format("            subset: {}\n", selection.at("subset").get<std::string>());
  return text;
}

std::string finetune_lines(const Json& finetune) {
  const Json& statuses = finetune.at("status");
  std::string text = fmt::format(
      "trained   {} of {} rows, {} steps", statuses.value("ok", std::uint64_t{0}),
      finetune.at("rows").get<std::uint64_t>(), finetune.at("steps").get<std::uint64_t>());
  if (finetune.contains("tokens_per_second"))
    text += fmt::format(", {:.0f} tokens/s", finetune.at("tokens_per_second").get<double>());
  if (finetune.contains("last_loss"))
    text += fmt::format(", last loss {:.4f}", finetune.at("last_loss").get<double>());
  if (const auto cut = finetune.at("cut").get<std::uint64_t>(); cut > 0)
    text += fmt::format("; {} rows cut to {} tokens", cut,
                        finetune.at("max_length").get<std::uint64_t>());
  if (const auto empty = finetune.at("empty_answers").get<std::uint64_t>(); empty > 0)
    text += fmt::format("; {} rows with an empty answer", empty);
  const std::string unlearnt = undefined_counts(statuses);
  return text + fmt::format("{}{}\n            model: {}\n",
                            unlearnt.empty() ? "" : "; not learnt: ", unlearnt,
                            finetune.at("checkpoint").get<std::string>());
}

std::string iterate_lines(const Json& iterate) {
  std::string text;
  for (const Json& epoch : iterate.at("epochs")) {
    text += fmt::format("epoch {:<4}{} rows", epoch.at("epoch").get<std::uint64_t>(),
                        epoch.at("selected").get<std::uint64_t>());
    if (epoch.contains("pool"))
      text += fmt::format(" of {} scored anew, {} never selected before",
                          epoch.at("pool").get<std::uint64_t>(),
                          epoch.at("never_selected_before").get<std::uint64_t>());
    if (epoch.contains("training_seconds"))
      text += fmt::format("; trained {} tokens in {:.1f} s",
                          epoch.at("tokens_trained").get<std::uint64_t>(),
                          epoch.at("training_seconds").get<double>());
    if (epoch.contains("rescoring_seconds"))
      text += fmt::format(", scored {} in {:.1f} s", epoch.at("tokens_scored").get<std::uint64_t>(),
                          epoch.at("rescoring_seconds").get<double>());
    text += "\n";
  }
  if (iterate.contains("rescoring_share_of_training"))
    text += fmt::format("            scoring anew took {:.0f} % of the time of training\n",
                        100 * iterate.at("rescoring_share_of_training").get<double>());
  return text + fmt::format("            model: {}\n", iterate.at("checkpoint").get<std::string>());
}

std::string generation_lines(const std::string& name, const Json& generation) {
  const Json& statuses = generation.at("status");
  std::string text =
      fmt::format("answered  {}: {} of {} rows", name, statuses.value("ok", std::uint64_t{0}),
                  generation.at("rows").get<std::uint64_t>());
  if (generation.contains("tokens_per_second"))
    text += fmt::format(", {} tokens, {:.0f} tokens/s",
                        generation.at("tokens_generated").get<std::uint64_t>(),
                        generation.at("tokens_per_second").get<double>());
  const std::string unanswered = undefined_counts(statuses);
  return text + fmt::format("{}{}\n            replies: {}\n",
                            unanswered.empty() ? "" : "; not answered: ", unanswered,
                            generation.at("replies").get<std::string>());
}

}  // namespace

std::string summary_text(const Json& summary, bool profile) {
  std::string text = "\n";
  if (summary.contains("rows"))
    text += fmt::format("rows      {} ({})", summary.at("rows").get<std::uint64_t>(),
                        summary.at("data").get<std::string>());
  if (const auto bad = summary.value("bad_rows", std::uint64_t{0}); bad > 0)
    text += fmt::format("; {} bad rows skipped, listed in log/bad_rows.txt", bad);
  if (summary.contains("rows")) text += "\n";
  if (summary.contains("scorers"))
    for (const auto& [name, scorer] : summary.at("scorers").items())
      text += scorer_lines(name, scorer, summary.at("status").at(name), profile);
  if (summary.contains("selections"))
    for (const auto& [name, selection] : summary.at("selections").items())
      text += selection_lines(name, selection);
  if (summary.contains("finetune")) text += finetune_lines(summary.at("finetune"));
  if (summary.contains("iterate")) text += iterate_lines(summary.at("iterate"));
  if (summary.contains("generations"))
    for (const auto& [name, generation] : summary.at("generations").items())
      text += generation_lines(name, generation);
  if (summary.contains("evaluation")) text += evaluation_text(summary.at("evaluation"));
  if (summary.contains("study")) text += study_text(summary.at("study"));
  text += "time     ";
  for (const auto& [name, seconds] : summary.at("timings").items())
    text +=
        fmt::format(" {} {:.1f} s", name.substr(0, name.rfind("_seconds")), seconds.get<double>());
  text += fmt::format("\nfiles     {}\nnext      {}\n", summary.at("run_folder").get<std::string>(),
                      summary.at("next").get<std::string>());
  return text;
}

std::string check_text(const Json& plan) {
  std::string text =
      fmt::format("job       {} -> {}\ndata      {}\n", plan.at("name").get<std::string>(),
                  plan.at("run_folder").get<std::string>(), plan.at("data").get<std::string>());
  for (const Json& scorer : plan.at("scorers"))
    text += fmt::format("score     {}\n", scorer.get<std::string>());
  for (const Json& selection : plan.at("selections"))
    text += fmt::format("select    {}\n", selection.get<std::string>());
  if (plan.contains("finetune"))
    text += fmt::format("finetune  {}\n", plan.at("finetune").get<std::string>());
  if (plan.contains("study"))
    text += fmt::format("study     {}\n", plan.at("study").get<std::string>());
  if (plan.contains("generate"))
    text += fmt::format("generate  {}\n", plan.at("generate").get<std::string>());
  if (plan.contains("evaluate"))
    text += fmt::format("evaluate  {}\n", plan.at("evaluate").get<std::string>());
  for (const Json& file : plan.at("missing"))
    text += fmt::format("missing   {}\n", file.get<std::string>());
  return text + "Nothing was run.\n";
}

std::string missing_text(const Json& plan) {
  const auto missing = plan.at("missing").get<std::vector<std::string>>();
  return fmt::format("winnow: --check: missing, so that the job cannot run yet: {}\n",
                     core::one_line(fmt::format("{}", fmt::join(missing, ", "))));
}

}  // namespace winnow::app
