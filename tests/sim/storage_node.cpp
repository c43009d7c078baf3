#include "tests/sim/storage_node.hpp"

#include "common/base/check.hpp"
#include "services/storage/objects/records.hpp"
#include "tests/sim/vault_node.hpp"

namespace onput::sim {
namespace {

// Small, so that some texts are blobs.
constexpr std::uint64_t inline_bytes_max = 30;

}  // namespace

StorageNode::StorageNode(const Parts& parts, Changes& changes)
    : ServiceNode(parts, "storage"), changes_(changes) {}

Result<std::unique_ptr<runtime::Service>> StorageNode::open_service() {
    storage::Config config;
    config.notifier_endpoint = "notifier";
    config.inline_bytes_max = inline_bytes_max;
    config.free_bytes_min = 0;
    config.part_bytes_min = 1;
    ONPUT_TRY(auto service, storage::StorageService::open(*this, config));
    storage_ = service.get();
    changes_.check_objects(storage_->core(),
                           [this](const storage::Reading& reading) { return read_now(reading); });
    return service;
}

std::string StorageNode::read_now(const storage::Reading& reading) {
    std::string bytes = reading.bytes;
    for (const auto& piece :
         storage::pieces_of(reading.segments, reading.got.offset, reading.got.length)) {
        std::string read = "not to be read";
        blobs().read(piece.blob, {.offset = piece.offset, .length = piece.length},
                     [&read](Result<std::string> done) {
                         if (done) read = *std::move(done);
                     });
        blobs().run();
        bytes += read;
    }
    return bytes;
}

void StorageNode::check_turn() {
    storage_->core().check_invariants();
}

// Tells the checker of every event in a batch, with the object that it is about.
void StorageNode::on_commit(const store::Batch& batch, store::Ticket ticket) {
    std::string idempotency_key;
    for (const auto& [key, value] : batch.changes()) {
        if (!value || !key.starts_with("o/")) continue;
        const auto record = schema::decode<storage::ObjectRecord>(*value);
        ONPUT_CHECK(record.has_value());
        idempotency_key = record->idempotency_key;
    }
    for (const auto& [key, value] : batch.changes()) {
        if (!value || !key.starts_with("e/")) continue;
        const auto event = schema::decode<schema::ObjectEvent>(*value);
        ONPUT_CHECK(event.has_value());
        changes_.committed(*event, idempotency_key, ticket);
    }
}

bool StorageNode::is_idle() const {
    return is_up() && storage_->core().outbox().waiting() == 0 && storage_->is_at_rest();
}

void StorageNode::check() {
    changes_.check_objects(storage_->core(),
                           [this](const storage::Reading& reading) { return read_now(reading); });
    const auto rows = storage_->core().check_rows();
    world_.expect(rows.has_value(),
                  "storage's rows do not fit each other: " + (rows ? "" : rows.error().message));
    check_vault(world_, changes_, storage_->core(),
                [this](const storage::Reading& reading) { return read_now(reading); });
}

}  // namespace onput::sim
