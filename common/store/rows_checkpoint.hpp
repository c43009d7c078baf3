// What the RocksDB engine's files have in common with each other. Internal to store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace rocksdb {
class DB;
class Status;
}  // namespace rocksdb

namespace onput::store {

// What a status says: a full disk, damage, or a failed disk.
Error rocks_error(std::string_view action, const rocksdb::Status& status);

struct CheckpointPaths {
    std::string rows;    // The engine's files.
    std::string target;  // A directory on the same disk; what is in it is removed.
};

// Second names for the tables, a copy of the list of them, and a mark that rows through `durable`,
// which were durable before the call, must be in it. Blocks while what is in memory is written.
Result<void> checkpoint_rows(const CheckpointPaths& paths, rocksdb::DB& db, std::uint64_t durable);

}  // namespace onput::store
