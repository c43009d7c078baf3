#include "services/storage/objects/unsynced_keys.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace onput::storage {
namespace {

// By the first letters of their tables (records.hpp).
constexpr std::string_view rows_of_keys = "odn";
constexpr std::string_view rows_of_versions = "vw";
// The outbox, trash, what is due, uploads and parts, usage, and the service's own marks: no answer
// about a key shows any of them.
constexpr std::string_view rows_of_others = "etrqhupxyslma";

constexpr std::size_t table_bytes = 2;
constexpr std::size_t age_bytes = 9;  // NUL and the age.

std::size_t place_of(std::string_view name) {
    return std::hash<std::string_view>()(name) % unsynced_key_places;
}

}  // namespace

void UnsyncedKeys::begin(const store::Batch& batch) {
    places_.clear();
    is_about_all_ = false;
    for (const auto& change : batch.changes()) {
        const std::string_view row = change.key;
        const char table = row.empty() ? '\0' : row.front();
        if (rows_of_others.contains(table)) continue;
        const bool is_version = rows_of_versions.contains(table);
        const std::size_t tail = is_version ? age_bytes : 0;
        const bool is_known = is_version || rows_of_keys.contains(table);
        if (!is_known || row.size() < table_bytes + tail) {
            is_about_all_ = true;
            continue;
        }
        places_.push_back(place_of(row.substr(table_bytes, row.size() - table_bytes - tail)));
    }
}

void UnsyncedKeys::end(store::Ticket ticket) {
    for (const std::size_t place : places_) newest_[place] = ticket;
    if (is_about_all_) of_all_ = ticket;
    places_.clear();
    is_about_all_ = false;
}

store::Ticket UnsyncedKeys::newest_of(std::string_view bucket, std::string_view key) const {
    std::string name;
    name.reserve(bucket.size() + 1 + key.size());
    name.append(bucket).append("/").append(key);
    return std::max(newest_[place_of(name)], of_all_);
}

}  // namespace onput::storage
