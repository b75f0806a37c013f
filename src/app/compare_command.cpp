#include "app/compare_command.hpp"

#include "app/compare_csv.hpp"
#include "app/compare_text.hpp"
#include "app/output.hpp"
#include "core/durable_file.hpp"
#include "pipeline/compare.hpp"
#include "pipeline/json_text.hpp"

namespace winnow::app {

int compare_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const nlohmann::ordered_json comparison = pipeline::compare(line.paths);
  if (line.csv) core::write_file(*line.csv, compare_csv(comparison));
  print(line.json ? pipeline::json_text(comparison) : compare_text(comparison));
  return 0;
}

}  // namespace winnow::app
