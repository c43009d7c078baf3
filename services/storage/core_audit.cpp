#include <set>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

// Calls `visit(name, row)` for every row of a table, in order.
template <typename Visit>
Result<void> for_each_row_of(const store::View& view, std::string_view table, Visit visit) {
    return service::for_each_row(
        view, partition, store::Range::of_prefix(table), [&](const store::Row& row) {
            return visit(std::string_view(row.key).substr(table.size()), row);
        });
}

std::unexpected<Error> misfit(std::string message) {
    return fail(ErrorCode::corruption, std::move(message));
}

}  // namespace

void StorageCore::check_invariants() const {
    outbox_.check_invariants();
    ONPUT_CHECK(sequencer_ >= store_record_.sequencer);
    ONPUT_CHECK(!store_record_.source.empty());
    for (const auto& [name, bucket] : buckets_.all()) ONPUT_CHECK(name == bucket.record.name);
}

Result<void> StorageCore::check_rows() const {
    std::set<std::string, std::less<>> with_data;  // "<bucket>/<key>" of objects with a data row.
    std::set<std::string> blobs;
    ONPUT_TRY_VOID(for_each_row_of(
        view_, schema::object_rows_prefix,
        [&](std::string_view name, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
            if (!buckets_.all().contains(std::string(name.substr(0, name.find('/'))))) {
                return misfit("an object has no bucket: " + row.key);
            }
            if (record.sequencer > sequencer_) return misfit("sequencer is ahead: " + row.key);
            if (record.blob.empty() && record.size_bytes > 0) with_data.emplace(name);
            if (!record.blob.empty() && !blobs.insert(record.blob).second) {
                return misfit("two objects share a blob: " + row.key);
            }
            return {};
        }));
    ONPUT_TRY_VOID(for_each_row_of(
        view_, "d/", [&](std::string_view name, const store::Row& row) -> Result<void> {
            const auto found = with_data.find(name);
            if (found == with_data.end()) return misfit("bytes without an object: " + row.key);
            with_data.erase(found);
            return {};
        }));
    if (!with_data.empty()) return misfit("an object without its bytes: " + *with_data.begin());
    ONPUT_TRY_VOID(
        for_each_row_of(view_, "t/", [&](std::string_view, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<TrashRecord>(row.value));
            if (blobs.contains(record.blob)) return misfit("a blob in use is trash");
            return {};
        }));
    std::uint64_t expected = outbox_.removed_through();
    ONPUT_TRY_VOID(
        for_each_row_of(view_, "e/", [&](std::string_view, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const std::uint64_t number, number_of(row.key));
            if (number != ++expected) return misfit("the outbox has a hole");
            return {};
        }));
    if (expected != outbox_.last()) return misfit("the outbox ends early");
    return {};
}

}  // namespace onput::storage
