// Reading on behind a block that cannot be read, from real tables.
#include "common/store/readable_view.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/store/rocks_store.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

constexpr int row_count = 3000;
constexpr std::size_t page_rows = 100;

std::string key_of(int number) {
    return fmt::format("o/bucket/{:06}", number);
}

class ReadableViewTest : public testing::Test {
protected:
    std::unique_ptr<Store> open() {
        return open_rocks_store(
                   {.directory = path, .cache_bytes = 1 << 20, .write_buffer_bytes = 8 << 20}, {})
            .value();
    }

    void SetUp() override {
        auto store = open();
        for (int i = 0; i < row_count; ++i) {
            Batch batch("s");
            batch.put(key_of(i), fmt::format("{:0>200}", i * 7919));
            ASSERT_TRUE(store->commit(std::move(batch)));
        }
        store.reset();
        open().reset();  // Makes a table of the log.
    }

    // A byte at so many hundredths of the only table.
    void damage_table(std::uintmax_t hundredths) {
        for (const auto& entry : std::filesystem::directory_iterator(path + "/rows")) {
            if (entry.path().extension() != ".sst") continue;
            std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
            const auto at = static_cast<std::streamoff>(entry.file_size() * hundredths / 100);
            file.seekg(at);
            const int byte = file.get();
            file.seekp(at);
            file.put(static_cast<char>(byte ^ 0x40));
        }
    }

    template <typename Scan>
    static std::set<std::string> read_all(Scan scan) {
        std::set<std::string> keys;
        Range range{.from = key_of(0), .to = {}};
        for (;;) {
            const auto page = scan(range);
            EXPECT_TRUE(page) << page.error().message;
            if (!page || page->empty()) return keys;
            for (const auto& one : *page) {
                if constexpr (std::is_same_v<std::decay_t<decltype(one)>, Row>) {
                    keys.insert(one.key);
                } else {
                    keys.insert(one);
                }
            }
            range.from = *keys.rbegin() + '\0';
        }
    }

    support::TempDirectory directory;
    std::string path = directory.path_of("data");
};

TEST_F(ReadableViewTest, exactly_what_a_single_read_finds_is_scanned) {
    damage_table(20);
    damage_table(50);
    const auto store = open();
    std::vector<ReadableView::Gap> gaps;
    const ReadableView view(*store, [&gaps](const auto& gap) { gaps.push_back(gap); });
    EXPECT_TRUE(view.is_complete());
    std::set<std::string> readable;
    for (int i = 0; i < row_count; ++i) {
        if (store->get("s", key_of(i))) readable.insert(key_of(i));
    }
    ASSERT_LT(readable.size(), static_cast<std::size_t>(row_count));
    ASSERT_GT(readable.size(), static_cast<std::size_t>(row_count - 200));
    EXPECT_EQ(read_all([&](const Range& range) { return view.scan("s", range, page_rows); }),
              readable);
    EXPECT_EQ(read_all([&](const Range& range) { return view.scan_keys("s", range, page_rows); }),
              readable);
    EXPECT_EQ(gaps.size(), 2U);
    EXPECT_FALSE(view.is_complete());
    for (const auto& gap : gaps) {
        EXPECT_EQ(gap.partition, "s");
        EXPECT_LT(gap.after, gap.before);
    }
}

TEST_F(ReadableViewTest, a_row_that_cannot_be_read_is_missing) {
    damage_table(50);
    const auto store = open();
    const ReadableView view(*store, nullptr);
    std::size_t missing = 0;
    for (int i = 0; i < row_count; ++i) {
        const auto row = view.get("s", key_of(i));
        ASSERT_TRUE(row);
        missing += *row ? 0 : 1;
    }
    EXPECT_GT(missing, 0U);
    EXPECT_EQ(view.gaps(), missing);
}

TEST(ReadableView, other_errors_are_the_callers) {
    support::MemoryStore store;
    const ReadableView view(store, nullptr);
    const Error error{.code = ErrorCode::unavailable, .message = "no"};
    store.fail_next_read(error);
    EXPECT_EQ(view.get("s", "k").error().code, ErrorCode::unavailable);
    store.fail_next_read(error);
    EXPECT_EQ(view.scan("s", {}, 1).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(view.is_complete());
}

TEST(ReadableView, the_last_row_may_be_the_one) {
    support::MemoryStore store;
    Batch batch("s");
    batch.put("a", "1");
    batch.put("b", "2");
    ASSERT_TRUE(store.commit(std::move(batch)));
    store.damage("s", "b");
    const ReadableView view(store, nullptr);
    const auto rows = view.scan("s", Range::of_prefix(""), 10);
    ASSERT_TRUE(rows);
    EXPECT_EQ(*rows, (std::vector<Row>{{.key = "a", .value = "1"}}));
}

}  // namespace
}  // namespace onput::store
