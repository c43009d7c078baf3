#include "tests/sim/storage_node.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/store/block_sums.hpp"
#include "services/storage/objects/records.hpp"
#include "tests/sim/vault_node.hpp"

namespace onput::sim {
namespace {

template <schema::Message M>
M decoded(const std::string& bytes) {
    auto message = schema::decode<M>(bytes);
    ONPUT_CHECK(message.has_value());
    return *std::move(message);
}

// Small, so that in some worlds some texts are blobs, in others all.
constexpr std::uint64_t inline_bytes_min = 1;
constexpr std::uint64_t inline_bytes_more = 30;
// Less than a block that has a checksum.
constexpr std::uint64_t piece_bytes = 100;
constexpr std::uint64_t damaged_rows_max = 4;

}  // namespace

StorageNode::StorageNode(const Parts& parts, Changes& changes, Damage& damage)
    : ServiceNode(parts, "storage"),
      changes_(changes),
      damage_(damage),
      inline_bytes_max_(inline_bytes_min + world_.random.below(inline_bytes_more)) {}

Result<std::unique_ptr<runtime::Service>> StorageNode::open_service() {
    storage::Config config;
    config.notifier_endpoint = "notifier";
    config.inline_bytes_max = inline_bytes_max_;
    config.free_bytes_min = 1;
    config.part_bytes_min = 1;
    ONPUT_TRY(auto service, storage::StorageService::open(*this, config));
    storage_ = service.get();
    changes_.check_objects(
        storage_->core(), [this](const storage::Reading& reading) { return read_now(reading); },
        [this](const std::string& name) { return has_damaged_row(name); });
    return service;
}

Result<std::string> StorageNode::read_now(const storage::Reading& reading) {
    std::string bytes = reading.bytes;
    for (const auto& piece :
         storage::pieces_of(reading.segments, reading.got.offset, reading.got.length)) {
        ONPUT_TRY(const std::string read,
                  blobs().read_now(piece.blob, {.offset = piece.offset, .length = piece.length}));
        bytes += read;
    }
    return bytes;
}

void StorageNode::check_turn() {
    storage_->core().check_invariants();
}

// --- Damage -----------------------------------------------------------------------------------

void StorageNode::on_down() {
    while (world_.chance(world_.faults.flip_at_crash_permille)) flip_bit();
}

void StorageNode::flip_bit() {
    const auto flip = blobs().flip(world_.random);
    if (!flip) return;
    world_.note(
        fmt::format("a bit flips in the {} of blob {}", flip->part, store::to_text(flip->blob)));
    damage_.flipped(*flip);
}

void StorageNode::damage_rows() {
    std::vector<std::string> rows;
    for (const auto& key : store().keys(storage::partition)) {
        for (const std::string& bucket : {inbox, outbox}) {
            const bool is_of_object = key.starts_with(storage::object_row(bucket, "")) ||
                                      key.starts_with(storage::data_row(bucket, ""));
            if (is_of_object) rows.push_back(key);
        }
    }
    for (std::uint64_t i = world_.random.below(damaged_rows_max) + 1; i > 0 && !rows.empty(); --i) {
        const std::string& row = rows[world_.random.below(rows.size())];
        const std::string name = row.substr(schema::object_rows_prefix.size());
        if (has_damaged_row(name)) continue;
        world_.note(fmt::format("the row {} is damaged", row));
        damage_row(storage::partition, row);
        damage_.row_hit(name);
    }
}

bool StorageNode::has_damaged_row(const std::string& name) const {
    const std::size_t slash = name.find('/');
    const std::string bucket = name.substr(0, slash);
    const std::string key = name.substr(slash + 1);
    return store().is_damaged(storage::partition, storage::object_row(bucket, key)) ||
           store().is_damaged(storage::partition, storage::data_row(bucket, key));
}

// What a write committed says where its bytes are.
void StorageNode::follow_blobs(const store::Batch& batch) {
    std::map<std::string, std::vector<store::BlobRef>> manifests;
    for (const auto& [key, value] : batch.changes()) {
        if (!value || !key.starts_with(schema::manifest_rows_prefix)) continue;
        for (const auto& part : decoded<schema::ManifestRecord>(*value).parts) {
            manifests[key].push_back(*store::parse_blob_ref(part.blob));
        }
    }
    for (const auto& [key, value] : batch.changes()) {
        if (!value || !key.starts_with(schema::object_rows_prefix)) continue;
        const auto record = decoded<storage::ObjectRecord>(*value);
        if (!record.blob.empty()) {
            damage_.stored(record.event_id, {*store::parse_blob_ref(record.blob)});
        } else if (const auto found = manifests.find(storage::manifest_row(record.manifest));
                   found != manifests.end()) {
            damage_.stored(record.event_id, found->second);
        }
    }
}

// Damaged or not: what an object consists of is where it was put, and a piece of it is read as well
// as all of it.
void StorageNode::check_blobs() {
    for (const Change& change : changes_.all()) {
        if (changes_.last_of(change.name()) != &change || !change.is_created()) continue;
        std::uint64_t begin = 0;
        for (const auto& blob : damage_.blobs_of(change.event.event_id)) {
            world_.expect(blobs().is_kept(blob),
                          "what a row refers to was removed: " + change.name());
            for (std::uint64_t at = 0; at < blob.length; at += store::sum_block_bytes) {
                const std::uint64_t length = std::min(piece_bytes, blob.length - at);
                changes_.check_read(change, {.offset = begin + at, .length = length},
                                    blobs().read_now(blob, {.offset = at, .length = length}));
            }
            begin += blob.length;
        }
    }
}

// Tells the checker of every event in a batch, with the object that it is about.
void StorageNode::on_commit(const store::Batch& batch, store::Ticket ticket) {
    follow_blobs(batch);
    std::string idempotency_key;
    for (const auto& [key, value] : batch.changes()) {
        if (!value || !key.starts_with("o/")) continue;
        idempotency_key = decoded<storage::ObjectRecord>(*value).idempotency_key;
    }
    for (const auto& [key, value] : batch.changes()) {
        if (!value || !key.starts_with("e/")) continue;
        changes_.committed(decoded<schema::ObjectEvent>(*value), idempotency_key, ticket);
    }
}

bool StorageNode::is_idle() const {
    return is_up() && storage_->core().outbox().waiting() == 0 && storage_->is_at_rest();
}

void StorageNode::check() {
    changes_.check_objects(
        storage_->core(), [this](const storage::Reading& reading) { return read_now(reading); },
        [this](const std::string& name) { return has_damaged_row(name); });
    check_blobs();
    const auto rows = storage_->core().check_rows();
    const bool is_readable = std::ranges::none_of(
        store().keys(storage::partition),
        [this](const auto& key) { return store().is_damaged(storage::partition, key); });
    world_.expect(rows.has_value() || !is_readable,
                  "storage's rows do not fit each other: " + (rows ? "" : rows.error().message));
    check_vault(world_, changes_, storage_->core(),
                [this](const storage::Reading& reading) { return read_now(reading); });
}

}  // namespace onput::sim
