// Damaged files: what rows refer to is served or refused by name, never removed and never wrong.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/store/blob_format.hpp"
#include "common/store/block_sums.hpp"
#include "common/store/rocks_store.hpp"
#include "common/store/segment_log.hpp"
#include "tests/common/store/blob_harness.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

std::string bytes_like(std::size_t count, char first) {
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(first + i % 23);
    return bytes;
}

class BlobDamageTest : public testing::Test {
protected:
    BlobDamageTest() { restart(); }

    void restart() {
        store.reset();
        store = open_file_blobs({.directory = path, .segment_bytes = segment_bytes_min},
                                [](const Error& error) { ADD_FAILURE() << error.message; })
                    .value();
        auto recovered = store->recover(rows.references());
        ASSERT_TRUE(recovered) << recovered.error().message;
        recovery = *std::move(recovered);
    }

    BlobRef put(const std::string& key, std::size_t bytes) {
        const std::string data = bytes_like(bytes, key.front());
        const bool is_small = bytes <= segment_blob_bytes_max;
        const BlobRef ref = (is_small ? blobs().write(key, data) : put_large(key, data)).value();
        rows.blobs[key] = ref;
        return ref;
    }

    Result<BlobRef> put_large(const std::string& key, const std::string& data) {
        return blobs().write_large(key, data);
    }

    BlobHarness blobs() { return BlobHarness(*store); }

    // Changes one bit of the file of a blob, `offset` bytes from its start or, below zero, its end.
    void flip(const std::string& file, std::int64_t offset) {
        std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
        ASSERT_TRUE(stream.is_open()) << file;
        const auto from = offset < 0 ? std::ios::end : std::ios::beg;
        stream.seekg(offset, from);
        const int byte = stream.get();
        stream.seekp(offset, from);
        stream.put(static_cast<char>(byte ^ 1));
    }

    [[nodiscard]] std::vector<std::string> files_in(const std::string& folder) const {
        std::vector<std::string> files;
        if (!std::filesystem::exists(path + "/" + folder)) return files;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(path + "/" + folder)) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
        return files;
    }
    [[nodiscard]] std::string segment() const { return files_in("segments").front(); }
    [[nodiscard]] std::string large() const { return files_in("blobs").front(); }

    // Its header in the segment, and what follows.
    static std::int64_t header_at(const BlobRef& ref) { return static_cast<std::int64_t>(ref.id); }
    static std::int64_t owner_at(const BlobRef& ref) {
        return static_cast<std::int64_t>(ref.id + header_bytes + ref.length);
    }

    void expect_readable(const std::string& key) {
        const BlobRef ref = rows.blobs.at(key);
        const auto read = blobs().read(ref);
        ASSERT_TRUE(read) << key << ": " << read.error().message;
        EXPECT_EQ(*read, bytes_like(ref.length, key.front()));
    }

    support::TempDirectory directory;
    std::string path = directory.path_of("data");
    BlobRows rows;
    std::unique_ptr<BlobStore> store;
    BlobRecovery recovery;
};

constexpr std::size_t small_bytes = 10'000;
constexpr std::size_t large_bytes = 3'000'000;

// --- Recovery ---------------------------------------------------------------------------------

TEST_F(BlobDamageTest, an_intact_large_blob_survives_its_damaged_footer) {
    put("a", large_bytes);
    flip(large(), -10);
    restart();
    expect_readable("a");
    EXPECT_EQ(recovery.damaged, 1U);
    EXPECT_EQ(recovery.findings.size(), 1U);
    restart();
    expect_readable("a");
}

TEST_F(BlobDamageTest, an_intact_large_blob_survives_its_damaged_owner) {
    put("a", large_bytes);
    flip(large(), -65);
    restart();
    expect_readable("a");
    EXPECT_EQ(recovery.damaged, 1U);
}

TEST_F(BlobDamageTest, an_unreadable_large_blob_without_a_row_is_moved_aside) {
    put("a", large_bytes);
    flip(large(), -10);
    rows.blobs.clear();
    restart();
    EXPECT_TRUE(files_in("blobs").empty());
    EXPECT_EQ(files_in("quarantine").size(), 1U);
    EXPECT_EQ(recovery.quarantined, 1U);
}

