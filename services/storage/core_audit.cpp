#include <set>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/replication.hpp"

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

// What rows of objects, versions, parts and manifests refer to, each once.
class StorageCore::References {
public:
    Result<void> add_blob(const std::string& blob, const std::string& row) {
        if (blob.empty() || blobs_.insert(blob).second) return {};
        return misfit("two rows share a blob: " + row);
    }
    Result<void> add_record(const ObjectRecord& record, const std::string& row,
                            std::string_view name) {
        if (has_data_row(record)) with_data_.emplace(name);
        ONPUT_TRY_VOID(add_blob(record.blob, row));
        ONPUT_TRY_VOID(add_blob(record.archive.copy, row));
        if (record.archive.due_at != Timestamp{}) ++due_;
        if (!record.archive.blob.empty() && !cold_.insert(record.archive.blob).second)
            return misfit("two versions share a blob of the cold directory: " + row);
        if (record.manifest.empty() || manifests_.insert(record.manifest).second) return {};
        return misfit("two versions share a manifest: " + row);
    }
    // Of a data row: each belongs to one record.
    Result<void> take_data(std::string_view name, const std::string& row) {
        const auto found = with_data_.find(name);
        if (found == with_data_.end()) return misfit("bytes without an object: " + row);
        with_data_.erase(found);
        return {};
    }
    Result<void> take_manifest(std::string_view name, const std::string& row) {
        if (const auto found = manifests_.find(name); found != manifests_.end()) {
            manifests_.erase(found);
            return {};
        }
        if (trashed_manifests_.contains(name)) return {};
        return misfit("a manifest without an object: " + row);
    }
    Result<void> add_trash(const TrashRecord& record) {
        trashed_manifests_.insert(record.manifest);
        if (!blobs_.contains(record.blob) && !manifests_.contains(record.manifest) &&
            !cold_.contains(record.cold))
            return {};
        return misfit("bytes in use are trash");
    }
    // Versions of which something is due.
    [[nodiscard]] std::size_t due() const { return due_; }
    [[nodiscard]] Result<void> check_all_taken() const {
        if (!with_data_.empty())
            return misfit("an object without its bytes: " + *with_data_.begin());
        if (!manifests_.empty())
            return misfit("an object without a manifest: " + *manifests_.begin());
        return {};
    }

private:
    std::set<std::string, std::less<>> with_data_;  // "<bucket>/<key>", of versions with their age.
    std::set<std::string> blobs_;
    std::set<std::string> cold_;
    std::size_t due_ = 0;
    std::set<std::string, std::less<>> manifests_;
    std::set<std::string, std::less<>> trashed_manifests_;
};

Result<void> StorageCore::check_record(const ObjectRecord& record, std::string_view name) const {
    if (!buckets_.all().contains(std::string(name.substr(0, name.find('/'))))) {
        return misfit("an object has no bucket: " + std::string(name));
    }
    if (record.sequencer > sequencer_) return misfit("sequencer is ahead: " + std::string(name));
    return {};
}

// A key's rows: the current version is its newest, a history without one begins with a delete
// marker, and the null version is where its row says.
Result<void> StorageCore::check_history() const {
    std::string last_key;
    std::set<std::string, std::less<>> nulls;
    ONPUT_TRY_VOID(for_each_row_of(
        view_, schema::version_rows_prefix,
        [&](std::string_view name, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
            if (auto fits = check_record(record, name); !fits) return fits;
            ONPUT_TRY(const auto split, split_tail(name, age_bytes));
            if (split.tail != number_bytes(~record.sequencer)) return misfit("age: " + row.key);
            const std::size_t slash = split.key.find('/');
            const KeyRows rows(view_, split.key.substr(0, slash), split.key.substr(slash + 1));
            ONPUT_TRY(const auto current, rows.current());
            if (current && current->sequencer < record.sequencer) {
                return misfit("an older version is the current one: " + row.key);
            }
            if (last_key != split.key && !current && !record.is_delete_marker) {
                return misfit("a key's newest version is not the current one: " + row.key);
            }
            last_key = split.key;
            if (record.has_version_id) return {};
            if (!nulls.emplace(split.key).second || (current && !current->has_version_id)) {
                return misfit("two null versions: " + row.key);
            }
            ONPUT_TRY(const auto null, rows.find(VersionId{}));
            if (null && null->record.sequencer == record.sequencer) return {};
            return misfit("a null version is not where its row says: " + row.key);
        }));
    return for_each_row_of(view_, "n/",
                           [&](std::string_view name, const store::Row& row) -> Result<void> {
                               if (nulls.contains(name)) return {};
                               return misfit("no null version: " + row.key);
                           });
}

