#include <fmt/format.h>

#include <cctype>

#include "core/error.hpp"
#include "tokenizer/regular_expression.hpp"

namespace winnow::tokenizer {
namespace {

// Oniguruma's \s is Unicode's White_Space; PCRE2's has U+180E in addition.
constexpr std::string_view kWhiteSpace =
    "\\x09-\\x0d\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    "\\x{3000}";

constexpr std::string_view kGroups[] = {"(?:", "(?i:", "(?!", "(?=", "(?<!", "(?<=", "(?>"};

class Translator {
 public:
  Translator(std::string_view pattern, const std::string& where)
      : pattern_(pattern), where_(where) {}

  std::string run() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\')
        escape(false);
      else if (c == '[')
        character_class();
      else if (c == '(')
        group();
      else if (c == '.' || c == '^' || c == '$')
        fail(std::string(1, c));
      else if (c == '}')
        end_of_count();
      else
        copy(1);
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::string_view construct) const {
    throw core::ModelError(fmt::format("{}: regular expression construct `{}` is not supported",
                                       where_, core::one_line(construct)));
  }

  [[nodiscard]] bool starts_with(std::string_view text) const {
    return pattern_.substr(at_).starts_with(text);
  }

  void copy(std::size_t count) {
    result_ += pattern_.substr(at_, count);
    at_ += count;
  }

  void escape(bool in_class) {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (c == 's' || (c == 'S' && !in_class)) {
      result_ += in_class ? "" : (c == 's' ? "[" : "[^");
      result_ += kWhiteSpace;
      result_ += in_class ? "" : "]";
      at_ += 2;
    } else if (c == 'p' || c == 'P') {
      const std::size_t end = pattern_.find('}', at_);
      if (!starts_with("\\p{") && !starts_with("\\P{")) fail(pattern_.substr(at_, 3));
      if (end == std::string_view::npos) fail(pattern_.substr(at_));
      copy(end + 1 - at_);
    } else if (c == 'r' || c == 'n' || c == 't' || c == 'd' ||
               std::ispunct(static_cast<unsigned char>(c)) != 0) {
      copy(2);
    } else {
      fail(pattern_.substr(at_, 2));
    }
  }

  void character_class() {
    copy(1);
    if (starts_with("^")) copy(1);
    if (starts_with("]")) fail("[]");
    while (!starts_with("]")) {
      if (at_ >= pattern_.size()) fail("[ without ]");
      if (starts_with("[")) fail("[ inside [ ]");
      if (starts_with("&&")) fail("&& inside [ ]");
      if (starts_with("\\"))
        escape(true);
      else
        copy(1);
    }
    copy(1);
  }

  void group() {
    if (!starts_with("(?")) return copy(1);
    for (const std::string_view opening : kGroups)
      if (starts_with(opening)) return copy(opening.size());
    fail(pattern_.substr(at_, 4));
  }

  // In Oniguruma x{1,3}+ repeats the repetition, in PCRE2 it is possessive.
  void end_of_count() {
    copy(1);
    if (starts_with("+")) fail("}+");
  }

  std::string_view pattern_;
  const std::string& where_;
  std::string result_;
  std::size_t at_ = 0;
};

}  // namespace

std::string to_pcre2(std::string_view pattern, const std::string& where) {
  return Translator(pattern, where).run();
}

}  // namespace winnow::tokenizer