TEST_F(BlobDamageTest, nothing_unreadable_is_moved_while_the_rows_cannot_be_read) {
    put("a", large_bytes);
    put("b", small_bytes);
    flip(large(), -10);
    flip(segment(), 8);
    rows.fault = Error{.code = ErrorCode::corruption, .message = "no rows"};
    restart();
    EXPECT_GE(recovery.unproven, 2U);
    expect_readable("a");
    expect_readable("b");
    EXPECT_TRUE(files_in("quarantine").empty());
}

TEST_F(BlobDamageTest, an_orphan_is_kept_while_its_row_cannot_be_read) {
    put("a", small_bytes);
    rows.fault = Error{.code = ErrorCode::corruption, .message = "no rows"};
    restart();
    EXPECT_EQ(recovery.unproven, 1U);
    expect_readable("a");
}

TEST_F(BlobDamageTest, a_record_survives_its_damaged_owner_and_so_does_its_neighbour) {
    const BlobRef first = put("a", small_bytes);
    put("b", small_bytes);
    flip(segment(), owner_at(first));
    restart();
    EXPECT_EQ(recovery.damaged, 1U);
    expect_readable("a");
    // Each removal is counted once, and the segment goes with the last of them.
    store->remove(first);
    rows.blobs.erase("a");
    ASSERT_TRUE(blobs().verify(rows.blobs.at("b")));
    restart();
    expect_readable("b");
    store->remove(rows.blobs.at("b"));
    rows.blobs.clear();
    restart();
    EXPECT_TRUE(files_in("segments").empty());
}

TEST_F(BlobDamageTest, removing_the_neighbours_of_a_damaged_owner_leaves_it) {
    const BlobRef first = put("a", small_bytes);
    const BlobRef second = put("b", small_bytes);
    flip(segment(), owner_at(first));
    restart();
    store->remove(second);
    rows.blobs.erase("b");
    restart();
    expect_readable("a");
}

TEST_F(BlobDamageTest, the_only_record_of_a_segment_survives_its_damaged_owner) {
    const BlobRef ref = put("a", small_bytes);
    flip(segment(), owner_at(ref));
    restart();
    expect_readable("a");
}

TEST_F(BlobDamageTest, a_record_with_a_damaged_owner_and_no_row_is_removed) {
    const BlobRef ref = put("a", small_bytes);
    flip(segment(), owner_at(ref));
    rows.blobs.clear();
    restart();
    EXPECT_EQ(recovery.removed, 1U);
    EXPECT_TRUE(files_in("segments").empty());
}

TEST_F(BlobDamageTest, a_record_with_a_damaged_header_stays_where_it_is) {
    put("a", small_bytes);
    const BlobRef last = put("b", small_bytes);
    flip(segment(), header_at(last) + 20);
    restart();
    EXPECT_EQ(recovery.damaged, 1U);
    expect_readable("a");
    EXPECT_EQ(blobs().read(last).error().code, ErrorCode::corruption);
    // Not cut off as unused room, and not removed with its segment.
    store->remove(rows.blobs.at("a"));
    rows.blobs.erase("a");
    restart();
    EXPECT_GE(std::filesystem::file_size(segment()), last.id + header_bytes + last.length);
    flip(segment(), header_at(last) + 20);
    restart();
    expect_readable("b");
}

TEST_F(BlobDamageTest, what_lies_behind_a_damaged_header_is_found) {
    const BlobRef first = put("a", small_bytes);
    put("b", small_bytes);
    put("c", 100);
    flip(segment(), header_at(first) + 20);
    restart();
    expect_readable("b");
    expect_readable("c");
    store->remove(rows.blobs.at("b"));
    rows.blobs.erase("b");
    restart();
    expect_readable("c");
}

TEST_F(BlobDamageTest, a_segment_with_a_damaged_header_is_served_and_stays) {
    put("a", small_bytes);
    flip(segment(), 8);
    restart();
    EXPECT_EQ(recovery.damaged, 1U);
    expect_readable("a");
    store->remove(rows.blobs.at("a"));
    rows.blobs.clear();
    restart();
    EXPECT_EQ(recovery.quarantined, 1U);
    EXPECT_TRUE(files_in("segments").empty());
    EXPECT_EQ(files_in("quarantine").size(), 1U);
}

TEST_F(BlobDamageTest, a_header_that_becomes_readable_again_ends_nothing) {
    const BlobRef first = put("a", small_bytes);
    put("b", small_bytes);
    flip(segment(), header_at(first) + 20);
    restart();
    flip(segment(), header_at(first) + 20);
    // Never counted, yet it can be removed now.
    store->remove(first);
    rows.blobs.erase("a");
    store->remove(rows.blobs.at("b"));
    rows.blobs.erase("b");
    restart();
    EXPECT_TRUE(files_in("segments").empty());
}

