#include "pipeline/index_stage.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/progress.hpp"
#include "data/row_ids.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "mpi/message.hpp"
#include "pipeline/manifest.hpp"
#include "pipeline/version.hpp"
#include "store/index_file.hpp"
#include "text/nltk_words.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kProgressRows = 4096;

/// The index while root gathers it.
struct Columns {
  store::RowTable rows;
  std::vector<core::ScoreStatus> status;
  std::string rejected;  ///< a line for each bad row

  void add(const data::DataRow& row, bool with_file, bool with_id) {
    rows.byte_offset.push_back(row.place.byte_offset);
    rows.byte_length.push_back(core::checked_cast<std::uint32_t>(row.place.byte_length));
    if (with_file) rows.file.push_back(row.place.file);
    rows.hash.push_back(core::hash64(row.bytes));
    const bool good = row.parsed.has_value();
    rows.instruction_words.push_back(good ? text::nltk_word_count(row.parsed->sample.instruction)
                                          : 0);
    rows.response_words.push_back(good ? text::nltk_word_count(row.parsed->sample.output) : 0);
    rows.turns.push_back(good ? row.parsed->messages : 0);
    if (with_id) rows.id.push_back(good ? row.parsed->id : "");
    status.push_back(good ? core::ScoreStatus::ok : core::ScoreStatus::bad_row);
  }
};

/// What decides how the files' bytes become rows.
store::Attributes reading_rules(const data::DataSet& set) {
  const data::FieldNames& names = set.schema.fields;
  store::Attributes rules{
      {"instruction", names.instruction},
      {"input", names.input},
      {"output", names.output},
      {"history", names.history},
      {"system", names.system},
      {"conversations", names.conversations},
      {"messages", names.messages},
      {"id", set.schema.id_field},
      {"answer_required", std::string(set.schema.answer_required ? "true" : "false")},
      {"on_bad_row", std::string(set.skip_bad_rows ? "skip" : "error")},
      {"max_row_bytes", set.max_row_bytes}};
  if (set.schema.format == data::Format::preference)
    rules.insert(
        rules.end(),
        {{"prompt", names.prompt}, {"chosen", names.chosen}, {"rejected", names.rejected}});
  return rules;
}

std::string reading_of(const store::IndexInfo& info) {
  std::string text = info.format + "\n" + info.container + "\n";
  for (const store::Attribute& field : info.fields)
    text += std::visit([&](const auto& value) { return fmt::format("{}={}\n", field.name, value); },
                       field.value);
  return core::to_hex(core::hash128(text));
}

std::string base_name(const data::DataFile& file) {
  return std::filesystem::path(file.name).filename().string();
}

/// Reads every row.
Columns scan(const Context& context, const data::DataSet& set, store::IndexInfo& info) {
  Columns columns;
  std::vector<data::RowIdHash> ids;
  const bool with_file = set.files.size() > 1;
  const bool with_id = !set.schema.id_field.empty();
  std::uint64_t bytes = 0;
  for (const data::DataFile& file : set.files) bytes += bytes_of(file.path);
  core::Progress progress(context.log, "index", "bytes", bytes);
  std::uint64_t pending = 0;
  std::uint64_t rows = 0;
  const std::vector<data::ScannedFile> files = data::scan_rows(set, [&](const data::DataRow& row) {
    columns.add(row, with_file, with_id);
    if (!row.parsed) {
      columns.rejected += core::one_line(row.fault) + "\n";
    } else if (with_id) {
      ids.push_back({core::hash128(row.parsed->id), row.place.row});
    }
    pending += row.place.byte_length;
    if (++rows % kProgressRows == 0) {
      if (context.stop_requested)
        throw core::Interrupted(
            "stopped on request while indexing; the same command starts the index again");
      progress.advance(pending);
      pending = 0;
    }
  });
  progress.advance(pending);
  progress.finish();
  data::require_unique_ids(std::move(ids));
  for (std::size_t i = 0; i < files.size(); ++i)
    info.inputs.push_back({base_name(set.files[i]), files[i].bytes, core::to_hex(files[i].hash)});
  return columns;
}

nlohmann::ordered_json stamps_of(const data::DataSet& set) {
  nlohmann::ordered_json stamps = nlohmann::ordered_json::array();
  for (const data::DataFile& file : set.files) stamps.push_back(stamped(file.path));
  return stamps;
}

