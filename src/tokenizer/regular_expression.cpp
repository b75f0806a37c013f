#include "tokenizer/regular_expression.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "core/error.hpp"
#include "tokenizer/recent_text.hpp"
#include "tokenizer/regular_expression_syntax.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::size_t kFirstJitStack = 64 * 1024;
constexpr std::size_t kMaxJitStack = 64 * 1024 * 1024;
constexpr std::uint32_t kMaxHeapKib = 256 * 1024;
constexpr std::uint64_t kStepsPerByte = 64;
constexpr std::uint64_t kFreeSteps = 150'000'000;
/// What a match may look at, and how often it may try, before that counts.
constexpr std::size_t kFreeWindow = 2048;
constexpr std::uint32_t kFreeTries = 2048;

template <auto free_function>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    free_function(pointer);
  }
};
using Code = std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Deleter<pcre2_jit_stack_free>>;

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

ByteSpan span(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

/// Finds matches in one text with one budget of steps for all of them. PCRE2 counts a match's
/// tries, but not the bytes it looks at: so it is shown a window of the text, and a window that
/// proves too short is paid for.
class Search {
 public:
  Search(const pcre2_code* code, std::string_view text)
      : code_(code),
        text_(text),
        data_(pcre2_match_data_create(1, nullptr)),
        context_(pcre2_match_context_create(nullptr)),
        budget_(kFreeSteps + kStepsPerByte * text.size()) {
    if (!data_ || !context_) throw std::bad_alloc();
    pcre2_set_heap_limit(context_.get(), kMaxHeapKib);
  }

  /// The first match that begins at `from` or behind.
  std::optional<ByteSpan> next(std::size_t from) {
    std::size_t start = from;
    std::size_t window = kFreeWindow;
    std::uint32_t tries = kFreeTries;
    while (start <= text_.size()) {
      const std::size_t end = window_end(start, window);
      // In a longer window only the match that needs it is tried.
      const std::size_t last_start = window == kFreeWindow ? end : start;
      const int found = match(start, last_start, end, tries);
      const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data_.get());
      if (found == PCRE2_ERROR_PARTIAL) {
        start = std::max(start, ends[0]);
        window = 2 * window;
        pay(window, start);
      } else if (found == PCRE2_ERROR_MATCHLIMIT) {
        pay(tries, start);
        tries = tries < std::numeric_limits<std::uint32_t>::max() / 2 ? 2 * tries : tries;
      } else if (found == PCRE2_ERROR_JIT_STACKLIMIT && !stack_) {
        enlarge_stack();
      } else if (found >= 0 && (ends[0] < end || end == text_.size())) {
        return span(ends[0], ends[1]);
      } else if (found >= 0 || found == PCRE2_ERROR_NOMATCH) {
        if (last_start == text_.size()) return std::nullopt;
        start = last_start > start ? last_start : character_around(text_, start).end;
        window = kFreeWindow;
        tries = kFreeTries;
      } else {
        fail(start, message_of(found));
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::size_t window_end(std::size_t start, std::size_t window) const {
    if (text_.size() - start <= window) return text_.size();
    return character_around(text_, start + window).begin;
  }

  int match(std::size_t start, std::size_t last_start, std::size_t end, std::uint32_t tries) {
    pcre2_set_match_limit(context_.get(), tries);
    pcre2_set_offset_limit(context_.get(), last_start);
    const std::uint32_t partial = end < text_.size() ? PCRE2_PARTIAL_HARD : 0;
    return pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text_.data()), end, start,
                       PCRE2_NO_UTF_CHECK | partial, data_.get(), context_.get());
  }

  void pay(std::uint64_t steps, std::size_t at) {
    if (steps > budget_) fail(at, "it needs more steps than are allowed");
    budget_ -= steps;
  }

  void enlarge_stack() {
    stack_.reset(pcre2_jit_stack_create(kFirstJitStack, kMaxJitStack, nullptr));
    if (!stack_) throw std::bad_alloc();
    pcre2_jit_stack_assign(context_.get(), nullptr, stack_.get());
  }

  [[noreturn]] void fail(std::size_t at, std::string_view why) const {
    throw core::DataError(
        fmt::format("a text of {} bytes cannot be split into words at byte {}: the tokenizer's "
                    "regular expression stopped with: {}",
                    text_.size(), at, why));
  }

  const pcre2_code* code_;
  std::string_view text_;
  MatchData data_;
  MatchContext context_;
  JitStack stack_;
  std::uint64_t budget_;
};

std::vector<ByteSpan> all_matches(const pcre2_code* code, std::string_view text) {
  Search search(code, text);
  std::vector<ByteSpan> spans;
  std::size_t last_end = std::string_view::npos;
  for (std::size_t from = 0; from <= text.size();) {
    const std::optional<ByteSpan> found = search.next(from);
    if (!found) break;
    // An empty match right after a match would never advance.
    if (found->begin == found->end && found->end == last_end) {
      from = from < text.size() ? character_around(text, from).end : from + 1;
      continue;
    }
    spans.push_back(*found);
    from = last_end = found->end;
  }
  return spans;
}

}  // namespace

struct RegularExpression::Implementation {
  Code code;
  RecentText recent;
};

RegularExpression::RegularExpression(std::string_view pattern, const std::string& where) {
  const TranslatedPattern translated = to_pcre2(pattern, where);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.pcre2.data()),
                          translated.pcre2.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_USE_OFFSET_LIMIT,
                          &error, &offset, nullptr));
  if (!code)
    throw core::ModelError(fmt::format("{}: regular expression `{}` is malformed: {}", where,
                                       core::one_line(pattern), message_of(error)));
  // Where just-in-time compilation is missing the interpreter runs the same pattern, slower.
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
  implementation_ =
      std::make_unique<Implementation>(Implementation{std::move(code), RecentText(translated)});
}

RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;
RegularExpression& RegularExpression::operator=(RegularExpression&&) noexcept = default;
RegularExpression::~RegularExpression() = default;

std::vector<ByteSpan> RegularExpression::matches(std::string_view text) const {
  const auto& [code, recent] = *implementation_;
  return recent.sees(text) ? all_matches(code.get(), text)
                           : all_matches(code.get(), with_stand_ins(text));
}

}  // namespace winnow::tokenizer
