#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/safetensors.hpp"

namespace winnow::model {

/// The weights of a Hugging Face folder: model.safetensors, or the shards that
/// model.safetensors.index.json names. Keeps account of the tensors that were asked for, so that
/// what nobody asked for can be named.
class WeightFiles {
 public:
  /// @throws core::ModelError if there are none (with the reason where only pickle or GGUF files
  /// are found), if a shard is missing,
  ///         lies outside the folder or disagrees with the index, if a tensor stands in two shards.
  explicit WeightFiles(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] bool contains(const std::string& name) const { return tensors_.contains(name); }
  /// @throws core::ModelError naming the tensor if it is missing or has another shape.
  [[nodiscard]] TensorView take(const std::string& name, const std::vector<std::uint64_t>& shape);
  /// The file that holds a tensor of this name, which there is.
  [[nodiscard]] const std::filesystem::path& file_of(const std::string& name) const {
    return files_[tensors_.at(name)].path();
  }
  /// A tensor that says nothing new, if there is one of this name.
  void pass_over(const std::string& name) { taken_.insert(name); }
  /// @throws core::ModelError naming the first tensor that was never taken.
  void expect_all_taken() const;

  /// How many elements of each dtype the tensors have.
  [[nodiscard]] std::map<std::string, std::uint64_t> elements() const;
  /// config.json and the weight files.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;
  /// The same and the index, if there is one: what a copy of the weights needs.
  [[nodiscard]] std::vector<std::filesystem::path> files_to_copy() const;
  /// XXH3-128 over the names and bytes of `files`, hexadecimal.
  /// @param between_pieces  is called every megabyte and may throw
  [[nodiscard]] std::string fingerprint(const std::function<void()>& between_pieces = {}) const;

 private:
  std::filesystem::path folder_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, std::size_t> tensors_;  ///< index into files_
  std::set<std::string> taken_;
};

}  // namespace winnow::model
