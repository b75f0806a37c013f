#include "scoring/loose_json.hpp"

#include <charconv>
#include <utility>

#include "text/utf8.hpp"

namespace winnow::scoring {
namespace {

constexpr int kDeepest = 32;
constexpr std::string_view kSpaces = " \t\r\n";

class Reader {
 public:
  Reader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  LooseJson value(int depth) {
    if (depth > kDeepest) is_too_deep_ = true;
    if (is_too_deep_) return {};
    switch (peek()) {
      case '[':
        return list(depth);
      case '{':
        return object(depth);
      case '"':
      case '\'':
        return string();
      default:
        return bare();
    }
  }
  [[nodiscard]] bool is_too_deep() const { return is_too_deep_; }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip(std::string_view characters) {
    at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
  }
  void skip_separators() { skip(" \t\r\n,"); }

  LooseJson list(int depth) {
    LooseJson result;
    result.kind = LooseJson::Kind::list;
    ++at_;
    for (skip_separators(); !at_end() && peek() != ']' && !is_too_deep_; skip_separators()) {
      const std::size_t before = at_;
      result.items.push_back(value(depth + 1));
      if (at_ == before) ++at_;  // a brace too many
    }
    if (!at_end()) ++at_;
    return result;
  }

  LooseJson object(int depth) {
    LooseJson result;
    result.kind = LooseJson::Kind::object;
    ++at_;
    for (skip_separators(); !at_end() && peek() != '}' && peek() != ']' && !is_too_deep_;
         skip_separators()) {
      const std::size_t before = at_;
      LooseJson key = value(depth + 1);
      skip(kSpaces);
      if (peek() == ':') {
        ++at_;
        skip(kSpaces);
        result.members.push_back({std::move(key.text), value(depth + 1)});
      }
      if (at_ == before) ++at_;
    }
    if (peek() == '}') ++at_;
    return result;
  }

  /// A quote closes if nothing but the structure goes on behind it.
  [[nodiscard]] bool closes(std::size_t quote) const {
    const std::size_t next = text_.find_first_not_of(kSpaces, quote + 1);
    return next == std::string_view::npos ||
           std::string_view(",:]}").find(text_[next]) != std::string_view::npos;
  }

  LooseJson string() {
    const char quote = text_[at_++];
    LooseJson result;
    while (!at_end()) {
      const char c = text_[at_];
      if (c == quote && closes(at_)) {
        ++at_;
        result.kind = LooseJson::Kind::text;
        return result;
      }
      ++at_;
      if (c == '\\' && !at_end())
        escape(result.text);
      else
        result.text += c;
    }
    return result;
  }

  void escape(std::string& out) {
    const char c = text_[at_++];
    constexpr std::string_view kNames = "bfnrt", kValues = "\b\f\n\r\t";
    if (const auto name = kNames.find(c); name != std::string_view::npos) {
      out += kValues[name];
    } else if (c == 'u') {
      char32_t code = unit();
      if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
        at_ += 2;
        const char32_t low = unit();
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                                             : 0xFFFD;
      }
      text::append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    } else {
      out += c;
    }
  }

  /// Four hexadecimal digits; U+FFFD if they are not.
  char32_t unit() {
    const std::string_view digits = text_.substr(at_, 4);
    unsigned code = 0;
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, code, 16);
    if (digits.size() != 4 || parsed.ec != std::errc() || parsed.ptr != end) return 0xFFFD;
    at_ += 4;
    return code;
  }

  LooseJson bare() {
    LooseJson result;
    const std::size_t end = std::min(text_.find_first_of(",:[]{}\n", at_), text_.size());
    result.text = text_.substr(at_, end - at_);
    while (!result.text.empty() && kSpaces.find(result.text.back()) != std::string_view::npos)
      result.text.pop_back();
    at_ = end;
    return result;
  }

  std::string_view text_;
  std::size_t at_;
  bool is_too_deep_ = false;
};

}  // namespace

std::optional<LooseValue> read_loose_json(std::string_view text, std::size_t begin) {
  Reader reader(text, begin);
  LooseJson value = reader.value(0);
  if (reader.is_too_deep()) return std::nullopt;
  return LooseValue{std::move(value), reader.at()};
}

}  // namespace winnow::scoring
