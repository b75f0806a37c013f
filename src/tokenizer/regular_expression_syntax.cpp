#include "tokenizer/regular_expression_syntax.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/error.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

// Oniguruma's \s is Unicode's White_Space; PCRE2's has U+180E in addition.
constexpr std::string_view kWhiteSpace =
    "\\x09-\\x0d\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    "\\x{3000}";

constexpr std::string_view kGroups[] = {"(?:", "(?i:", "(?!", "(?=", "(?<!", "(?<=", "(?>", "("};

// Ligatures and sharp s fold to these, which Oniguruma matches and PCRE2 does not.
constexpr std::string_view kFolds[] = {"ff", "fi", "fl", "ss", "st"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Translator {
 public:
  Translator(std::string_view pattern, const std::string& where)
      : pattern_(pattern), where_(where) {}

  TranslatedPattern run() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\')
        escape(false);
      else if (c == '[')
        character_class();
      else if (c == '(')
        open_group();
      else if (c == ')')
        close_group();
      else if (c == '|')
        alternative();
      else if (c == '.' || c == '^' || c == '$')
        fail(std::string(1, c));
      else if (c == '*' || c == '+' || c == '?' || count_size() > 0)
        quantifier();
      else
        literal(next_character(pattern_, at_));
    }
    return std::move(result_);
  }

 private:
  struct Group {
    bool folds_case = false;
    bool looks_around = false;
    bool is_behind = false;  // looked at from behind
  };

  [[noreturn]] void fail(std::string_view construct) const {
    throw core::ModelError(fmt::format("{}: regular expression construct `{}` is not supported",
                                       where_, core::one_line(construct)));
  }

  [[nodiscard]] bool starts_with(std::string_view text) const {
    return pattern_.substr(at_).starts_with(text);
  }
  [[nodiscard]] bool folds_case() const { return !groups_.empty() && groups_.back().folds_case; }

  void copy(std::size_t count) {
    result_.pcre2 += pattern_.substr(at_, count);
    at_ += count;
  }

  /// What may be repeated was read; it is no letter of a literal.
  void end_atom() {
    can_repeat_ = true;
    folded_ = '\0';
  }

  void put(char32_t character) {
    if (character < 0x80 && std::ispunct(static_cast<int>(character)) != 0) result_.pcre2 += '\\';
    append_character(result_.pcre2, character);
  }

  void literal(char32_t character) {
    take(character, character);
    put(character);
    end_atom();
    if (folds_case() && character < 0x80) folded_ = character;
  }

  /// Notes a literal or a range; refuses what case folding turns into several characters.
  void take(char32_t first, char32_t last) {
    result_.characters.push_back({first, last});
    if (!folds_case()) return;
    const bool is_ascii = last < 0x80;
    const bool is_punctuation =
        first == last && (U_GET_GC_MASK(static_cast<UChar32>(first)) & U_GC_P_MASK) != 0;
    if (!is_ascii && !is_punctuation) fail(in_case_group("letters beyond ASCII"));
    if (folded_ == '\0' || first != last || !is_ascii) return;
    const std::string pair = {static_cast<char>(std::tolower(static_cast<int>(folded_))),
                              static_cast<char>(std::tolower(static_cast<int>(first)))};
    if (std::ranges::find(kFolds, pair) != std::end(kFolds)) fail(in_case_group(pair));
  }

  static std::string in_case_group(std::string_view what) {
    return fmt::format("{} inside (?i:)", what);
  }

  void escape(bool in_class) {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (const auto character = escaped_character()) {
      at_ += 2;
      return literal(*character);
    }
    if (c == 's' || (c == 'S' && !in_class)) {
      result_.pcre2 += in_class ? "" : (c == 's' ? "[" : "[^");
      result_.pcre2 += kWhiteSpace;
      result_.pcre2 += in_class ? "" : "]";
      at_ += 2;
    } else if (c == 'd') {
      put_property(false, "Nd");
      at_ += 2;
    } else if (c == 'p' || c == 'P') {
      property(c == 'P');
    } else {
      fail(pattern_.substr(at_, 2));
    }
    end_atom();
  }

  /// What a backslash and the character behind it stand for, if that is one character.
  [[nodiscard]] std::optional<char32_t> escaped_character() const {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (c == 'r') return U'\r';
    if (c == 'n') return U'\n';
    if (c == 't') return U'\t';
    if (std::ispunct(static_cast<unsigned char>(c)) != 0) return static_cast<char32_t>(c);
    return std::nullopt;
  }

  void property(bool is_negated) {
    const std::size_t end = pattern_.find('}', at_);
    if (end == std::string_view::npos || pattern_[at_ + 2] != '{') fail(pattern_.substr(at_, 3));
    const std::string_view whole = pattern_.substr(at_, end + 1 - at_);
    std::string_view name = whole.substr(3, whole.size() - 4);
    if (name.starts_with('^')) {
      is_negated = !is_negated;
      name.remove_prefix(1);
    }
    const std::optional<Property> found = property_of(name);
    if (!found) fail(whole);
    if (folds_case()) fail(in_case_group(whole));
    put_property(is_negated, found->pcre2);
    result_.gaps.insert(result_.gaps.end(), found->gaps.begin(), found->gaps.end());
    at_ = end + 1;
  }

  void put_property(bool is_negated, std::string_view name) {
    result_.pcre2 += fmt::format("\\{}{{{}}}", is_negated ? 'P' : 'p', name);
    result_.has_properties = true;
  }

  void character_class() {
    const std::size_t begin = at_;
    copy(1);
    if (starts_with("^")) copy(1);
    if (starts_with("]")) fail("[]");
    const std::size_t first = at_;
    folded_ = '\0';
    while (!starts_with("]")) {
      if (at_ >= pattern_.size()) fail("[ without ]");
      if (starts_with("[")) fail("[ inside [ ]");
      if (starts_with("&&")) fail("&& inside [ ]");
      const bool is_hyphen = starts_with("-");
      if (is_hyphen && at_ != first && !starts_with("-]"))
        fail(pattern_.substr(begin, at_ + 1 - begin));
      if (starts_with("\\") && !escaped_character())
        escape(true);
      else
        range(begin);
    }
    copy(1);
    end_atom();
  }

  /// One character of a class, or two with a hyphen between.
  void range(std::size_t class_begin) {
    const char32_t first = class_character();
    char32_t last = first;
    if (starts_with("-") && !starts_with("-]")) {
      ++at_;
      if (starts_with("[") || (starts_with("\\") && !escaped_character()))
        fail(pattern_.substr(class_begin, at_ - class_begin));
      last = class_character();
      if (last < first) fail(pattern_.substr(class_begin, at_ - class_begin));
    }
    take(first, last);
    put(first);
    if (last == first) return;
    result_.pcre2 += '-';
    put(last);
  }

  char32_t class_character() {
    if (at_ >= pattern_.size()) fail("[ without ]");
    if (const auto escaped = starts_with("\\") ? escaped_character() : std::nullopt) {
      at_ += 2;
      return *escaped;
    }
    return next_character(pattern_, at_);
  }

  void open_group() {
    for (const std::string_view opening : kGroups) {
      if (!starts_with(opening)) continue;
      if (opening == "(" && starts_with("(?")) break;
      const bool looks_around = opening.find_first_of("=!") != std::string_view::npos;
      const bool is_behind = !groups_.empty() && groups_.back().is_behind;
      if (is_behind && looks_around) fail("look-around inside look-behind");
      groups_.push_back({folds_case() || opening == "(?i:", looks_around,
                         is_behind || opening.starts_with("(?<")});
      can_repeat_ = false;
      return copy(opening.size());
    }
    fail(pattern_.substr(at_, 4));
  }

  void close_group() {
    if (groups_.empty()) fail(") without (");
    can_repeat_ = !groups_.back().looks_around;
    groups_.pop_back();
    copy(1);
  }

  void alternative() {
    can_repeat_ = false;
    folded_ = '\0';
    copy(1);
  }

  /// The bytes of a count like {1}, {1,}, {1,3}, {,3}; 0 where none stands here.
  [[nodiscard]] std::size_t count_size() const {
    std::size_t end = at_;
    const auto skip_digits = [&] {
      const std::size_t begin = end;
      while (end < pattern_.size() && is_digit(pattern_[end])) ++end;
      return end > begin;
    };
    if (!starts_with("{")) return 0;
    ++end;
    bool has_number = skip_digits();
    if (end < pattern_.size() && pattern_[end] == ',') {
      ++end;
      has_number = skip_digits() || has_number;
    }
    return has_number && end < pattern_.size() && pattern_[end] == '}' ? end + 1 - at_ : 0;
  }

  void quantifier() {
    const std::size_t size = std::max<std::size_t>(count_size(), 1);
    const std::string_view sign = pattern_.substr(at_, size);
    if (!can_repeat_) fail(pattern_.substr(at_ == 0 ? 0 : at_ - 1, size + (at_ == 0 ? 0 : 1)));
    if (size > 1 && (folded_ == 'f' || folded_ == 's' || folded_ == 'F' || folded_ == 'S'))
      fail(in_case_group(fmt::format("{}{}", static_cast<char>(folded_), sign)));
    at_ += size;
    result_.pcre2 += sign.starts_with("{,") ? fmt::format("{{0{}", sign.substr(1)) : sign;
    // In Oniguruma x{3}? makes the repetition optional and x{1,3}+ repeats it.
    if (starts_with("+") && size > 1) fail(fmt::format("{}+", sign));
    if (starts_with("?") && size > 1 && sign.find(',') == std::string_view::npos)
      fail(fmt::format("{}?", sign));
    if (starts_with("?") || starts_with("+")) copy(1);
    if (starts_with("*") || starts_with("+") || starts_with("?") || count_size() > 0)
      fail("a repetition of a repetition");
    can_repeat_ = false;
    folded_ = '\0';
  }

  std::string_view pattern_;
  const std::string& where_;
  TranslatedPattern result_;
  std::size_t at_ = 0;
  std::vector<Group> groups_;
  bool can_repeat_ = false;  // what stands before
  char32_t folded_ = '\0';   // the ASCII character before, where it stands inside (?i:)
};

}  // namespace

TranslatedPattern to_pcre2(std::string_view pattern, const std::string& where) {
  return Translator(pattern, where).run();
}

}  // namespace winnow::tokenizer
