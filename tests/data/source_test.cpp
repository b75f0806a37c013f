#include "data/source.hpp"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <gtest/gtest.h>

#include "data/spool.hpp"
#include "data_support.hpp"

namespace winnow::data {
namespace {

namespace fs = std::filesystem;

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

/// About 2 MB that compress badly: several windows of input and output.
std::string long_text() {
  std::string text;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    text += std::to_string(core::hash64(std::to_string(i))) + "\n";
  return text;
}

std::vector<std::string> resolve(const std::vector<std::string>& paths) {
  return resolve_files(paths);
}

TEST(ResolveFiles, SortsAGlobsMatchesBytewiseAndKeepsTheOrderOfPaths) {
  const TextFile file("x", "b.json");
  for (const char* name : {"B.json", "a10.json", "a9.json", "\xC3\xA9.json"})
    core::write_file(file.folder() / name, "x");
  const auto at = [&](const char* name) { return (file.folder() / name).string(); };
  EXPECT_EQ(resolve({at("b.json"), at("*.json")}),
            (std::vector{at("b.json"), at("B.json"), at("a10.json"), at("a9.json"), at("b.json"),
                         at("\xC3\xA9.json")}));
}

TEST(ResolveFiles, TakesAnExistingPathLiterally) {
  const TextFile file("x", "a[1].json");
  EXPECT_EQ(resolve({file.path().string()}), std::vector{file.path().string()});
}

TEST(ResolveFiles, NamesWhatIsNoFile) {
  const TextFile file("x");
  const auto error = [&](const std::string& path) {
    return message_of(core::ExitCode::data, [&] { (void)resolve({path}); });
  };
  EXPECT_EQ(error((file.folder() / "none.json").string()),
            "none.json: found no such file, expected a data file");
  EXPECT_EQ(error((file.folder() / "*.gz").string()),
            "*.gz: found no file that matches, expected at least one");
  EXPECT_EQ(error("/dev/null"), "/dev/null: found a device or pipe, expected a data file");
  fs::create_directory(file.folder() / "d.json");
  EXPECT_EQ(error((file.folder() / "d.json").string()),
            "d.json: found a folder, expected a data file");
  EXPECT_EQ(error((file.folder() / "d*").string()), "d.json: found a folder, expected a data file");
  EXPECT_EQ(message_of(core::ExitCode::usage, [] { (void)resolve({}); }),
            "data.path: found no path, expected a data file");
}

TEST(Spool, LeavesAPlainFileWhereItIs) {
  const TextFile file("[]");
  EXPECT_EQ(spool(file.path(), file.folder() / "spool"), file.path());
  EXPECT_FALSE(fs::exists(file.folder() / "spool"));
}

TEST(Spool, UnpacksOneAndSeveralMembersAndFrames) {
  const std::string text = long_text();
  const std::string skippable("\x5A\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);
  for (const std::string& packed :
       {gzip(text), gzip("") + gzip(text), zstd(text), skippable + zstd("") + zstd(text)}) {
    const TextFile file(packed, "rows.json.gz");
    EXPECT_TRUE(read_all(spool(file.path(), file.folder() / "spool")) == text);
    const TextFile twice(packed + packed, "rows.json.gz");
    EXPECT_TRUE(read_all(spool(twice.path(), twice.folder() / "spool")) == text + text);
  }
}

TEST(Spool, PassesOverTheZerosThatPadAGzipFile) {
  const std::string text = long_text();
  const TextFile padded(gzip(text) + std::string(300'000, '\0'), "rows.json.gz");
  EXPECT_TRUE(read_all(spool(padded.path(), padded.folder() / "spool")) == text);
  const TextFile more(gzip(text) + std::string(300'000, '\0') + gzip(text), "rows.json.gz");
  EXPECT_THROW((void)spool(more.path(), more.folder() / "spool"), core::DataError);
}

TEST(Spool, KeepsItsCopyWhileTheFileStaysAsItIs) {
  const TextFile file(gzip("one"), "rows.json.gz");
  const auto folder = file.folder() / "spool";
  const auto copy = spool(file.path(), folder);
  EXPECT_EQ(copy.filename().string().substr(16), "-rows.json");
  core::write_file(copy, "eno");
  EXPECT_EQ(read_all(spool(file.path(), folder)), "eno") << "was unpacked again";
  core::write_file(copy, "torn copy");
  EXPECT_EQ(read_all(spool(file.path(), folder)), "one");
  core::write_file(file.path(), gzip("two!"));
  EXPECT_EQ(spool(file.path(), folder), copy);
  EXPECT_EQ(read_all(copy), "two!");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 2);
}

TEST(Spool, RefusesTruncatedAndDamagedStreamsAndLeavesNothing) {
  const std::string text = long_text();
  struct Kind {
    std::string packed;
    const char* name;
  };
  for (const Kind& kind : {Kind{gzip(text), "gzip"}, Kind{zstd(text), "Zstandard"}}) {
    for (const std::size_t size :
         {kind.packed.size() - 1, kind.packed.size() / 2, std::size_t{12}}) {
      const TextFile file(kind.packed.substr(0, size), "rows.json.gz");
      EXPECT_EQ(message_of(core::ExitCode::data,
                           [&] { (void)spool(file.path(), file.folder() / "spool"); }),
                "rows.json.gz: byte " + std::to_string(size) +
                    " of the compressed file: found the end of the file, expected the rest of a " +
                    kind.name + " stream");
      EXPECT_TRUE(fs::is_empty(file.folder() / "spool"));
    }
    std::string damaged = kind.packed;
    for (std::size_t i = 0; i < 64; ++i) damaged[damaged.size() / 2 + i] = '\x55';
    const TextFile file(damaged, "rows.json.gz");
    const std::string message = message_of(
        core::ExitCode::data, [&] { (void)spool(file.path(), file.folder() / "spool"); });
    EXPECT_NE(message.find(std::string("of the compressed file: found damaged ") + kind.name),
              std::string::npos)
        << message;
    const TextFile garbage(kind.packed + "garbage", "rows.json.gz");
    EXPECT_NE(message_of(core::ExitCode::data,
                         [&] { (void)spool(garbage.path(), garbage.folder() / "spool"); })
                  .find(std::string("found damaged ") + kind.name),
              std::string::npos);
  }
}

TEST(Spool, GivesTheRowsOfThePlainFile) {
  const auto path = shared_data() / "instruct" / "sharegpt_500.json";
  if (!fs::exists(path)) GTEST_SKIP() << "no shared data";
  const std::string bytes = read_all(path);
  SourceOptions options;
  options.paths = {path.string()};
  const auto plain = read_rows(options);
  ASSERT_EQ(plain.size(), 500U);
  for (const std::string& packed : {gzip(bytes), zstd(bytes)}) {
    const TextFile file(packed, "any.name");
    const auto rows = read_rows(file.options());
    ASSERT_EQ(rows.size(), plain.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(rows[i].bytes == plain[i].bytes) << i;
      EXPECT_EQ(rows[i].place.byte_offset, plain[i].place.byte_offset);
    }
  }
}

}  // namespace
}  // namespace winnow::data
