#include "tests/sim/lifecycle_storage.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/storage/objects/blob_references.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::sim {
namespace {

using Directory = storage::ReferenceReader::Directory;

// Small, so that some texts are blobs.
constexpr std::uint64_t inline_bytes_max = 30;

std::size_t count_references(const store::View& view, Directory directory) {
    std::size_t count = 0;
    const storage::ReferenceReader rows(view, directory);
    ONPUT_CHECK(rows.for_each([&count](const store::BlobRef&) { ++count; }).has_value());
    return count;
}

}  // namespace

Result<std::unique_ptr<runtime::Service>> LifecycleStorage::open_service() {
    storage::Config config;
    config.inline_bytes_max = inline_bytes_max;
    config.free_bytes_min = 0;
    config.lifecycle_interval_s = 1800;
    config.lifecycle_rows_per_second = 100;
    config.archive_bytes_per_second = 10'000;
    ONPUT_TRY(auto service, storage::StorageService::open(*this, config));
    storage_ = service.get();
    return service;
}

void LifecycleStorage::note_pass(const std::string& row) {
    const auto pass = schema::decode<storage::LifecycleRecord>(row);
    ONPUT_CHECK(pass.has_value());
    if (!pass->is_running)
        world_.note("the pass of " + format_iso8601_millis(pass->began_at) + " is over");
}

void LifecycleStorage::on_commit(const store::Batch& batch, store::Ticket) {
    for (const auto& [key, value] : batch.changes()) {
        if (value && key == storage::lifecycle_key) note_pass(*value);
        if (!value || !key.starts_with("e/")) continue;
        const auto event = schema::decode<schema::ObjectEvent>(*value);
        ONPUT_CHECK(event.has_value());
        world_.note("storage commits " + event->event_name + " " + event->key);
        committed_.emplace(event->event_id, world_.elapsed());
    }
}

std::vector<LifecycleStorage::Told> LifecycleStorage::told() const {
    std::vector<Told> all;
    auto range = store::Range::of_prefix("e/");
    while (true) {
        const auto rows = store().scan(storage::partition, range, store::scan_rows_max);
        ONPUT_CHECK(rows.has_value());
        if (rows->empty()) return all;
        for (const auto& row : *rows) {
            auto event = schema::decode<schema::ObjectEvent>(row.value);
            ONPUT_CHECK(event.has_value());
            const Duration at = committed_.at(event->event_id);
            const Duration ahead = event->time - (world_.true_time() - world_.elapsed() + at);
            all.push_back({.event = *std::move(event),
                           .at = at,
                           .counted_from = at + std::max(ahead, Duration())});
        }
        range.from = rows->back().key + '\0';
    }
}

void LifecycleStorage::check_object(const Expected& expected) {
    const storage::Caller caller{
        .principal = {.account = owner, .id = "check"}, .trace = {}, .now = world_.wall()};
    const auto got =
        storage_->core().get_object({.bucket = plain_bucket, .key = expected.key}, caller);
    const std::string reason = got ? "ok" : got.error().reason;
    if (!expected.is_there)
        return world_.expect(reason == "no_such_key", "an expired object is there");
    if (!expected.is_readable)
        return world_.expect(reason == "invalid_object_state",
                             "an archived object is read: " + expected.key);
    world_.expect(got && read_now(*got) == expected.text,
                  "an object has other bytes than were put: " + expected.key);
}

std::string LifecycleStorage::read_now(const storage::Reading& reading) {
    std::string bytes = reading.bytes;
    for (const auto& piece :
         storage::pieces_of(reading.segments, reading.got.offset, reading.got.length)) {
        const auto read =
            blobs().read_now(piece.blob, {.offset = piece.offset, .length = piece.length});
        bytes += read ? *read : std::string("not to be read");
    }
    return bytes;
}

void LifecycleStorage::check_rows() {
    const auto rows = storage_->core().check_rows();
    world_.expect(rows.has_value(), "rows do not fit: " + (rows ? "" : rows.error().message));
}

void LifecycleStorage::check_blobs() {
    check_rows();
    world_.expect(blobs().count() == count_references(store(), Directory::data),
                  "blobs are left, or lost");
    world_.expect(cold_blobs().count() == count_references(store(), Directory::cold),
                  "blobs of the cold directory are left, or lost");
}

}  // namespace onput::sim
