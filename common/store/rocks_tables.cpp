#include "common/store/rocks_tables.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace onput::store {
namespace {

constexpr double filter_bits = 10;
// Each shard takes no block larger than itself: four are enough for the few threads that read.
constexpr int cache_shard_bits = 2;

}  // namespace

std::shared_ptr<rocksdb::TableFactory> make_tables(std::size_t cache_bytes) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(cache_bytes, cache_shard_bits);
    // Within the cache's bound rather than beside it; level 0 is read by everyone and stays.
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    // In pieces: rows of 4 KiB make an index of a megabyte, which each read would decompress once
    // it does not fit into the cache.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.pin_top_level_index_and_filter = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(filter_bits));
    table.format_version = 5;
    return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

}  // namespace onput::store
