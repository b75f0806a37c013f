#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/durable_file.hpp"

namespace winnow::data {

/// A file written aside in one stream: publish() gives it its name, otherwise nothing of it
/// remains.
class PendingFile {
 public:
  explicit PendingFile(const std::filesystem::path& target);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  void write(std::string_view bytes);
  void publish();

 private:
  void flush();

  std::filesystem::path target_;
  core::OutputFile file_;
  std::string buffer_;
  bool published_ = false;
};

}  // namespace winnow::data
