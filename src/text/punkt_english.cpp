#include "text/punkt_english.hpp"

#include <unordered_set>

namespace winnow::text::punkt {
namespace {

#include "text/punkt_words.inc"

constexpr std::string_view kAbbreviations =
    "a.a a.c a.d a.g a.h a.m a.m.e a.s a.t adm ala ariz aug ave b.f b.v bros c c.i.t c.o.m.b c.v "
    "calif "
    "chg cie co col colo conn corp cos ct d d.c d.h d.w dec dr e e.f e.h e.l e.m f f.g f.j feb fla "
    "fri ft "
    "g g.d g.f g.k ga gen h h.c h.f h.m i.m.s ill inc j.b j.c j.j j.k j.p j.r jan jr k kan ky l "
    "l.a l.f "
    "l.p lt ltd m m.b.a m.d.c m.j maj messrs mg mich minn mr mrs ms n n.c n.d n.h n.j n.m n.v n.y "
    "nev nov "
    "oct ok okla ore p p.a.m p.m pa ph.d prof r r.a r.h r.i r.j r.k r.t rep reps s s.a s.a.y s.c "
    "s.g "
    "s.p.a s.s sen sep sept sr st sw t t.j tenn tues u.k u.n u.s u.s.a u.s.s.r v va vs vt w w.c "
    "w.r w.va "
    "w.w wash wed wis yr ";

constexpr std::string_view kFrequentStarters =
    "according although among both but despite even he however i if in indeed instead it many "
    "meanwhile "
    "moreover most nevertheless nonetheless nor sales separately similarly since so some the there "
    "these "
    "they this though thus under when while yet ";

constexpr std::string_view kAfterNumbers =
    "abreast aes business cbot colgate commodities cooper corrections credit dividend financing "
    "genentech "
    "henley insider international leisure letters notable pay-fone pegasus pepper review rj "
    "wedgestone "
    "who zimmer ";

using Words = std::unordered_set<std::string_view>;

Words split(std::string_view list) {
  constexpr std::string_view kSpace = " \n";
  Words words;
  for (std::size_t begin = list.find_first_not_of(kSpace); begin != list.npos;) {
    const std::size_t end = list.find_first_of(kSpace, begin);
    words.insert(list.substr(begin, end - begin));
    begin = list.find_first_not_of(kSpace, end);
  }
  return words;
}

}  // namespace

bool is_abbreviation(std::string_view word) {
  static const Words words = split(kAbbreviations);
  return words.contains(word);
}

bool is_frequent_starter(std::string_view word) {
  static const Words words = split(kFrequentStarters);
  return words.contains(word);
}

bool is_ordinary(std::string_view word) {
  static const Words words = split(kOrdinaryWords);
  return words.contains(word);
}

bool has_lower_case(std::string_view word) {
  static const Words both = split(kWordsOfBothCases);
  return is_ordinary(word) || both.contains(word);
}

bool follows_number(std::string_view word) {
  static const Words words = split(kAfterNumbers);
  return words.contains(word);
}

}  // namespace winnow::text::punkt
