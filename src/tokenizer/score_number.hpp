#pragma once

namespace winnow::tokenizer {

/// `value`, the double nearest to a decimal number in a file, as serde_json reads that number: its
/// digits as an integer times or over a power of ten, each rounded. Up to one unit in the last
/// place from `value`; it decides between cuts of equal score. (The digits are taken to be the
/// fewest that identify `value`, as programs write them.)
[[nodiscard]] double as_serde_json_reads(double value);

}  // namespace winnow::tokenizer
