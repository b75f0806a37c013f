#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/attributes.hpp"

// The only place with names, units and formulas of what is stored. People's notebooks rely on them:
// a change raises the version.

namespace winnow::store {

inline constexpr std::uint64_t kSchemaVersion = 1;

namespace kind {
inline constexpr const char* kIndex = "index";
inline constexpr const char* kScores = "scores";
inline constexpr const char* kSelection = "selection";
inline constexpr const char* kTfidf = "tfidf";
inline constexpr const char* kReference = "reference";
}  // namespace kind

/// Text of an attribute that has no meaning for its dataset, or that nobody told us.
inline constexpr const char* kDoesNotApply = "does not apply";
inline constexpr const char* kNotGiven = "not given";

/// A dataset and what an analyst must know to read it.
struct Field {
  std::string_view name;
  std::string_view formula;
  std::string_view unit;
  std::string_view log_base;
  std::string_view source;
};

namespace row {
inline constexpr Field kByteOffset{"byte_offset", "first byte of the row in the decompressed input",
                                   "bytes", kDoesNotApply, "winnow"};
inline constexpr Field kByteLength{"byte_length", "length of the row in the decompressed input",
                                   "bytes", kDoesNotApply, "winnow"};
inline constexpr Field kFile{"file", "number of the input file that holds the row, from 0", "1",
                             kDoesNotApply, "winnow"};
inline constexpr Field kHash{"hash", "XXH3-64, seed 0, of the row's bytes", "1", kDoesNotApply,
                             "winnow"};
inline constexpr Field kInstructionWords{"instruction_words",
                                         "count of NLTK word_tokenize(instruction)", "words",
                                         kDoesNotApply, "Bird et al. 2009, NLTK"};
inline constexpr Field kResponseWords{
    "response_words", "count of NLTK word_tokenize(response)", "words", kDoesNotApply,
    "Zhao et al. 2024, Long Is More for Alignment, arXiv:2402.04833"};
inline constexpr Field kTurns{"turns", "messages in the row", "messages", kDoesNotApply, "winnow"};
inline constexpr Field kStatus{"status", "ok, or bad_row where the row could not be read", "1",
                               kDoesNotApply, "winnow"};
inline constexpr Field kId{
    "id", "the user's own id as UTF-8 bytes; row i is bytes [id_offsets[i], id_offsets[i + 1])",
    "1", kDoesNotApply, "the input"};
}  // namespace row

namespace score {
inline constexpr const char* kIterit = "Jia et al. 2024, IterIT, arXiv:2412.17365";
inline constexpr const char* kSuperfiltering = "Li et al. 2024, Superfiltering, arXiv:2402.00530";
inline constexpr const char* kCherry =
    "Li et al. 2023, From Quantity to Quality (Cherry LLM), arXiv:2308.12032";
inline constexpr Field kNllCondSum{
    "nll_cond_sum", "- sum over the scored tokens of ln p(token | prompt, earlier tokens)", "nats",
    "e", kCherry};
inline constexpr Field kNCond{"n_cond", "scored tokens of the answer after its prompt", "tokens",
                              kDoesNotApply, kCherry};
inline constexpr Field kNllDirectSum{
    "nll_direct_sum", "- sum over the scored tokens of ln p(token | earlier tokens of the answer)",
    "nats", "e", kCherry};
inline constexpr Field kNDirect{"n_direct", "scored tokens of the answer alone", "tokens",
                                kDoesNotApply, kCherry};
inline constexpr Field kNTokens{"n_tokens", "tokens of the conditional text, prompt and answer",
                                "tokens", kDoesNotApply, "winnow"};
inline constexpr Field kPplCond{"ppl_cond", "exp(nll_cond_sum / n_cond)", "1", "e",
                                kSuperfiltering};
inline constexpr Field kPplDirect{"ppl_direct", "exp(nll_direct_sum / n_direct)", "1", "e",
                                  kSuperfiltering};
inline constexpr Field kIfdPpl{"ifd_ppl", "ppl_cond / ppl_direct", "1", "e", kIterit};
inline constexpr Field kIfdLoss{"ifd_loss", "(nll_cond_sum / n_cond) / (nll_direct_sum / n_direct)",
                                "1", "e", kCherry};
inline constexpr Field kStatusCond{"status_cond",
                                   "why nll_cond_sum and ppl_cond are undefined, or ok", "1",
                                   kDoesNotApply, "winnow"};
inline constexpr Field kStatusDirect{"status_direct",
                                     "why nll_direct_sum and ppl_direct are undefined, or ok", "1",
                                     kDoesNotApply, "winnow"};
inline constexpr Field kStatusIfd{"status_ifd", "why ifd_ppl and ifd_loss are undefined, or ok",
                                  "1", kDoesNotApply, "winnow"};
inline constexpr Field kNllInstructionSum{
    "nll_instruction_sum",
    "- sum over the tokens before the answer, but the first, of ln p(token | earlier tokens)",
    "nats", "e", kCherry};
inline constexpr Field kNInstruction{"n_instruction",
                                     "tokens of the conditional text that end before the answer "
                                     "begins, but the first",
                                     "tokens", kDoesNotApply, kCherry};
inline constexpr Field kInstructionPpl{
    "instruction_ppl", "exp(nll_instruction_sum / n_instruction)", "1", "e", kCherry};
inline constexpr Field kStatusInstructionPpl{
    "status_instruction_ppl", "why nll_instruction_sum and instruction_ppl are undefined, or ok",
    "1", kDoesNotApply, "winnow"};
inline constexpr const char* kDeita =
    "Liu et al. 2024, What Makes Good Data for Alignment (Deita), arXiv:2312.15685";
inline constexpr Field kEvolComplexity{
    "evol_complexity", "sum of evol_complexity over the row's user turns (/turns/<scorer>)", "1",
    "e", kDeita};
inline constexpr Field kStatusEvolComplexity{"status_evol_complexity",
                                             "ok, or why a turn of the row has no evol_complexity",
                                             "1", kDoesNotApply, "winnow"};
inline constexpr Field kEvolQuality{
    "evol_quality", "sum of evol_quality over the row's user turns (/turns/<scorer>)", "1", "e",
    kDeita};
inline constexpr Field kStatusEvolQuality{"status_evol_quality",
                                          "ok, or why a turn of the row has no evol_quality", "1",
                                          kDoesNotApply, "winnow"};
inline constexpr Field kEmbedding{"embedding", "the model's vector of the row's text", "1",
                                  kDoesNotApply, "winnow"};
inline constexpr Field kStatusEmbedding{"status_embedding",
                                        "why the row of /embeddings/<scorer> is undefined, or ok",
                                        "1", kDoesNotApply, "winnow"};
inline constexpr const char* kInstag = "Lu et al. 2024, #InsTag, arXiv:2308.07074";
inline constexpr Field kNTags{"n_tags", "count of the row's tags (/tags/<scorer>)", "tags",
                              kDoesNotApply, kInstag};
inline constexpr Field kStatusNTags{"status_n_tags",
                                    "why the row's tags and n_tags are undefined, or ok", "1",
                                    kDoesNotApply, "winnow"};
}  // namespace score

/// Of user turns, in the order of the rows and of each row's turns.
namespace turn {
inline constexpr Field kRowOffsets{"row_offsets",
                                   "the turns of row i are [row_offsets[i], row_offsets[i + 1])",
                                   "turns", kDoesNotApply, "winnow"};
inline constexpr Field kEvolComplexity{
    "evol_complexity",
    "sum over k = 1..6 of k softmax(logits of the tokens 1..6 after prompt_evol_complexity)_k", "1",
    "e", score::kDeita};
inline constexpr Field kStatusEvolComplexity{"status_evol_complexity",
                                             "why evol_complexity is undefined, or ok", "1",
                                             kDoesNotApply, "winnow"};
inline constexpr Field kEvolQuality{
    "evol_quality",
    "sum over k = 1..6 of k softmax(logits of the tokens 1..6 after prompt_evol_quality)_k", "1",
    "e", score::kDeita};
inline constexpr Field kStatusEvolQuality{
    "status_evol_quality", "why evol_quality is undefined, or ok", "1", kDoesNotApply, "winnow"};
}  // namespace turn

/// The tags of rows, and the distinct names of all of them.
namespace tag {
inline constexpr Field kRowOffsets{
    "row_offsets",
    "the tags of row i are tag[row_offsets[i]] to tag[row_offsets[i + 1] - 1]; a row whose "
    "status_n_tags is not ok has none",
    "tags", kDoesNotApply, "winnow"};
inline constexpr Field kTag{"tag", "the tag's place among names, in the order of the row's turns",
                            "1", kDoesNotApply, score::kInstag};
inline constexpr Field kNameOffsets{
    "name_offsets", "name k is bytes [name_offsets[k], name_offsets[k + 1]) of names", "bytes",
    kDoesNotApply, "winnow"};
inline constexpr Field kNames{"names", "the distinct names in UTF-8, ascending by their bytes", "1",
                              kDoesNotApply, score::kInstag};
inline constexpr Field kRowsWithTag{"rows_with_tag", "rows that have the tag", "rows",
                                    kDoesNotApply, "winnow"};
}  // namespace tag

namespace pick {
inline constexpr Field kRow{"row",
                            "row id, its position in the input from 0, in the order of picking",
                            "1", kDoesNotApply, "winnow"};
inline constexpr Field kGain{"gain", "value of the method's objective for this pick", "1",
                             kDoesNotApply, "winnow"};
inline constexpr Field kScore{"score", "the row's own score", "1", kDoesNotApply, "winnow"};
inline constexpr Field kDiversity{"diversity", "the row's diversity term when it was picked", "1",
                                  kDoesNotApply, "winnow"};
inline constexpr Field kLeftOutBy{
    "left_out_by",
    "of each row of the data set: the number, from 0, of the step that left it out; 255 for a row "
    "that is picked",
    "1", kDoesNotApply, "winnow"};
}  // namespace pick

/// Of pairs of answers, by a model before it was trained on them.
namespace reference {
inline constexpr const char* kDpo =
    "Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290";
inline constexpr Field kRow{"row", "row id of the pair, its position in the input from 0", "1",
                            kDoesNotApply, "winnow"};
inline constexpr Field kChosen{
    "chosen_log_prob",
    "sum over the chosen answer's tokens of ln p(token | prompt, earlier tokens)", "nats", "e",
    kDpo};
inline constexpr Field kRejected{
    "rejected_log_prob",
    "sum over the rejected answer's tokens of ln p(token | prompt, earlier tokens)", "nats", "e",
    kDpo};
inline constexpr Field kChosenTokens{"chosen_tokens", "tokens of the chosen answer", "tokens",
                                     kDoesNotApply, kDpo};
inline constexpr Field kRejectedTokens{"rejected_tokens", "tokens of the rejected answer", "tokens",
                                       kDoesNotApply, kDpo};
}  // namespace reference

/// The dataset that says why a score's value is undefined: one for both perplexity and sum, one for
/// both IFDs, one for the instruction's perplexity and sum, else status_<name>.
[[nodiscard]] std::string status_of(std::string_view score);

/// The field of a scorer's dataset, of rows or of turns. @throws core::InternalError if there is
/// none of this name.
[[nodiscard]] const Field& score_field(std::string_view name);
[[nodiscard]] const Field& turn_field(std::string_view name);

/// formula, unit, log_base and source as attributes.
[[nodiscard]] Attributes attributes_of(const Field& field);

}  // namespace winnow::store
