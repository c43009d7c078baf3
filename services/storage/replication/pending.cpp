#include "services/storage/replication/pending.hpp"

#include "common/service/rows.hpp"
#include "common/store/blobs.hpp"
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

void add_to(Pending& sum, const Pending& difference) {
    sum.versions += difference.versions;
    sum.bytes += difference.bytes;
    for (std::size_t i = 0; i < sum.of_size.size(); ++i) sum.of_size[i] += difference.of_size[i];
}

}  // namespace

ReplicaSize size_of(std::uint64_t bytes, std::uint64_t inline_bytes_max) {
    if (bytes <= inline_bytes_max) return ReplicaSize::row;
    return bytes <= store::segment_blob_bytes_max ? ReplicaSize::small : ReplicaSize::large;
}

void RowFloor::put(std::string_view row) {
    if (is_empty_ || row < row_) row_ = row;
    is_empty_ = false;
}

void RowFloor::raise(const std::vector<store::Row>& rows) {
    is_empty_ = rows.empty();
    if (!is_empty_) row_ = rows.front().key;
}

Pending PendingReplicas::one_of(std::int64_t bytes, std::int64_t sign) const {
    Pending one{.versions = sign, .bytes = sign * bytes};
    const auto size = size_of(static_cast<std::uint64_t>(bytes), inline_bytes_max_);
    one.of_size[static_cast<std::size_t>(size)] = sign;
    return one;
}

void PendingReplicas::add(std::string_view destination, const Pending& difference) {
    auto& pending = counts_[std::string(destination)];
    add_to(pending, difference);
    if (pending.versions <= 0) counts_.erase(std::string(destination));
}

Result<void> PendingReplicas::restore(const store::View& view) {
    counts_.clear();
    floors_.clear();
    ONPUT_TRY_VOID(service::for_each_row(
        view, partition, replica_due_rows(), [this](const store::Row& row) -> Result<void> {
            const std::string_view destination = destination_in(row.key);
            add(destination, one_of(size_in(row.value), 1));
            floor(std::string(destination)).put(row.key);
            return {};
        }));
    ONPUT_TRY(const auto late, view.scan(partition, replica_late_rows(), 1));
    late_floor_.raise(late);
    return {};
}

PendingReplicas::Counts PendingReplicas::count(const store::View& view, const store::Batch& batch) {
    Counts changes;
    // What the batch has made of a row so far.
    std::map<std::string_view, std::optional<std::int64_t>> sizes;
    for (const auto& change : batch.changes()) {
        if (change.value && change.key.starts_with(replica_late_rows().from))
            late_floor_.put(change.key);
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
        sizes[change.key] = after;
        const std::string destination(destination_in(change.key));
        if (after) {
            ++written_;
            floor(destination).put(change.key);
        }
        auto& changed = changes[destination];
        if (before) add_to(changed, one_of(*before, -1));
        if (after) add_to(changed, one_of(*after, 1));
    }
    for (const auto& [destination, difference] : changes) add(destination, difference);
    return changes;
}

void PendingReplicas::take_back(const Counts& changes) {
    for (const auto& [destination, difference] : changes) {
        Pending back{.versions = -difference.versions, .bytes = -difference.bytes};
        for (std::size_t i = 0; i < back.of_size.size(); ++i)
            back.of_size[i] = -difference.of_size[i];
        add(destination, back);
    }
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
