// How many rows an answer reads: not more than it shows, whatever else the bucket holds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "services/storage/multipart/upload_listing.hpp"
#include "services/storage/objects/blob_references.hpp"
#include "services/storage/objects/listing.hpp"
#include "services/storage/objects/prefixes.hpp"
#include "services/storage/objects/version_listing.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

// Counts the rows that are read through it.
class CountingView : public store::View {
public:
    explicit CountingView(const store::View& rows) : rows_(rows) {}

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view partition,
                                                         std::string_view key) const override {
        ++count;
        return rows_.get(partition, key);
    }
    [[nodiscard]] Result<std::vector<store::Row>> scan(std::string_view partition,
                                                       const store::Range& range,
                                                       store::ScanLimit limit) const override {
        auto rows = rows_.scan(partition, range, limit);
        if (rows) count += rows->size();
        return rows;
    }
    [[nodiscard]] Result<std::vector<std::string>> scan_keys(std::string_view partition,
                                                             const store::Range& range,
                                                             std::size_t limit) const override {
        auto keys = rows_.scan_keys(partition, range, limit);
        if (keys) count += keys->size();
        return keys;
    }

    mutable std::size_t count = 0;

private:
    const store::View& rows_;
};

// A page of a list: what it shows, and as much again, of which one row says that there is more.
constexpr std::size_t list_reads_max = 2 * 1000;

class CostTest : public testing::Test, public Harness {
protected:
    CostTest() {
        create_bucket("photos");
        Effects effects;
        EXPECT_TRUE(core->put_versioning(
            {.bucket = "photos", .status = schema::Versioning::enabled}, caller(), effects));
        commit(effects);
    }

    std::string begin_upload(const std::string& key) {
        schema::CreateUpload request;
        request.object.bucket = "photos";
        request.object.key = key;
        Effects effects;
        const auto created = core->create_upload(request, caller(), effects);
        EXPECT_TRUE(created);
        commit(effects);
        return created ? created->upload_id : std::string();
    }

    // An upload with as many parts as there can be, and its completion.
    schema::CompleteUpload upload_most_parts() {
        schema::CompleteUpload completion{.bucket = "photos", .key = "film"};
        completion.upload_id = begin_upload(completion.key);
        for (std::uint32_t number = 1; number <= schema::part_number_max; ++number) {
            auto part = put_request(completion.key, schema::part_bytes_min);
            part.etag = std::string(32, 'e');
            part.checksums = {{.algorithm = "CRC64NVME", .value = to_base64("checksum")}};
            part.part = {.upload_id = completion.upload_id, .number = number};
            const store::BlobRef blob{.segment = 0, .id = number, .length = part.size_bytes};
            EXPECT_TRUE(Harness::put(part, {.bytes = {}, .blob = blob}));
            completion.parts.push_back({.number = number, .etag = part.etag});
        }
        return completion;
    }

    CountingView view{store};
};

TEST_F(CostTest, a_recovery_reads_the_history_of_a_key_once) {
    constexpr std::uint64_t versions = 2000;
    const store::Owner owner{.partition = std::string(partition), .key = object_row("photos", "a")};
    for (std::uint64_t id = 1; id <= versions; ++id) {
        ASSERT_TRUE(put_blob("a", {.segment = 1, .id = id, .length = 9'000}));
    }
    ReferenceReader references(view);
    for (std::uint64_t id = 1; id <= versions; ++id) {
        EXPECT_TRUE(*references.refers(owner, {.segment = 1, .id = id, .length = 9'000}));
    }
    EXPECT_FALSE(*references.refers(owner, {.segment = 1, .id = versions + 1, .length = 9'000}));
    // The object row for each, and each older version once.
    EXPECT_LE(view.count, 2 * versions + 10);
}

TEST_F(CostTest, a_completion_reads_each_part_once_and_writes_one_row_for_all) {
    const auto completion = upload_most_parts();
    StorageCore counted(view, {.region = "us-east-1"}, Random(9));
    Effects start;
    ASSERT_TRUE(counted.restore(now, start));
    commit(start);
    view.count = 0;
    Effects effects;
    ASSERT_TRUE(counted.complete_upload(completion, caller(), effects));
    EXPECT_LE(view.count, schema::part_number_max + 10);
    ASSERT_EQ(effects.changes.size(), 1U);
    // Each part's row goes; object, manifest, event and what is theirs come.
    EXPECT_LE(effects.changes[0].batch.changes().size(), schema::part_number_max + 10);
}

TEST_F(CostTest, a_page_of_objects_reads_what_it_shows_whatever_else_there_is) {
    constexpr int keys = 6000;
    // Older versions, and keys that delete markers hide.
    for (int i = 0; i < keys; ++i) {
        const std::string key = fmt::format("{:05}", i);
        ASSERT_TRUE(put(key, "one"));
        ASSERT_TRUE(put(key, "two"));
        if (i >= keys / 2) continue;
        ASSERT_TRUE(remove(key));
    }
    schema::ListObjects request = whole_bucket();
    for (const auto& after : {fmt::format("{:05}", 0), fmt::format("{:05}", keys - 1500)}) {
        request.after = after;
        view.count = 0;
        const auto list = list_objects(view, request);
        ASSERT_TRUE(list);
        EXPECT_EQ(list->objects.size(), 1000U);
        EXPECT_LE(view.count, list_reads_max);
    }
}

TEST_F(CostTest, a_start_reads_no_objects_and_no_uploads) {
    constexpr int many = 3000;
    for (int i = 0; i < many; ++i) {
        ASSERT_TRUE(put(std::to_string(i), "one"));
        begin_upload(std::to_string(i));
    }
    StorageCore next(view, {.region = "us-east-1"}, Random(9));
    Effects effects;
    ASSERT_TRUE(next.restore(now, effects));
    // The end of the outbox is searched for.
    EXPECT_LE(view.count, 100U);
}

TEST_F(CostTest, a_page_of_abandoned_uploads_reads_what_it_shows) {
    for (int i = 0; i < 3000; ++i) begin_upload(std::to_string(i));
    const auto list = list_uploads(view, {.bucket = "photos"});
    ASSERT_TRUE(list);
    EXPECT_EQ(list->uploads.size(), 1000U);
    EXPECT_LE(view.count, list_reads_max);
}

TEST_F(CostTest, a_page_of_uploads_jumps_over_what_a_prefix_stands_for) {
    for (int i = 0; i < 3000; ++i) begin_upload("a/" + std::to_string(i));
    begin_upload("b");
    schema::ListUploads request{.bucket = "photos"};
    request.delimiter = "/";
    const auto list = list_uploads(view, request);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->common_prefixes, std::vector<std::string>{"a/"});
    EXPECT_EQ(list->uploads.size(), 1U);
    EXPECT_LE(view.count, 4 * listing_page_min);
}

TEST_F(CostTest, a_page_of_versions_jumps_over_what_a_prefix_stands_for) {
    constexpr int folders = 20;
    for (int folder = 0; folder < folders; ++folder) {
        for (int i = 0; i < 100; ++i) {
            const std::string key = "f" + std::to_string(folder) + "/" + std::to_string(i);
            ASSERT_TRUE(put(key, "one"));
            ASSERT_TRUE(put(key, "two"));
        }
    }
    schema::ListVersions request{.bucket = "photos"};
    request.delimiter = "/";
    const auto list = list_versions(view, request);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->common_prefixes.size(), static_cast<std::size_t>(folders));
    // A page of current and one of older versions for each prefix.
    EXPECT_LE(view.count, (folders + 2) * 2 * listing_page_min);
}

}  // namespace
}  // namespace onput::storage
