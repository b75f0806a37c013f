#include "app/job_selections.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/job_names.hpp"
#include "core/nearest.hpp"
#include "pipeline/candidates.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/step_parameters.hpp"
#include "selection/budget.hpp"

namespace winnow::app {
namespace {

using pipeline::Method;
using pipeline::NeedsBudget;
using pipeline::SelectionStep;

constexpr std::size_t kMostSteps = 64;
/// Of all expressions of a selection together: they are noted in its file, in an attribute, which
/// HDF5 keeps below 64 KiB.
constexpr std::size_t kLongestExpressions = 8 << 10;

using ReadKey = std::function<void(YamlSection&, SelectionStep&)>;

/// How each key that some method takes is read.
const std::map<std::string_view, ReadKey>& readers() {
  using Section = YamlSection;
  using Step = SelectionStep;
  static const std::map<std::string_view, ReadKey> table = {
      {"decay", [](Section& s, Step& step) { step.decay = s.number("decay", 0, 1).value_or(0.1); }},
      {"faithful",
       [](Section& s, Step& step) { step.faithful = s.boolean("faithful").value_or(false); }},
      {"eos_text",
       [](Section& s, Step& step) {
         if (s.has("eos_text")) step.eos_text = s.text("eos_text");
       }},
      {"text",
       [](Section& s, Step& step) {
         const bool is_deduplicate = step.method == "deduplicate";
         step.text =
             s.one_of("text", is_deduplicate
                                  ? std::vector<std::string>{"all", "instruction", "response"}
                                  : std::vector<std::string>{"response", "instruction"})
                 .value_or(is_deduplicate                 ? "all"
                           : step.method == "graphfilter" ? "instruction"
                                                          : "response");
       }},
      {"unit",
       [](Section& s, Step& step) {
         step.unit = s.one_of("unit", {"words", "tokens"}).value_or("words");
       }},
      {"take",
       [](Section& s, Step& step) {
         const std::vector<std::string> allowed =
             step.method == "kmeans" ? std::vector<std::string>{"nearest", "per_cluster"}
                                     : std::vector<std::string>{"top", "middle", "bottom"};
         step.take = s.one_of("take", allowed).value_or(allowed.front());
       }},
      {"seed", [](Section& s,
                  Step& step) { step.seed = s.unsigned_integer("seed", 0, ~0ULL).value_or(0); }},
      {"score",
       [](Section& s, Step& step) {
         if (const auto score = s.text("score")) step.score = *score;
         if (step.method == "top" && step.score.empty()) step.score = s.required_text("score");
       }},
      {"version",
       [](Section& s, Step& step) {
         step.version = s.unsigned_integer("version", 1, 2).value_or(1);
         step.of = step.version == 1 ? "eligible" : "all";
       }},
      {"min_rating",
       [](Section& s, Step& step) {
         step.min_rating = s.number("min_rating", -1e300, 1e300).value_or(4.5);
       }},
      {"max_cosine_similarity",
       [](Section& s, Step& step) {
         step.max_cosine_similarity = s.number("max_cosine_similarity", -1, 1)
                                          .value_or(step.method == "deduplicate" ? 0.95 : 0.9);
       }},
      {"min_jaccard_similarity",
       [](Section& s, Step& step) {
         step.min_jaccard_similarity = s.number("min_jaccard_similarity", 0.06, 1).value_or(0.8);
       }},
      {"by",
       [](Section& s, Step& step) {
         step.by = s.one_of("by", {"ngrams", "embedding"}).value_or("ngrams");
       }},
      {"ngram",
       [](Section& s, Step& step) { step.ngram = s.unsigned_integer("ngram", 1, 64).value_or(5); }},
      {"ifd_share",
       [](Section& s, Step& step) {
         step.ifd_share = s.text("ifd_share").value_or("20%");
         if (selection::parse_budget(s.place_of("ifd_share"), step.ifd_share).unit ==
             selection::Budget::Unit::tokens)
           s.fail("ifd_share",
                  fmt::format("'{}' counts tokens: expected rows or a percentage", step.ifd_share));
       }},
      {"clusters",
       [](Section& s, Step& step) {
         step.clusters = s.unsigned_integer("clusters", 1, 1U << 24)
                             .value_or(step.method == "cherry_pre_experience" ? 100 : 0);
       }},
      {"per_cluster",
       [](Section& s, Step& step) {
         step.per_cluster = s.unsigned_integer("per_cluster", 1, 1U << 24).value_or(10);
       }},
      {"low_percentile",
       [](Section& s, Step& step) {
         step.low_percentile = s.number("low_percentile", 0, 100).value_or(25);
       }},
      {"high_percentile",
       [](Section& s, Step& step) {
         step.high_percentile = s.number("high_percentile", step.low_percentile, 100).value_or(75);
       }},
      {"embedding",
       [](Section& s, Step& step) { step.embedding = s.text("embedding").value_or(""); }},
      {"global_tags",
       [](Section& s, Step& step) { step.global_tags = s.boolean("global_tags").value_or(false); }},
  };
  return table;
}

/// Neither a method nor a filter: a misspelt key is told first.
[[noreturn]] void refuse_without_method(YamlSection& section) {
  for (const char* key : {"budget", "of", "order", "strategy", "stratify", "update_ratio"})
    static_cast<void>(section.has(key));
  for (const auto& reader : readers()) static_cast<void>(section.has(std::string(reader.first)));
  section.finish();
  section.fail("method", "missing, expected a method, or `filter` with a condition");
}

const Method& read_method(YamlSection& section, SelectionStep& step) {
  if (!section.has("method")) refuse_without_method(section);
  step.method = section.required_text("method");
  const Method* const method = pipeline::find_method(step.method);
  if (step.method == "filter")
    section.fail("method", "found 'filter', which is a key of its own: expected filter: CONDITION");
  if (method != nullptr) return *method;
  std::vector<std::string> names;
  for (const Method& known : pipeline::methods())
    if (known.algorithm != pipeline::Algorithm::filter) names.emplace_back(known.name);
  section.fail("method", fmt::format("found '{}', expected one of {}; nearest is '{}'", step.method,
                                     fmt::join(names, ", "), core::nearest(step.method, names)));
}

/// Keys of other methods or other places, which are no misspelt ones.
void refuse_foreign_keys(const YamlSection& section, const SelectionStep& step, bool is_last) {
  const Method& method = pipeline::method_of(step);
  const std::vector<std::string_view> of_budget = {"budget", "of", "stratify"};
  std::vector<std::string_view> taken = method.keys;
  if (method.budget != NeedsBudget::no)
    taken.insert(taken.begin(), of_budget.begin(), of_budget.end());
  for (const std::string& key : section.keys()) {
    if (key == "order" && !is_last)
      section.fail(key, "given, but stands in the last step of a chain: expected it there");
    const bool is_known =
        readers().contains(key) || std::ranges::find(of_budget, key) != of_budget.end();
    if (!is_known || std::ranges::find(taken, key) != taken.end()) continue;
    section.fail(
        key, fmt::format(
                 "given, but {} takes no {}{}", step.method == "filter" ? "a filter" : step.method,
                 key, taken.empty() ? "" : fmt::format("; it takes {}", fmt::join(taken, ", "))));
  }
}

void read_budget(YamlSection& section, const Method& method, SelectionStep& step) {
  std::optional<selection::Budget::Unit> unit;
  if (method.budget == NeedsBudget::yes ||
      (method.budget == NeedsBudget::optional && section.has("budget"))) {
    step.budget = section.required_text("budget");
    unit = selection::parse_budget(section.place_of("budget"), step.budget).unit;
  }
  if (section.has("of") && unit != selection::Budget::Unit::percent)
    section.fail("of", "given, but says of which rows a budget in percent is taken");
  if (const auto of = section.one_of("of", {"all", "eligible"})) step.of = *of;
  if (unit == selection::Budget::Unit::tokens && step.method == "kmeans" && step.clusters == 0)
    section.fail("clusters",
                 "missing: a budget in tokens does not say how many clusters there are");
  if (step.take == "middle" && unit == selection::Budget::Unit::tokens)
    section.fail("budget", fmt::format("'{}' counts tokens, but `take: middle` has its middle in "
                                       "rows: expected rows or a percentage",
                                       step.budget));
}

/// `stratify: category`, or `stratify: { field: category, budgets: equal }`.
void read_strata(YamlSection& section, SelectionStep& step) {
  if (!section.has("stratify")) return;
  if (step.budget.empty() || pipeline::is_in_tokens(step))
    section.fail("stratify",
                 "given, but shares out a budget in rows or in percent: expected such a "
                 "budget");
  if (step.method == "iterit" && step.faithful)
    section.fail("stratify", "given beside faithful: true, whose loop knows no strata");
  if (section.node("stratify").IsScalar()) {
    step.strata.field = section.required_text("stratify");
    return;
  }
  auto strata = section.section("stratify");
  step.strata.field = strata->required_text("field");
  step.strata.budgets =
      strata->one_of("budgets", {"proportional", "equal"}).value_or("proportional");
  strata->finish();
}

SelectionStep read_step(YamlSection& section, const pipeline::Job& job, bool is_last) {
  SelectionStep step;
  step.place = section.place();
  step.of = "all";
  step.scorer = section.text("scorer").value_or("");
  if (!step.scorer.empty() &&
      std::ranges::find(job.scorers, step.scorer, &pipeline::Scorer::name) == job.scorers.end())
    section.fail("scorer",
                 fmt::format("found '{}', which is not a scorer of this job", step.scorer));
  if (section.has("filter")) {
    if (section.has("method"))
      section.fail("filter", "given beside method: expected a step of its own for each");
    step.method = "filter";
    step.condition = section.required_text("filter");
    refuse_foreign_keys(section, step, is_last);
  } else {
    const Method& method = read_method(section, step);
    refuse_foreign_keys(section, step, is_last);
    for (const std::string_view key : method.keys) readers().at(key)(section, step);
    for (const std::string_view key : method.keys)
      if (section.has(std::string(key)) && !pipeline::key_applies(step, key))
        section.fail(std::string(key),
                     step.method == "cherry"
                         ? fmt::format("given, but `version: {}` has no other way", step.version)
                         : fmt::format("given, but `by: {}` does not use it", step.by));
    if (method.budget == NeedsBudget::no) return step;
    read_budget(section, method, step);
    read_strata(section, step);
  }
  return step;
}

/// `strategy` and `update_ratio`: the selection is IterIT's, made anew before each epoch.
std::optional<pipeline::Reselection> read_reselection(YamlSection& section,
                                                      const SelectionStep& step) {
  const auto strategy = section.one_of("strategy", {"iterative", "baseline"});
  const auto ratio = section.number("update_ratio", 0, 1e9);
  if (!strategy && !ratio) return std::nullopt;
  const char* const key = strategy ? "strategy" : "update_ratio";
  if (step.method != "iterit" && step.method != "ifd")
    section.fail(key, fmt::format("given, but {} is not selected anew between epochs: expected "
                                  "method: iterit or ifd",
                                  step.method));
  pipeline::Reselection reselection;
  reselection.once = strategy == "baseline";
  if (ratio && reselection.once)
    section.fail("update_ratio", "given, but strategy: baseline selects once");
  if (ratio) reselection.update_ratio = *ratio;
  return reselection;
}

/// A map is one step, a list is a chain. `order` stands in the last step.
pipeline::SelectionJob read_selection(YamlSection& parent, const std::string& key,
                                      const pipeline::Job& job) {
  std::vector<YamlSection> sections = parent.sections(key);
  if (sections.empty())
    parent.fail(key, "empty, expected { method: ..., budget: ... }, or a list of such steps");
  if (sections.size() > kMostSteps)
    parent.fail(key,
                fmt::format("{} steps, at most {} are supported", sections.size(), kMostSteps));
  pipeline::SelectionJob selection;
  std::size_t expressions = 0;
  for (YamlSection& section : sections) {
    const bool is_last = &section == &sections.back();
    selection.steps.push_back(read_step(section, job, is_last));
    if (is_last) {
      selection.order = section.one_of("order", {"pick", "file"}).value_or("pick");
      selection.reselection = read_reselection(section, selection.steps.back());
    }
    section.finish();
    const SelectionStep& step = selection.steps.back();
    expressions += step.condition.size() + step.score.size();
    if (expressions > kLongestExpressions)
      parent.fail(key, fmt::format("its expressions are longer than {} characters together",
                                   kLongestExpressions));
    pipeline::check_needs(job, step);
    if (!step.scorer.empty() && pipeline::scorers_of(job, step).empty())
      section.fail("scorer", "given, but this step uses no scorer's numbers");
    if (step.faithful && step.method == "iterit" && !is_last)
      section.fail("faithful",
                   "true, which may pick a row several times: expected no step after it");
  }
  return selection;
}

}  // namespace

void read_selections(YamlSection& root, pipeline::Job& job) {
  const bool several = root.has("selections");
  if (root.has("select")) {
    if (several) root.fail("selections", "given beside select: expected one of the two");
    pipeline::SelectionJob selection = read_selection(root, "select", job);
    selection.name = selection.steps.back().method;
    selection.place = "select";
    job.selections.push_back(std::move(selection));
  }
  if (!several) return;
  auto selections = root.section("selections");
  for (const std::string& name : selections->keys()) {
    if (!is_group_name(name))
      selections->fail(name, "expected a name of at most 200 letters, digits, '_', '-' and '.'");
    pipeline::SelectionJob selection = read_selection(*selections, name, job);
    selection.name = name;
    selection.place = "selections." + name;
    job.selections.push_back(std::move(selection));
  }
  selections->finish();
}

}  // namespace winnow::app
