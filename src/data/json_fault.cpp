#include "data/json_fault.hpp"

#include <cctype>
#include <vector>

#include <fmt/format.h>

namespace winnow::data {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";

/// Thrown inside this file only.
struct Stop {
  std::size_t offset;
  std::string expected;
};

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view text) : text_(text) {}

  void check() {
    Next next = Next::value;
    while (true) {
      skip(kSpaces);
      if (at_end() && next == Next::after_value && open_.empty()) return;
      switch (next) {
        case Next::element_or_end:
          next = take_if(']') ? close() : value("a JSON value or ']'");
          break;
        case Next::value:
          next = value("a JSON value");
          break;
        case Next::key_or_end:
          next = take_if('}') ? close() : key("a field name in quotes or '}'");
          break;
        case Next::key:
          next = key("a field name in quotes");
          break;
        case Next::after_value:
          next = after_value();
          break;
      }
    }
  }

 private:
  enum class Next { value, element_or_end, key, key_or_end, after_value };

  [[nodiscard]] bool at_end() const { return offset_ == text_.size(); }
  [[nodiscard]] bool is_one_of(std::string_view set) const {
    return !at_end() && set.find(text_[offset_]) != std::string_view::npos;
  }
  [[noreturn]] void stop(std::string expected) const { throw Stop{offset_, std::move(expected)}; }

  void skip(std::string_view set) {
    while (is_one_of(set)) ++offset_;
  }
  bool take_if(char byte) {
    if (at_end() || text_[offset_] != byte) return false;
    ++offset_;
    return true;
  }
  void take(std::string_view set, const char* expected) {
    if (!is_one_of(set)) stop(expected);
    ++offset_;
  }

  Next open(bool is_object) {
    open_.push_back(is_object);
    return is_object ? Next::key_or_end : Next::element_or_end;
  }
  Next close() {
    open_.pop_back();
    return Next::after_value;
  }

  Next value(const char* expected) {
    if (take_if('{')) return open(true);
    if (take_if('[')) return open(false);
    if (is_one_of("\"")) {
      string();
    } else if (is_one_of("-0123456789")) {
      number();
    } else if (is_one_of("tfn")) {
      literal();
    } else {
      stop(expected);
    }
    return Next::after_value;
  }

  Next key(const char* expected) {
    if (!is_one_of("\"")) stop(expected);
    string();
    skip(kSpaces);
    take(":", "':' after the field name");
    return Next::value;
  }

  Next after_value() {
    if (open_.empty()) stop("the end of the row");
    const bool in_object = open_.back();
    if (take_if(',')) return in_object ? Next::key : Next::value;
    if (take_if(in_object ? '}' : ']')) return close();
    stop(in_object ? "',' or '}'" : "',' or ']'");
  }

  void literal() {
    const std::string_view word = text_[offset_] == 't'   ? "true"
                                  : text_[offset_] == 'f' ? "false"
                                                          : "null";
    for (const char letter : word)
      if (!take_if(letter)) stop(fmt::format("`{}`", word));
  }

  void number() {
    take_if('-');
    if (!take_if('0')) {
      take(kDigits, "a digit");
      skip(kDigits);
    }
    if (take_if('.')) {
      take(kDigits, "a digit after the decimal point");
      skip(kDigits);
    }
    if (is_one_of("eE")) {
      ++offset_;
      if (!take_if('+')) take_if('-');
      take(kDigits, "a digit of the exponent");
      skip(kDigits);
    }
  }

  void string() {
    ++offset_;
    while (!take_if('"')) {
      if (at_end()) stop("'\"' at the end of the string");
      const auto byte = static_cast<unsigned char>(text_[offset_]);
      if (byte < 0x20) stop("an escape, as control characters must not stand in a string");
      if (byte == '\\') {
        escape();
      } else if (byte < 0x80) {
        ++offset_;
      } else {
        utf8_sequence(byte);
      }
    }
  }

  void escape() {
    const std::size_t begin = offset_++;
    if (!take_if('u')) return take("\"\\/bfnrt", "one of \" \\ / b f n r t u after the backslash");
    const unsigned unit = hexadecimal_unit();
    if (unit < 0xD800 || unit > 0xDFFF) return;
    const bool leads = unit <= 0xDBFF;
    if (leads && at_end()) stop("a low surrogate \\uDC00 to \\uDFFF");
    if (leads && take_if('\\')) {
      if (at_end()) stop("a low surrogate \\uDC00 to \\uDFFF");
      if (take_if('u')) {
        const unsigned low = hexadecimal_unit();
        if (low >= 0xDC00 && low <= 0xDFFF) return;
      }
    }
    offset_ = begin;
    stop("a surrogate pair, not a lone surrogate");
  }

  unsigned hexadecimal_unit() {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
      take(kHexadecimal, "four hexadecimal digits after \\u");
      const auto digit = static_cast<unsigned char>(text_[offset_ - 1]);
      unit = unit * 16 + static_cast<unsigned>(
                             std::isdigit(digit) != 0 ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return unit;
  }

  /// Well-formed sequences of Unicode 15, table 3-7.
  void utf8_sequence(unsigned char lead) {
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) stop("valid UTF-8");
    const std::size_t begin = offset_++;
    for (std::size_t i = 1; i < length; ++i) {
      if (at_end()) stop("the rest of a UTF-8 character");
      const auto byte = static_cast<unsigned char>(text_[offset_]);
      const unsigned low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      const unsigned high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (byte < low || byte > high) {
        offset_ = begin;
        stop("valid UTF-8");
      }
      ++offset_;
    }
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  std::vector<bool> open_;  ///< brackets around the next byte; true: an object's
};

}  // namespace

std::string show_byte(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value > 0x20 && value < 0x7F ? fmt::format("'{}'", byte)
                                      : fmt::format("byte 0x{:02X}", value);
}

std::optional<JsonFault> find_json_fault(std::string_view text) {
  try {
    JsonChecker(text).check();
    return std::nullopt;
  } catch (const Stop& stop) {
    return JsonFault{
        stop.offset,
        stop.offset < text.size() ? show_byte(text[stop.offset]) : "the end of the row",
        stop.expected};
  }
}

}  // namespace winnow::data
