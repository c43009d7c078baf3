// Damaged tables and logs: what can be read is served, and a repair keeps it.
#include "common/store/rows_repair.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "common/store/blob_check.hpp"
#include "common/store/key_search.hpp"
#include "common/store/rocks_store.hpp"
#include "tests/common/store/blob_harness.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

constexpr int row_count = 2000;

std::string key_of(int number) {
    return "o/bucket/" + std::to_string(100'000 + number);
}

std::string value_of(int number) {
    std::string value;
    for (std::uint64_t i = 0; value.size() < 300; ++i) {
        value += std::to_string((i + 1) * 2654435761U * static_cast<std::uint64_t>(number + 7));
    }
    return value;
}

class RowsRepairTest : public testing::Test {
protected:
    void SetUp() override {
        auto store = open().value();
        for (int i = 0; i < row_count; ++i) commit(*store, key_of(i), value_of(i));
        store.reset();
        // The next opening makes a table of the log.
        open().value().reset();
        ASSERT_EQ(files_like(".sst").size(), 1U);
    }

    Result<std::unique_ptr<Store>> open() {
        return open_rocks_store(
            {.directory = path, .cache_bytes = 1024 * 1024, .write_buffer_bytes = 8 * 1024 * 1024},
            {});
    }

    static void commit(Store& store, const std::string& key, const std::string& value) {
        Batch batch("s");
        batch.put(key, value);
        ASSERT_TRUE(store.commit(std::move(batch)));
    }

    [[nodiscard]] std::vector<std::string> files_like(const std::string& extension) const {
        std::vector<std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator(path + "/rows")) {
            if (entry.path().extension() == extension) files.push_back(entry.path());
        }
        return files;
    }

    // Changes a byte in the middle of the only table: in one of its blocks of data.
    void damage_table() {
        const std::string table = files_like(".sst").front();
        flip(table, static_cast<std::streamoff>(std::filesystem::file_size(table) / 2));
    }

    static void flip(const std::string& path_of_file, std::streamoff at) {
        std::fstream file(path_of_file, std::ios::binary | std::ios::in | std::ios::out);
        file.seekg(at);
        const int byte = file.get();
        file.seekp(at);
        file.put(static_cast<char>(byte ^ 0x40));
    }

    // How many rows are read as they were written; the others are gone, or errors that say what to
    // do.
    int count_rows(Store& store) {
        int count = 0;
        for (int i = 0; i < row_count; ++i) {
            const auto row = store.get("s", key_of(i));
            if (!row) {
                EXPECT_EQ(row.error().code, ErrorCode::corruption);
                EXPECT_NE(row.error().message.find("onput fsck"), std::string::npos);
            } else if (*row) {
                EXPECT_EQ(**row, value_of(i));
                ++count;
            }
        }
        return count;
    }

    support::TempDirectory directory;
    std::string path = directory.path_of("data");
};

TEST_F(RowsRepairTest, sound_rows_are_left_alone) {
    const auto check = repair_rows(path);
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(check->is_sound());
    EXPECT_EQ(check->rows, static_cast<std::uint64_t>(row_count));
    EXPECT_FALSE(std::filesystem::exists(path + "/quarantine"));
    EXPECT_FALSE(std::filesystem::exists(path + "/rows.lost"));
}

TEST_F(RowsRepairTest, a_store_with_a_bad_block_serves_the_rest) {
    damage_table();
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    const int count = count_rows(**store);
    EXPECT_LT(count, row_count);
    EXPECT_GT(count, row_count - 60);
    commit(**store, "new", "row");
    EXPECT_EQ((*store)->get("s", "new").value().value(), "row");
}

TEST_F(RowsRepairTest, compaction_that_meets_damage_is_off_from_the_next_start_on) {
    damage_table();
    const auto open_small = [this] {
        return open_rocks_store(
                   {.directory = path, .cache_bytes = 1024 * 1024, .write_buffer_bytes = 64 * 1024},
                   {})
            .value();
    };
    // Writes over all keys until compaction has met the block, or as often as would make it.
    const auto write_much = [](Store& store) {
        for (int i = 0; i < 20 * row_count; ++i) {
            Batch batch("s");
            batch.put(key_of(i % row_count), value_of(i % row_count));
            if (const auto ticket = store.commit(std::move(batch)); !ticket) return ticket;
        }
        return Result<Ticket>(0);
    };
    {
        const auto store = open_small();
        const auto failed = write_much(*store);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, ErrorCode::corruption);
    }
    ASSERT_TRUE(std::filesystem::exists(path + "/rows.damaged"));
    {
        const auto store = open_small();
        const auto written = write_much(*store);
        EXPECT_TRUE(written) << written.error().message;
    }
    ASSERT_TRUE(repair_rows(path));
    EXPECT_FALSE(std::filesystem::exists(path + "/rows.damaged"));
    EXPECT_TRUE(write_much(*open_small()));
}

// Properties, index, filter and footer are at the end of a table.
TEST_F(RowsRepairTest, whatever_byte_of_a_table_is_bad_it_opens_or_is_repaired) {
    const std::string table = files_like(".sst").front();
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(table));
    constexpr std::streamoff end_bytes = 8192;
    constexpr std::streamoff step = 509;
    const std::string sound = path;
    int refused = 0;
    int opened = 0;
    for (std::streamoff at = size - end_bytes; at < size; at += step) {
        SCOPED_TRACE(at - size);
        path = directory.path_of(std::to_string(at));
        std::filesystem::copy(sound, path, std::filesystem::copy_options::recursive);
        flip(files_like(".sst").front(), at);
        auto store = open();
        ++(store ? opened : refused);
        if (store) {
            EXPECT_GT(count_rows(**store), row_count - 60);
            store->reset();
        } else {
            EXPECT_EQ(store.error().code, ErrorCode::corruption);
            EXPECT_NE(store.error().message.find("onput fsck"), std::string::npos);
        }
        ASSERT_TRUE(repair_rows(path));
        ASSERT_TRUE(open());
        std::filesystem::remove_all(path);
    }
    EXPECT_GT(opened, 0);
    EXPECT_GT(refused, 0);
}

