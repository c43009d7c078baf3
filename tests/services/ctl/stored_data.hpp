// A storage service's folder with an object of each kind, as its process would leave it.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/schema/housekeeping.hpp"
#include "common/schema/object_record.hpp"
#include "common/store/rocks_store.hpp"
#include "common/store/segment_log.hpp"

namespace onput::ctl {

inline constexpr std::string_view storage_partition = "s";
inline constexpr std::size_t record_size = 10'000;
inline constexpr std::size_t file_size = 200'000;

inline std::string content_of(const std::string& name, std::size_t bytes) {
    std::string content;
    while (content.size() < bytes) content += name + " ";
    content.resize(bytes);
    return content;
}

// Of a row, whose table would compress the other.
inline std::string noise(std::size_t bytes) {
    Random random(7);
    std::string content;
    while (content.size() < bytes) content += static_cast<char>(random.next() & 0xff);
    return content;
}

class StoredBlobs {
public:
    explicit StoredBlobs(const std::string& directory)
        : blobs_(*store::open_file_blobs(
              {.directory = directory, .segment_bytes = store::segment_bytes_min}, {})) {
        const store::BlobReferences all{
            .is_referred = [](const auto&, const auto&) -> Result<bool> { return true; },
            .for_each = [](const auto&) -> Result<void> { return {}; }};
        EXPECT_TRUE(blobs_->recover(all));
    }
    std::string record(const std::string& name) {
        std::promise<std::string> written;
        blobs_->write(owner_of(name), content_of(name, record_size),
                      [&written](const auto& ref) { written.set_value(store::to_text(*ref)); });
        return written.get_future().get();
    }
    std::string file(const std::string& name) {
        const auto writer = *blobs_->open(owner_of(name));
        std::promise<std::string> written;
        writer->append(content_of(name, file_size), [](const auto&) {});
        writer->seal([&written](const auto& ref) { written.set_value(store::to_text(*ref)); });
        return written.get_future().get();
    }

private:
    static store::Owner owner_of(const std::string& name) {
        return {.partition = std::string(storage_partition), .key = "o/b/" + name};
    }
    std::unique_ptr<store::BlobStore> blobs_;
};

// Commits what `change` writes, and leaves it in a table.
inline void change_rows(const std::string& folder,
                        const std::function<void(store::Batch&)>& change) {
    const auto rows = *store::open_rocks_store({.directory = folder}, {});
    store::Batch batch{std::string(storage_partition)};
    change(batch);
    ASSERT_TRUE(rows->commit(std::move(batch)));
    ASSERT_TRUE(rows->flush());
}

inline void write_storage(const std::string& folder, const std::string& cold) {
    std::filesystem::create_directories(folder);
    std::filesystem::create_directories(cold);
    StoredBlobs blobs(folder);
    StoredBlobs archived(cold);
    change_rows(folder, [&](store::Batch& batch) {
        const auto put = [&batch](const std::string& key, const auto& message) {
            batch.put(key, schema::encode(message));
        };
        put("o/b/row", schema::ObjectRecord{.size_bytes = 500});
        batch.put("d/b/row", noise(500));
        put("o/b/record",
            schema::ObjectRecord{.size_bytes = record_size, .blob = blobs.record("record")});
        put("o/b/file", schema::ObjectRecord{.size_bytes = file_size, .blob = blobs.file("file")});
        schema::ObjectRecord parts{.size_bytes = file_size + record_size};
        parts.manifest = "whole";
        put("o/b/parts", parts);
        put("x/whole",
            schema::ManifestRecord{
                .parts = {
                    {.number = 1, .size_bytes = file_size, .blob = blobs.file("part-1")},
                    {.number = 2, .size_bytes = record_size, .blob = blobs.record("part-2")}}});
        put(std::string("v/b/old\0aaaaaaaa", 16), schema::ObjectRecord{.size_bytes = 3});
        batch.put(std::string("w/b/old\0aaaaaaaa", 16), "old");
        put("p/begun/00001",
            schema::PartRecord{.size_bytes = record_size, .blob = blobs.record("begun")});
        batch.put(std::string("u/b/up\0begun", 12), "an upload");
        schema::ObjectRecord glacier{.size_bytes = 70'000};
        glacier.archive.blob = archived.record("cold-record");
        put("o/b/cold-record", glacier);
        glacier.archive.blob = archived.file("cold-file");
        put("o/b/cold-file", glacier);
        put("y", schema::UsageMark{});
        put("y/b", schema::UsageRecord{
                       .usage = {.objects = 6,
                                 .versions = 1,
                                 .bytes = 500 + 2 * (record_size + file_size) + 3 + 2 * 70'000,
                                 .uploads = 1}});
    });
}

// Where the bytes of an object are: a file below `folder`, and their offset in it.
struct StoredPlace {
    std::string path;
    std::size_t offset = 0;
};
inline StoredPlace find_bytes(const std::string& folder, const std::string& bytes) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string content(std::istreambuf_iterator<char>(in), {});
        const auto at = content.find(bytes);
        if (at != std::string::npos) return {.path = entry.path().string(), .offset = at};
    }
    ADD_FAILURE() << "the bytes are nowhere in " << folder;
    return {};
}

inline void flip(const StoredPlace& place, std::int64_t distance) {
    std::fstream file(place.path, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(place.offset) + distance;
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
}

}  // namespace onput::ctl
