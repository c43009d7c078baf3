// How often the store has been opened, counted in the file `life`. The numbers of segments and
// files carry this generation, so that none is ever given twice: a row that comes back after a
// crash and still names a removed blob can never hit a newer one. Also the lock that keeps a second
// process out. Internal to store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {

// The generation is the upper 32 bits of a number; the lower 32 count within it.
inline constexpr std::uint64_t numbers_per_generation = 1ULL << 32;

// In the data directory.
inline constexpr std::string_view generation_file = "life";

// Counts one up, durably, and returns it: 1 in a new store. `corruption` when the file is damaged.
Result<std::uint64_t> begin_generation(const std::string& directory);

// Held until the descriptor is closed. `conflict` when another process, or this one, holds it.
Result<FileDescriptor> lock_directory(const std::string& directory);

}  // namespace onput::store
