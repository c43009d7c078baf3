// Fills the data directory of a storage service that is not running with small objects in one
// bucket, to see what many of them cost: how long it takes to open, to list.
//
//     fill_store DIRECTORY OBJECTS
//     onput --data DIR dev        with DIRECTORY = DIR/storage
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/store/rocks_store.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view bucket = "many";
constexpr std::size_t object_bytes = 100;
constexpr std::uint64_t objects_per_batch = 1000;
constexpr std::uint64_t batches_per_sync = 100;

void put_object(std::uint64_t number, store::Batch& batch) {
    // As if by date: neighbours in time are neighbours in the listing.
    const std::string key = fmt::format("{:03}/{:09}.txt", number / 100'000, number);
    const std::string bytes(object_bytes, static_cast<char>('a' + number % 26));
    const ObjectRecord record{.size_bytes = bytes.size(),
                              .etag = to_hex(Digest::of(DigestAlgorithm::md5, bytes)),
                              .last_modified = Timestamp(std::chrono::seconds(1'700'000'000)),
                              .content_type = "text/plain",
                              .sequencer = number + 1,
                              .event_id = fmt::format("{:032x}", number),
                              .trace_id = fmt::format("{:032x}", number)};
    batch.put(object_row(bucket, key), schema::encode(record));
    batch.put(data_row(bucket, key), bytes);
}

Result<void> fill(const std::string& directory, std::uint64_t objects) {
    std::atomic<store::Ticket> durable = 0;
    ONPUT_TRY(const auto store,
              store::open_rocks_store({.directory = directory},
                                      {.on_durable =
                                           [&durable](store::Ticket t) {
                                               durable = t;
                                               durable.notify_all();
                                           },
                                       .on_failed = [](const Error&) { std::abort(); }}));
    store::Batch first{std::string(partition)};
    first.put(std::string(store_key), schema::encode(StoreRecord{.source = "filled",
                                                                 .created_at = {},
                                                                 .sequencer = objects + 1,
                                                                 .layout = store_layout}));
    first.put(bucket_row(bucket), schema::encode(BucketRecord{.name = std::string(bucket),
                                                              .owner_account = "000000000000",
                                                              .region = "us-east-1",
                                                              .created_at = {},
                                                              .rules = {}}));
    ONPUT_TRY(store::Ticket last, store->commit(std::move(first)));
    for (std::uint64_t number = 0, batches = 0; number < objects; ++batches) {
        store::Batch batch{std::string(partition)};
        for (std::uint64_t i = 0; i < objects_per_batch && number < objects; ++i)
            put_object(number++, batch);
        ONPUT_TRY(last, store->commit(std::move(batch)));
        if (batches % batches_per_sync == 0) store->sync();
    }
    store->sync();
    for (store::Ticket seen = durable; seen < last; seen = durable) durable.wait(seen);
    return {};
}

}  // namespace
}  // namespace onput::storage

int main(int argc, char** argv) {
    std::uint64_t objects = 0;
    const char* const text = argc == 3 ? argv[2] : "";
    const auto parsed = std::from_chars(text, text + std::strlen(text), objects);
    if (argc != 3 || parsed.ec != std::errc() || *parsed.ptr != '\0') {
        std::fputs("usage: fill_store DIRECTORY OBJECTS\n", stderr);
        return 2;
    }
    const auto filled = onput::storage::fill(argv[1], objects);
    if (filled) return 0;
    std::fprintf(stderr, "fill_store: %s\n", filled.error().message.c_str());
    return 1;
}