Result<void> StorageCore::check_rows() const {
    References references;
    ONPUT_TRY_VOID(
        for_each_row_of(view_, schema::object_rows_prefix,
                        [&](std::string_view name, const store::Row& row) -> Result<void> {
                            ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
                            if (auto fits = check_record(record, name); !fits) return fits;
                            if (record.is_delete_marker)
                                return misfit("a delete marker is current: " + row.key);
                            return references.add_record(record, row.key, name);
                        }));
    ONPUT_TRY_VOID(
        for_each_row_of(view_, schema::version_rows_prefix,
                        [&](std::string_view name, const store::Row& row) -> Result<void> {
                            ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
                            return references.add_record(record, row.key, name);
                        }));
    ONPUT_TRY_VOID(check_history());
    for (const std::string_view table : {"d/", "w/"}) {
        ONPUT_TRY_VOID(
            for_each_row_of(view_, table, [&](std::string_view name, const store::Row& row) {
                return references.take_data(name, row.key);
            }));
    }
    ONPUT_TRY_VOID(check_uploads(references));
    ONPUT_TRY_VOID(
        for_each_row_of(view_, "t/", [&](std::string_view, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<TrashRecord>(row.value));
            return references.add_trash(record);
        }));
    ONPUT_TRY_VOID(for_each_row_of(
        view_, schema::manifest_rows_prefix,
        [&](std::string_view name, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto manifest, schema::decode<ManifestRecord>(row.value));
            for (const auto& part : manifest.parts) {
                if (auto added = references.add_blob(part.blob, row.key); !added) return added;
            }
            return references.take_manifest(name, row.key);
        }));
    ONPUT_TRY_VOID(references.check_all_taken());
    ONPUT_TRY_VOID(check_due(references));
    ONPUT_TRY_VOID(replication_->check_rows());
    ONPUT_TRY_VOID(check_usage());
    return check_outbox();
}

// Every part belongs to an upload under way.
Result<void> StorageCore::check_uploads(References& references) const {
    std::set<std::string, std::less<>> uploads;
    ONPUT_TRY_VOID(for_each_row_of(
        view_, "u/", [&](std::string_view name, const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto split, split_tail(name, upload_id_digits));
            uploads.emplace(split.tail);
            ONPUT_TRY(const auto upload, schema::decode<UploadRecord>(row.value));
            if (upload.initiator.empty()) return misfit("an upload of nobody: " + row.key);
            return {};
        }));
    return for_each_row_of(view_, schema::part_rows_prefix,
                           [&](std::string_view name, const store::Row& row) -> Result<void> {
                               ONPUT_TRY(const auto record, schema::decode<PartRecord>(row.value));
                               if (!uploads.contains(name.substr(0, upload_id_digits))) {
                                   return misfit("a part without an upload: " + row.key);
                               }
                               return references.add_blob(record.blob, row.key);
                           });
}

// Every due row has its version, and every version that needs one has it.
Result<void> StorageCore::check_due(const References& references) const {
    std::size_t rows = 0;
    ONPUT_TRY_VOID(for_each_row_of(
        view_, due_rows().from, [&](std::string_view name, const store::Row& row) -> Result<void> {
            ++rows;
            ONPUT_TRY(const auto split, split_tail(name.substr(sizeof(std::uint64_t)), age_bytes));
            ONPUT_TRY(const std::uint64_t complement, parse_number_bytes(split.tail));
            const std::size_t slash = split.key.find('/');
            const KeyRows key(view_, split.key.substr(0, slash), split.key.substr(slash + 1));
            ONPUT_TRY(const auto version, key.at(~complement));
            if (!version) return misfit("something is due of no version: " + row.key);
            return {};
        }));
    if (rows != references.due()) return misfit("due rows and versions differ");
    return {};
}

Result<void> StorageCore::check_usage() const {
    ONPUT_TRY(const auto counted, count_all(view_));
    for (const auto& [bucket, usage] : counted) {
        const auto kept = usage_.all().find(bucket);
        if (kept == usage_.all().end() || kept->second != usage) {
            return misfit("the usage of a bucket is miscounted: " + bucket);
        }
    }
    for (const auto& [bucket, usage] : usage_.all()) {
        if (!counted.contains(bucket) && usage != Usage{}) {
            return misfit("usage of a bucket without anything in it: " + bucket);
        }
    }
    return {};
}

Result<void> StorageCore::check_outbox() const {
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
