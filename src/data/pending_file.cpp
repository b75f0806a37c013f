#include "data/pending_file.hpp"

namespace winnow::data {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

std::filesystem::path aside(std::filesystem::path target) { return target += ".part"; }

}  // namespace

PendingFile::PendingFile(const std::filesystem::path& target)
    : target_(target), file_(aside(target), /*exclusive=*/false) {}

PendingFile::~PendingFile() {
  std::error_code ignored;
  if (!published_) std::filesystem::remove(file_.path(), ignored);
}

void PendingFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void PendingFile::publish() {
  flush();
  file_.close();
  core::publish(file_.path(), target_);
  published_ = true;
}

void PendingFile::flush() {
  file_.write(buffer_);
  buffer_.clear();
}

}  // namespace winnow::data
