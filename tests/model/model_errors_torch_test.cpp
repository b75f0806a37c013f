#include "model/model_errors_torch.hpp"

#include <sys/resource.h>

#include <fstream>
#include <functional>
#include <new>
#include <string>

#include <c10/util/Exception.h>

#include "families.hpp"
#include "model/generation.hpp"

namespace winnow::model {
namespace {

/// The message and code of the error that `call` becomes.
struct Found {
  core::ExitCode code = core::ExitCode::ok;
  std::string message;
};
Found found(const std::function<void()>& call, const at::Device& device = at::kCPU) {
  try {
    with_model_errors("models/tiny", device, call);
  } catch (const core::Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

TEST(ModelErrors, MemoryThatRunsOutIsTheEnvironments) {
  const auto on_cuda =
      found([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory"); },
            at::Device(at::kCUDA, 1));
  EXPECT_EQ(on_cuda.code, core::ExitCode::environment);
  EXPECT_NE(on_cuda.message.find("models/tiny: the memory of cuda:1 does not suffice: CUDA out of"),
            std::string::npos)
      << on_cuda.message;
  EXPECT_EQ(found([] { throw std::bad_alloc(); }).code, core::ExitCode::environment);
  EXPECT_EQ(found([] { TORCH_CHECK(false, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED"); }).code,
            core::ExitCode::environment);
}

TEST(ModelErrors, WhatElseLibtorchThrowsIsOneLineWithoutItsStack) {
  const auto other = found([] { TORCH_CHECK(false, "shapes\ndiffer"); });
  EXPECT_EQ(other.code, core::ExitCode::internal);
  EXPECT_EQ(other.message, "models/tiny: libtorch on cpu: shapes\\ndiffer");
  EXPECT_EQ(found([] { throw core::ModelError("as it is"); }).message, "as it is");
  EXPECT_EQ(with_model_errors("models/tiny", at::kCPU, [] { return 7; }), 7);
}

/// For its life the process may take so many bytes more than it has.
class AddressLimit {
 public:
  explicit AddressLimit(std::uint64_t more) {
    getrlimit(RLIMIT_AS, &before_);
    std::ifstream pages("/proc/self/statm");
    std::uint64_t taken = 0;
    pages >> taken;
    const rlimit limit{taken * 4096 + more, before_.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressLimit(const AddressLimit&) = delete;
  AddressLimit& operator=(const AddressLimit&) = delete;

 private:
  rlimit before_ = {};
};

TEST(ModelErrors, NameTheModelAsItRunsOutOfMemory) {
  const test::RandomFolder folder(test::family_configs().front());
  const auto model = load_incremental_model(folder.path(), {.precision = Precision::fp32});
  const std::vector<std::int32_t> ids = {1, 2};
  const AddressLimit limit(1ULL << 30);
  try {
    static_cast<void>(model->begin(std::vector<NewSequence>{{0, ids, 1U << 31}}));
    ADD_FAILURE() << "a cache of 160 GiB";
  } catch (const core::EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find(folder.path().string() + ": the memory of this"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace winnow::model
