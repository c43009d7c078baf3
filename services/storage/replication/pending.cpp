#include "services/storage/replication/pending.hpp"

#include "common/service/rows.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

std::string_view destination_in(std::string_view row) {
    const std::string_view rest = row.substr(replica_due_rows().from.size());
    return rest.substr(0, rest.find('/'));
}

std::int64_t size_in(const std::string& value) {
    return static_cast<std::int64_t>(parse_number_bytes(value).value_or(0));
}

}  // namespace

void PendingReplicas::add(std::string_view destination, const Pending& difference) {
    auto& pending = counts_[std::string(destination)];
    pending.versions += difference.versions;
    pending.bytes += difference.bytes;
    if (pending.versions <= 0) counts_.erase(std::string(destination));
}

Result<void> PendingReplicas::restore(const store::View& view) {
    counts_.clear();
    return service::for_each_row(
        view, partition, replica_due_rows(), [this](const store::Row& row) -> Result<void> {
            add(destination_in(row.key), {.versions = 1, .bytes = size_in(row.value)});
            return {};
        });
}

PendingReplicas::Counts PendingReplicas::count(const store::View& view, const store::Batch& batch) {
    Counts changes;
    // What the batch has made of a row so far.
    std::map<std::string_view, std::optional<std::int64_t>> sizes;
    for (const auto& change : batch.changes()) {
        if (!change.key.starts_with(replica_due_rows().from)) continue;
        const auto known = sizes.find(change.key);
        std::optional<std::int64_t> before;
        if (known != sizes.end()) {
            before = known->second;
        } else if (const auto row = view.get(partition, change.key); row && *row) {
            before = size_in(**row);
        }
        std::optional<std::int64_t> after;
        if (change.value) after = size_in(*change.value);
        if (after) ++written_;
        sizes[change.key] = after;
        const auto one = [](const std::optional<std::int64_t>& size) {
            return size.has_value() ? 1 : 0;
        };
        auto& changed = changes[std::string(destination_in(change.key))];
        changed.versions += one(after) - one(before);
        changed.bytes += after.value_or(0) - before.value_or(0);
    }
    for (const auto& [destination, difference] : changes) add(destination, difference);
    return changes;
}

void PendingReplicas::take_back(const Counts& changes) {
    for (const auto& [destination, difference] : changes)
        add(destination, {.versions = -difference.versions, .bytes = -difference.bytes});
}

void PendingReplicas::add_metrics(std::vector<schema::Metric>& metrics) const {
    Pending sum;
    for (const auto& [destination, pending] : counts_) {
        sum.versions += pending.versions;
        sum.bytes += pending.bytes;
    }
    metrics.push_back({.name = "onput_storage_replication_pending_versions",
                       .value = static_cast<double>(sum.versions)});
    metrics.push_back({.name = "onput_storage_replication_pending_bytes",
                       .value = static_cast<double>(sum.bytes)});
}

}  // namespace onput::storage
