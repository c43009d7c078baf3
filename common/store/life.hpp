// Which life of the store this is, counted in a file. Numbers of segments and files carry it, so
// none is ever given twice: a row that is deleted after a crash and still names a removed blob can
// never hit a newer one. Also the lock that keeps a second process out. Internal to store.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {

// Lives are counted in 32 bits, numbers within a life in the other 32.
inline constexpr std::uint64_t numbers_per_life = 1ULL << 32;

// Counts one up, durably, and returns it: 1 in a new store. `corruption` when the file is damaged.
Result<std::uint64_t> begin_life(const std::string& directory);

// Held until the descriptor is closed. `conflict` when another process, or this one, holds it.
Result<FileDescriptor> lock_directory(const std::string& directory);

}  // namespace onput::store