TEST_F(RowsRepairTest, a_repair_loses_the_bad_block_only) {
    damage_table();
    const auto check = check_stored_rows(path);
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->gap_count, 1U);
    EXPECT_EQ(check->gaps.front().after.substr(0, 11), "s/o/bucket/");
    const auto repaired = repair_rows(path);
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_EQ(repaired->rows, check->rows);
    EXPECT_GT(repaired->rows, static_cast<std::uint64_t>(row_count - 60));
    EXPECT_LT(repaired->rows, static_cast<std::uint64_t>(row_count));
    EXPECT_TRUE(std::filesystem::exists(repaired->kept + "/rows/CURRENT"));
    EXPECT_TRUE(std::filesystem::exists(path + "/rows.lost"));
    EXPECT_TRUE(check_stored_rows(path)->is_sound());
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(count_rows(**store), static_cast<int>(repaired->rows));
    commit(**store, "new", "row");
}

TEST_F(RowsRepairTest, a_removed_row_does_not_come_back) {
    {
        auto store = open().value();
        Batch batch("s");
        batch.remove(key_of(1));
        ASSERT_TRUE(store->commit(std::move(batch)));
    }
    damage_table();
    ASSERT_TRUE(repair_rows(path));
    auto store = open().value();
    EXPECT_EQ(store->get("s", key_of(1)).value(), std::nullopt);
}

TEST_F(RowsRepairTest, tables_are_listed_anew_when_their_list_is_damaged) {
    for (const auto& entry : std::filesystem::directory_iterator(path + "/rows")) {
        if (entry.path().filename().string().starts_with("MANIFEST")) {
            std::filesystem::resize_file(entry.path(), 3);
        }
    }
    EXPECT_FALSE(open());
    const auto repaired = repair_rows(path);
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_TRUE(repaired->unopenable);
    EXPECT_EQ(repaired->rows, static_cast<std::uint64_t>(row_count));
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(count_rows(**store), row_count);
}

TEST_F(RowsRepairTest, a_log_that_ends_early_is_accepted_by_a_repair) {
    const std::uint64_t durable = 1'000'000;
    const std::uint64_t complement = ~durable;
    {
        std::ofstream mark(path + "/rows.durable", std::ios::binary);
        mark.write(reinterpret_cast<const char*>(&durable), sizeof(durable));
        mark.write(reinterpret_cast<const char*>(&complement), sizeof(complement));
    }
    EXPECT_EQ(open().error().code, ErrorCode::corruption);
    const auto repaired = repair_rows(path);
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_EQ(repaired->changes_lost, durable - static_cast<std::uint64_t>(row_count));
    EXPECT_EQ(repaired->rows, static_cast<std::uint64_t>(row_count));
    EXPECT_TRUE(open());
}

TEST_F(RowsRepairTest, rows_in_use_and_rows_that_are_not_there_are_refused) {
    const auto store = open().value();
    EXPECT_EQ(check_stored_rows(path).error().code, ErrorCode::conflict);
    EXPECT_EQ(repair_rows(path).error().code, ErrorCode::conflict);
    EXPECT_EQ(repair_rows(directory.path_of("nothing")).error().code, ErrorCode::not_found);
}

TEST_F(RowsRepairTest, blobs_of_lost_rows_are_kept) {
    const auto recover = [this](const BlobRows& rows) {
        auto blobs = open_file_blobs({.directory = path, .segment_bytes = 2 * 1024 * 1024}, {});
        auto recovery = (*blobs)->recover(rows.references());
        EXPECT_TRUE(recovery);
        return std::pair(*std::move(blobs), *recovery);
    };
    const BlobRows none;
    BlobRef small;
    BlobRef large;
    {
        const auto [blobs, recovery] = recover(none);
        small = BlobHarness(*blobs).write("a", "1").value();
        large = BlobHarness(*blobs).write_large("b", "2").value();
    }
    damage_table();
    ASSERT_TRUE(repair_rows(path));
    {
        const auto [blobs, recovery] = recover(none);
        EXPECT_EQ(recovery.unproven, 2U);
        EXPECT_EQ(BlobHarness(*blobs).read(small).value(), "1");
        EXPECT_EQ(BlobHarness(*blobs).read(large).value(), "2");
    }
    EXPECT_EQ(check_stored_blobs(path)->sound, 2U);
    std::filesystem::remove(path + "/rows.lost");
    const auto [blobs, recovery] = recover(none);
    EXPECT_EQ(recovery.removed, 2U);
}

TEST(KeySearch, finds_where_keys_are_good_again) {
    const auto good = [](const std::string& key) { return key >= "o/bucket/500"; };
    const auto found = first_key_that("o/bucket/400", good);
    ASSERT_TRUE(found);
    EXPECT_GE(*found, "o/bucket/500");
    EXPECT_LT(*found, std::string("o/bucket/500") + '\x01');
}

TEST(KeySearch, nothing_is_found_when_no_key_is_good) {
    EXPECT_FALSE(first_key_that("a", [](const std::string&) { return false; }));
}

}  // namespace
}  // namespace onput::store
