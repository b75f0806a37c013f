#include "tokenizer/graphemes.hpp"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <memory>

#include "core/error.hpp"

namespace winnow::tokenizer {

std::vector<ByteSpan> graphemes_of(std::string_view text) {
  // Of ICU's clusters only those up to five bytes matter to the one caller; in those the rules of
  // newer Unicode versions differ for recent marks alone, and the stand-ins know these as marks.
  const std::string known = with_stand_ins(text);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  core::check(U_SUCCESS(status) && breaks != nullptr, "ICU has its break rules");
  UText utext = UTEXT_INITIALIZER;
  utext_openUTF8(&utext, known.data(), static_cast<std::int64_t>(known.size()), &status);
  core::check(U_SUCCESS(status) != 0, "ICU opens a UTF-8 text");
  breaks->setText(&utext, status);
  std::vector<ByteSpan> graphemes;
  std::int32_t begin = breaks->first();
  for (std::int32_t end = breaks->next(); end != icu::BreakIterator::DONE; end = breaks->next()) {
    graphemes.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    begin = end;
  }
  utext_close(&utext);
  return graphemes;
}

}  // namespace winnow::tokenizer