/// The manifest's record of the input files; equal records need no second look at the bytes.
/// @param stamps  from before the bytes were read: what comes later is then seen as a change
nlohmann::ordered_json with_hashes(nlohmann::ordered_json stamps, const store::IndexInfo& info) {
  for (std::size_t i = 0; i < stamps.size(); ++i)
    stamps[i]["xxh3_128"] = i < info.inputs.size() ? info.inputs[i].hash : "";
  return stamps;
}

[[noreturn]] void refuse_other_data(const Context& context, const std::string& what) {
  throw core::UsageError(
      fmt::format("{}: this run folder is of other data: {}: choose another --out or name",
                  context.folder.path().string(), what));
}

/// @throws core::UsageError unless the index in the folder was made by reading files in this way.
void require_same_reading(const Context& context, const data::DataSet& set,
                          const store::IndexInfo& recorded) {
  if (recorded.format != data::to_string(set.schema.format))
    refuse_other_data(context, fmt::format("format {} when it was indexed, {} now", recorded.format,
                                           data::to_string(set.schema.format)));
  for (const store::Attribute& rule : reading_rules(set)) {
    const auto same = [&](const store::Attribute& field) {
      return field.name == rule.name && field.value == rule.value;
    };
    if (std::none_of(recorded.fields.begin(), recorded.fields.end(), same))
      refuse_other_data(context, fmt::format("data.{} has changed", rule.name));
  }
}

/// How the files differ from those that were indexed; nothing if they are the same. Larger files
/// may hold the same rows and more.
struct Difference {
  std::string what;
  bool may_be_appended = false;
};
std::optional<Difference> difference_of(const data::DataSet& set, const store::IndexInfo& recorded,
                                        const nlohmann::ordered_json& stamps,
                                        const nlohmann::ordered_json& manifest) {
  if (with_hashes(stamps, recorded) == manifest.at("inputs")) return std::nullopt;
  std::optional<Difference> difference;
  if (recorded.inputs.size() != set.files.size())
    difference = {fmt::format("{} input files when it was indexed, {} now", recorded.inputs.size(),
                              set.files.size()),
                  recorded.inputs.size() < set.files.size()};
  for (std::size_t i = 0; i < std::min(set.files.size(), recorded.inputs.size()); ++i) {
    if (difference && !difference->may_be_appended) break;
    const std::string path = set.files[i].path.string();
    const std::uint64_t bytes = bytes_of(path), before = recorded.inputs[i].bytes;
    if (bytes != before) {
      difference = {fmt::format("{} has {} bytes, the indexed file had {}", path, bytes, before),
                    bytes > before};
      continue;
    }
    const std::string hash = core::to_hex(core::hash_file(path));
    if (hash != recorded.inputs[i].hash)
      difference = {fmt::format("{} has the hash {}, the indexed file had {}", path, hash,
                                recorded.inputs[i].hash),
                    false};
  }
  return difference;
}

/// @throws core::UsageError, with what differs, unless the rows of the index stand before all
/// others of `columns`, where they stood.
void require_appended(const Context& context, const Columns& columns, const std::string& what) {
  const store::IndexReader index(context.folder.index());
  const store::RowTable before = index.read({0, index.rows()});
  const store::RowTable& now = columns.rows;
  const auto file = [](const store::RowTable& table, std::size_t row) {
    return table.file.empty() ? 0 : table.file[row];
  };
  for (std::size_t row = 0; row < before.hash.size(); ++row)
    if (row >= now.hash.size() || before.hash[row] != now.hash[row] ||
        before.byte_offset[row] != now.byte_offset[row] ||
        before.byte_length[row] != now.byte_length[row] || file(before, row) != file(now, row))
      refuse_other_data(context, fmt::format("{}, and row {} is not as it was", what, row));
}

/// The input files as root read them, on their way to the other ranks.
struct InputsMessage {
  std::vector<std::string> names;
  std::vector<std::string> hashes;
  std::vector<std::uint64_t> bytes;

  template <typename Archive>
  void serialize(Archive& archive, unsigned) {
    archive & names & hashes & bytes;
  }
};

void share_inputs(const mpi::Communicator& ranks, store::IndexInfo& info) {
  InputsMessage message;
  for (const store::InputFile& input : info.inputs) {
    message.names.push_back(input.name);
    message.hashes.push_back(input.hash);
    message.bytes.push_back(input.bytes);
  }
  message = mpi::broadcast_message(ranks, message);
  info.inputs.clear();
  for (std::size_t i = 0; i < message.names.size(); ++i)
    info.inputs.push_back({message.names[i], message.bytes[i], message.hashes[i]});
}

