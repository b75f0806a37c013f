#include "tokenizer/decoder.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "tokenizer/byte_alphabet.hpp"
#include "tokenizer/byte_tokens.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

using Tokens = std::vector<std::string>;

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

std::string joined(const Tokens& tokens, std::string_view between) {
  std::string text;
  for (const std::string& token : tokens) {
    if (&token != &tokens.front()) text += between;
    text += token;
  }
  return text;
}

void replace_all(std::string& text, std::string_view old_text, std::string_view new_text) {
  std::string result;
  std::size_t end = 0;
  for (std::size_t at = text.find(old_text); at != std::string::npos;
       at = text.find(old_text, end)) {
    result.append(text, end, at - end).append(new_text);
    end = at + old_text.size();
  }
  if (end > 0) text = result.append(text, end);
}

void apply(const ByteLevelDecoder&, Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) bytes += bytes_of_token(token).value_or(token);
  tokens = {to_valid_utf8(bytes)};
}

void apply(const ByteFallbackDecoder&, Tokens& tokens) {
  Tokens result;
  std::string bytes;
  const auto flush = [&] {
    if (bytes.empty()) return;
    if (first_invalid_byte(bytes))
      result.resize(result.size() + bytes.size(), std::string(kReplacementCharacter));
    else
      result.push_back(bytes);
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = byte_of_token(token)) {
      bytes += static_cast<char>(*byte);
    } else {
      flush();
      result.push_back(std::move(token));
    }
  }
  flush();
  tokens = std::move(result);
}

void apply(const FuseDecoder&, Tokens& tokens) { tokens = {joined(tokens, "")}; }

void apply(const StripDecoder& step, Tokens& tokens) {
  for (std::string& token : tokens) {
    std::string_view left = token;
    for (std::size_t i = 0; i < step.start && left.starts_with(step.character); ++i)
      left.remove_prefix(step.character.size());
    for (std::size_t i = 0; i < step.stop && left.ends_with(step.character); ++i)
      left.remove_suffix(step.character.size());
    token = std::string(left);
  }
}

void clean_up(std::string& token) {
  struct Rule {
    std::string_view old_text;
    std::string_view new_text;
  };
  constexpr std::array<Rule, 11> kRules = {{{" .", "."},
                                            {" ?", "?"},
                                            {" !", "!"},
                                            {" ,", ","},
                                            {" ' ", "'"},
                                            {" n't", "n't"},
                                            {" 'm", "'m"},
                                            {" do not", " don't"},
                                            {" 's", "'s"},
                                            {" 've", "'ve"},
                                            {" 're", "'re"}}};
  for (const auto& [old_text, new_text] : kRules) replace_all(token, old_text, new_text);
}

void apply(const WordPieceDecoder& step, Tokens& tokens) {
  for (std::string& token : tokens) {
    if (&token == &tokens.front()) {
    } else if (token.starts_with(step.prefix)) {
      token.erase(0, step.prefix.size());
    } else {
      token.insert(0, 1, ' ');
    }
    if (step.cleanup) clean_up(token);
  }
}

void apply(const MetaspaceDecoder& step, Tokens& tokens) {
  for (std::string& token : tokens) {
    const bool drops = &token == &tokens.front() && step.prepend != PrependScheme::never;
    replace_all(token, step.replacement, drops ? "" : " ");
  }
}

}  // namespace

Decoder::Decoder(const std::optional<std::vector<DecoderStep>>& steps, const std::string& file)
    : joins_with_spaces_(!steps) {
  for (const DecoderStep& step : steps.value_or(std::vector<DecoderStep>{}))
    std::visit(
        [&](const auto& one) {
          if constexpr (std::is_same_v<std::decay_t<decltype(one)>, ReplaceStep>)
            steps_.emplace_back(
                Replace{PatternFinder(one.pattern, file + ": decoder"), one.content});
          else
            steps_.emplace_back(one);
        },
        step);
}

void Decoder::apply(const Replace& step, std::vector<std::string>& tokens) {
  for (std::string& token : tokens) {
    std::string result;
    std::size_t end = 0;
    for (const ByteSpan& match : step.pattern.matches(token)) {
      result.append(token, end, match.begin - end).append(step.content);
      end = match.end;
    }
    token = result.append(token, end);
  }
}

std::string Decoder::decode(std::vector<std::string> tokens) const {
  for (const Step& step : steps_)
    std::visit(
        [&](const auto& one) {
          if constexpr (std::is_same_v<std::decay_t<decltype(one)>, Replace>)
            Decoder::apply(one, tokens);
          else
            tokenizer::apply(one, tokens);
        },
        step);
  return joined(tokens, joins_with_spaces_ ? " " : "");
}

}  // namespace winnow::tokenizer
