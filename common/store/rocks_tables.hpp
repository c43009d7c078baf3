// How the tables of a store's rows are made and read: by the store, and by who checks or repairs
// it, so that both find the same damage. Internal to store.
#pragma once

#include <cstddef>
#include <memory>

namespace rocksdb {
class TableFactory;
}

namespace onput::store {

inline constexpr std::size_t check_cache_bytes = 8UL * 1024 * 1024;  // Of who only looks once.

std::shared_ptr<rocksdb::TableFactory> make_tables(std::size_t cache_bytes);

}  // namespace onput::store