/// @param difference  root's, to the data of the index that is there
void make_index(const Context& context, const data::DataSet& set,
                const std::optional<Difference>& difference) {
  store::IndexInfo info;
  info.format = data::to_string(set.schema.format);
  info.container = set.layout == data::Layout::json_array ? "json" : "jsonl";
  info.fields = reading_rules(set);
  info.code_version = kVersion;
  const Columns columns = mpi::agree_on(context.communicator, [&] {
    if (!context.communicator.is_root()) return Columns{};
    Columns scanned = scan(context, set, info);
    if (difference) require_appended(context, scanned, difference->what);
    if (!scanned.rejected.empty()) core::write_file(context.folder.bad_rows(), scanned.rejected);
    return scanned;
  });
  share_inputs(context.communicator, info);
  store::RowsShape shape;
  const std::uint64_t mine = columns.status.size();
  shape.rows = mpi::max(context.communicator, mine);
  if (shape.rows == 0)
    mpi::agree_on(context.communicator, [&]() -> void {
      throw core::DataError(
          fmt::format("{}: no rows, expected at least one", set.files.front().name));
    });
  shape.mine = {0, mine};
  shape.has_files = set.files.size() > 1;
  shape.has_ids = !set.schema.id_field.empty();
  store::write_index(context.communicator, context.folder.index(), info, shape,
                     columns.rows.columns(), columns.status);
}

void describe(const store::IndexReader& index, IndexedData& data) {
  data.rows = index.rows();
  data.key = data_key(index.info());
  data.reading = reading_of(index.info());
}

std::uint64_t bad_rows_of(const store::IndexReader& index) {
  const std::vector<core::ScoreStatus> status = index.read_status({0, index.rows()});
  return static_cast<std::uint64_t>(std::ranges::count(status, core::ScoreStatus::bad_row));
}

}  // namespace

std::string data_key(const store::IndexInfo& info) {
  std::string text = reading_of(info) + "\n";
  for (const store::InputFile& input : info.inputs)
    text += fmt::format("{} {}\n", input.bytes, input.hash);
  return core::to_hex(core::hash128(text));
}

IndexedData index_rows(Context& context, nlohmann::ordered_json& manifest) {
  const StageTimer timer(context, "index");
  IndexedData data;
  const mpi::Communicator& ranks = context.communicator;
  // Root first: it alone writes the spool; the others then find it ready.
  for (const bool root_turn : {true, false})
    mpi::agree_on(ranks, [&] {
      if (ranks.is_root() == root_turn)
        data.data_set = data::open_data_set(context.job.data, context.folder.spool());
    });
  if (ranks.is_root()) context.log.write("index", data.data_set.message);

  nlohmann::ordered_json stamps;  // root's
  std::optional<Difference> difference;
  const bool is_current = ask_root(ranks, [&] {
    stamps = stamps_of(data.data_set);
    if (!std::filesystem::exists(context.folder.index())) return false;
    const store::IndexInfo recorded = store::IndexReader(context.folder.index()).info();
    require_same_reading(context, data.data_set, recorded);
    difference = difference_of(data.data_set, recorded, stamps, manifest);
    if (difference && !difference->may_be_appended) refuse_other_data(context, difference->what);
    return !difference;
  });
  if (!is_current) make_index(context, data.data_set, difference);

  mpi::agree_on(ranks, [&] {
    const store::IndexReader index(context.folder.index());
    describe(index, data);
    if (ranks.is_root()) {
      if (stamps_of(data.data_set) != stamps)
        context.log.write("index",
                          "the data changed while it was read: the next command looks at it again");
      manifest["inputs"] = with_hashes(stamps, index.info());
      data.bad_rows = bad_rows_of(index);
    }
  });
  data.bad_rows = mpi::max(ranks, data.bad_rows);
  context.summary["rows"] = data.rows;
  context.summary["bad_rows"] = data.bad_rows;
  context.summary["data"] = data.data_set.message;
  return data;
}

IndexedData open_indexed(const Context& context) {
  const store::IndexReader index(context.folder.index());
  IndexedData data;
  data.data_set = data::open_data_set(context.job.data, context.folder.spool());
  require_same_reading(context, data.data_set, index.info());
  describe(index, data);
  data.bad_rows = bad_rows_of(index);
  return data;
}

}  // namespace winnow::pipeline