// --- Checksums --------------------------------------------------------------------------------

TEST_F(BlobDamageTest, a_flipped_bit_of_a_large_blob_is_never_served) {
    const BlobRef ref = put("a", large_bytes);
    const std::int64_t at = 5 * sum_block_bytes + 7;
    flip(large(), at);
    const auto read = blobs().read(ref);
    EXPECT_EQ(read.error().code, ErrorCode::corruption);
    EXPECT_NE(read.error().message.find(std::to_string(5 * sum_block_bytes)), std::string::npos);
    const BlobStore::Piece around{.offset = 5 * sum_block_bytes, .length = 3};
    EXPECT_EQ(blobs().read(ref, around).error().code, ErrorCode::corruption);
    EXPECT_EQ(blobs().verify(ref).error().code, ErrorCode::corruption);
    // Blocks beside it are whole.
    EXPECT_EQ(blobs().read(ref, {.offset = 0, .length = 5 * sum_block_bytes}).value(),
              bytes_like(large_bytes, 'a').substr(0, 5 * sum_block_bytes));
    EXPECT_EQ(blobs().read(ref, {.offset = 6 * sum_block_bytes + 1, .length = 9}).value(),
              bytes_like(large_bytes, 'a').substr(6 * sum_block_bytes + 1, 9));
}

TEST_F(BlobDamageTest, a_flipped_bit_of_a_checksum_is_never_served) {
    const BlobRef ref = put("a", large_bytes);
    flip(large(), large_bytes);
    EXPECT_EQ(blobs().read(ref, {.offset = 0, .length = 1}).error().code, ErrorCode::corruption);
}

TEST_F(BlobDamageTest, a_flipped_bit_is_found_without_the_footer) {
    const BlobRef ref = put("a", large_bytes);
    flip(large(), -10);
    flip(large(), 7);
    EXPECT_EQ(blobs().read(ref, {.offset = 0, .length = 1}).error().code, ErrorCode::corruption);
}

TEST_F(BlobDamageTest, a_flipped_bit_of_a_small_blob_is_not_served_in_a_range) {
    const BlobRef ref = put("a", small_bytes);
    flip(segment(), header_at(ref) + static_cast<std::int64_t>(header_bytes) + 5000);
    EXPECT_EQ(blobs().read(ref, {.offset = 0, .length = 1}).error().code, ErrorCode::corruption);
    EXPECT_EQ(blobs().read(ref, {.offset = 5000, .length = 1}).error().code, ErrorCode::corruption);
    EXPECT_EQ(blobs().verify(ref).error().code, ErrorCode::corruption);
}

TEST_F(BlobDamageTest, a_blob_under_the_name_of_another_is_not_served) {
    const BlobRef first = put("a", large_bytes);
    const std::string file = large();
    const BlobRef second = put("b", large_bytes);
    for (const std::string& other : files_in("blobs")) {
        if (other != file)
            std::filesystem::copy_file(file, other,
                                       std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_TRUE(blobs().read(first));
    EXPECT_EQ(blobs().read(second).error().code, ErrorCode::corruption);
}

// Bytes as version 1 wrote them: data, owner, footer.
TEST_F(BlobDamageTest, files_without_checksums_are_read_and_recovered) {
    const BlobRef ref = put("a", large_bytes);
    const std::string data = bytes_like(large_bytes, 'a');
    const std::string owner = encode_owner({.partition = "p", .key = "a"});
    std::ofstream(large(), std::ios::binary | std::ios::trunc)
        << data << owner
        << encode(BlobFooter{.id = ref.id,
                             .data_bytes = large_bytes,
                             .partition_bytes = 1,
                             .key_bytes = 1,
                             .owner_crc = crc32c(owner),
                             .has_sums = false});
    restart();
    EXPECT_TRUE(recovery.findings.empty());
    expect_readable("a");
    EXPECT_TRUE(blobs().verify(ref));
    EXPECT_EQ(blobs().read(ref, {.offset = 70'000, .length = 5}).value(), data.substr(70'000, 5));
    rows.blobs.clear();
    restart();
    EXPECT_TRUE(files_in("blobs").empty());
}

}  // namespace
}  // namespace onput::store
