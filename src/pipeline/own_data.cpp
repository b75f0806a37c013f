#include "pipeline/own_data.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"

namespace winnow::pipeline {

IndexedData index_own_data(const Context& context, const RunFolder& folder,
                           const data::SourceOptions& source, nlohmann::ordered_json& noted) {
  mpi::agree_on(context.communicator, [&] {
    std::error_code error;
    if (context.communicator.is_root())
      std::filesystem::create_directories(folder.log_folder(), error);
    if (error)
      throw core::EnvironmentError(fmt::format("{}: cannot create the folder: {}",
                                               folder.log_folder().string(), error.message()));
  });
  Job reading = context.job;
  reading.data = source;
  nlohmann::ordered_json summary{{"timings", nlohmann::ordered_json::object()}};
  Context indexing{
      context.communicator,   reading, folder, context.log, context.threads, context.profile,
      context.stop_requested, summary};
  if (!noted.contains("inputs")) noted["inputs"] = nlohmann::ordered_json::array();
  return index_rows(indexing, noted);
}

}  // namespace winnow::pipeline
