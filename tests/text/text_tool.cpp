// text_tool words|nltk TEXTS: the words of every text, or their number as NLTK counts, one line of
// standard output per text.
#include <cstdio>
#include <string>

#include "support/text_list.hpp"
#include "text/nltk_words.hpp"
#include "text/words.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: text_tool words|nltk TEXTS\n");
    return 2;
  }
  winnow::text::WordScanner scanner;
  std::string line;
  for (const std::string& text : winnow::test::read_text_list(argv[2])) {
    if (std::string(argv[1]) == "nltk") {
      line = std::to_string(winnow::text::nltk_word_count(text));
    } else {
      line.clear();
      scanner.start(text);
      while (scanner.next()) line.append(scanner.word()).append(" ");
    }
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
}
