// ReplicatingStorage: the storage service of replication_sim on its real host, and what is seen of
// its commits and its rows from outside.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/printable.hpp"
#include "services/storage/lifecycle/walk.hpp"
#include "services/storage/objects/blob_references.hpp"
#include "services/storage/service.hpp"
#include "tests/sim/service_node.hpp"

namespace onput::sim {

inline constexpr const char* replication_owner = "000000000000";

// Whether it keeps less than the other one.
inline bool is_weaker(const schema::ObjectLock& lock, const schema::ObjectLock& other) {
    const auto rank = [](const schema::ObjectLock& of) {
        if (of.mode.empty()) return 0;
        return of.mode == storage::compliance ? 2 : 1;
    };
    return (other.has_legal_hold && !lock.has_legal_hold) || rank(lock) < rank(other) ||
           lock.retain_until < other.retain_until;
}

class ReplicatingStorage final : public ServiceNode {
public:
    // Where buckets are that are not here.
    struct Remote {
        std::vector<std::string> endpoints = {};
        std::vector<std::string> keys = {};
        http::MakeClient make_http = nullptr;
        std::vector<std::string> master_keys = {};
    };
    explicit ReplicatingStorage(const Parts& parts) : ServiceNode(parts, "storage") {}
    ReplicatingStorage(const Parts& parts, Remote remote)
        : ServiceNode(parts, "storage"), remote_(std::move(remote)) {}

    using Versions = std::map<std::pair<std::string, std::uint64_t>, storage::ObjectRecord>;
    [[nodiscard]] Versions versions_of(const std::string& bucket) const {
        Versions all;
        storage::VersionWalk walk(bucket, "");
        while (true) {
            const auto page = walk.next(store(), 1000);
            ONPUT_CHECK(page.has_value());
            for (const auto& version : page->versions)
                all[{version.key, version.record.sequencer}] = version.record;
            if (page->is_last) return all;
        }
    }
    [[nodiscard]] std::vector<schema::ObjectEvent> told() const {
        std::vector<schema::ObjectEvent> all;
        auto range = store::Range::of_prefix("e/");
        while (true) {
            const auto rows = store().scan(storage::partition, range, store::scan_rows_max);
            ONPUT_CHECK(rows.has_value());
            if (rows->empty()) return all;
            for (const auto& row : *rows)
                all.push_back(*schema::decode<schema::ObjectEvent>(row.value));
            range.from = rows->back().key + '\0';
        }
    }
    std::string read(const std::string& bucket, const std::string& key,
                     const std::string& version_id) {
        schema::GetObject request{.bucket = bucket, .key = key};
        request.version_id = version_id;
        const storage::Caller caller{.principal = {.account = replication_owner, .id = "check"},
                                     .trace = {},
                                     .now = world_.wall()};
        const auto got = storage_->core().get_object(request, caller);
        if (!got) return got.error().message;
        std::string bytes = got->bytes;
        for (const auto& piece :
             storage::pieces_of(got->segments, got->got.offset, got->got.length)) {
            const auto piece_read =
                blobs().read_now(piece.blob, {.offset = piece.offset, .length = piece.length});
            bytes += piece_read ? *piece_read : std::string("not to be read");
        }
        return bytes;
    }
    void check_rows() {
        const auto rows = storage_->core().check_rows();
        world_.expect(rows.has_value(), "rows do not fit: " + (rows ? "" : rows.error().message));
    }
    void check_blobs() {
        std::size_t count = 0;
        const storage::ReferenceReader rows(store(), storage::ReferenceReader::Directory::data);
        ONPUT_CHECK(rows.for_each([&count](const store::BlobRef&) { ++count; }).has_value());
        world_.expect(blobs().count() == count, "blobs are left, or lost");
    }

    // One of these rows cannot be read, until `heal`.
    void damage_one_of(const std::vector<std::string>& prefixes) {
        std::vector<std::string> rows;
        for (const auto& key : store().keys(storage::partition)) {
            for (const auto& prefix : prefixes) {
                if (key.starts_with(prefix)) rows.push_back(key);
            }
        }
        if (rows.empty() || !is_up()) return;
        const auto& row = rows[world_.random.below(rows.size())];
        world_.note(fmt::format("the row {} is damaged", printable(row)));
        damage_row(storage::partition, row);
    }
    void heal() { heal_rows(); }

private:
    Result<std::unique_ptr<runtime::Service>> open_service() override {
        storage::Config config;
        // Small, so that some texts are blobs.
        config.inline_bytes_max = 30;
        config.free_bytes_min = 1;
        config.lifecycle_interval_s = 0;
        config.replication_bytes_per_second = 20'000;
        config.replication_versions_per_second = 100;
        config.replication_threshold_ms = 5'000;
        config.part_bytes_min = 1;
        config.master_keys_secret = remote_.master_keys;
        config.replication_endpoints = remote_.endpoints;
        config.replication_keys_secret = remote_.keys;
        ONPUT_TRY(auto service, storage::StorageService::open(*this, config, remote_.make_http));
        storage_ = service.get();
        return service;
    }
    void check_turn() override { storage_->core().check_invariants(); }
    Node& peer(const std::string&) override { return *this; }

    // Clients of the simulation take off no lock.
    void on_commit(const store::Batch& batch, store::Ticket /*ticket*/) override {
        for (const auto& change : batch.changes()) {
            if (!change.key.starts_with("o/") && !change.key.starts_with("v/")) continue;
            if (!change.value) continue;
            const auto record = schema::decode<storage::ObjectRecord>(*change.value);
            ONPUT_CHECK(record.has_value());
            const std::string bucket = change.key.substr(2, change.key.find('/', 2) - 2);
            auto& lock = locks_[{bucket, record->sequencer}];
            world_.expect(!is_weaker(record->lock, lock),
                          fmt::format("a lock got weaker: {}", change.key));
            lock = record->lock;
        }
    }
    // What was not synced is gone. A life that begins without some rows counts the usage of buckets
    // without them: that is storage's simulation's, not this one's.
    void on_down() override {
        locks_.clear();
        heal_rows();
    }

    const Remote remote_;
    std::map<std::pair<std::string, std::uint64_t>, schema::ObjectLock> locks_;
    storage::StorageService* storage_ = nullptr;  // Of this life.
};

}  // namespace onput::sim
