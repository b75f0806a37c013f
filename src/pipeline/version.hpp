#pragma once

namespace winnow::pipeline {

inline constexpr const char* kVersion = WINNOW_VERSION;

}  // namespace winnow::pipeline
