#include "tokenizer/regular_expression.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/error.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::size_t kFirstJitStack = 64 * 1024;
constexpr std::size_t kMaxJitStack = 64 * 1024 * 1024;
constexpr std::uint32_t kMaxHeapKib = 256 * 1024;
constexpr std::uint64_t kStepsPerByte = 64;
constexpr std::uint64_t kFreeSteps = 10'000'000;

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

}  // namespace

struct RegularExpression::Implementation {
  Code code;
};

RegularExpression::RegularExpression(std::string_view pattern, const std::string& where)
    : implementation_(std::make_unique<Implementation>()) {
  const std::string translated = to_pcre2(pattern, where);
  int error = 0;
  PCRE2_SIZE offset = 0;
  implementation_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                                            translated.size(), PCRE2_UTF | PCRE2_UCP, &error,
                                            &offset, nullptr));
  if (!implementation_->code)
    throw core::ModelError(fmt::format("{}: regular expression `{}` is malformed: {}", where,
                                       core::one_line(pattern), message_of(error)));
  // Where just-in-time compilation is missing the interpreter runs the same pattern, slower.
  pcre2_jit_compile(implementation_->code.get(), PCRE2_JIT_COMPLETE);
}

RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;
RegularExpression& RegularExpression::operator=(RegularExpression&&) noexcept = default;
RegularExpression::~RegularExpression() = default;

std::vector<ByteSpan> RegularExpression::matches(std::string_view text) const {
  return has_recent_character(text) ? matches_of_known(with_stand_ins(text))
                                    : matches_of_known(text);
}

std::vector<ByteSpan> RegularExpression::matches_of_known(std::string_view text) const {
  const MatchData data(pcre2_match_data_create(1, nullptr));
  const MatchContext context(pcre2_match_context_create(nullptr));
  if (!data || !context) throw std::bad_alloc();
  const std::uint64_t steps = kFreeSteps + kStepsPerByte * text.size();
  pcre2_set_match_limit(context.get(), static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                           steps, std::numeric_limits<std::uint32_t>::max())));
  pcre2_set_heap_limit(context.get(), kMaxHeapKib);
  JitStack stack;

  std::vector<ByteSpan> spans;
  std::size_t from = 0;
  std::size_t last_end = std::string_view::npos;
  while (from <= text.size()) {
    const int found =
        pcre2_match(implementation_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                    text.size(), from, PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found == PCRE2_ERROR_JIT_STACKLIMIT && !stack) {
      stack.reset(pcre2_jit_stack_create(kFirstJitStack, kMaxJitStack, nullptr));
      if (!stack) throw std::bad_alloc();
      pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
      continue;
    }
    if (found < 0)
      throw core::DataError(
          fmt::format("a text of {} bytes cannot be split into words at byte {}: the tokenizer's "
                      "regular expression stopped with: {}",
                      text.size(), from, message_of(found)));
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
    // An empty match right after a match would never advance.
    if (ends[0] == ends[1] && ends[1] == last_end) {
      from = from < text.size() ? character_around(text, from).end : from + 1;
      continue;
    }
    spans.push_back({static_cast<std::uint32_t>(ends[0]), static_cast<std::uint32_t>(ends[1])});
    from = last_end = ends[1];
  }
  return spans;
}

}  // namespace winnow::tokenizer
