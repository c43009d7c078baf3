// What every engine of Store promises, asked of each.
#include "common/store/store.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

#include <gtest/gtest.h>

#include "common/store/blobs.hpp"
#include "common/store/rocks_store.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

using support::MemoryStore;
using support::TempDirectory;

// Collects what the engine reports from its own thread.
class Reports {
public:
    Store::Events events() {
        return {.on_durable = [this](Ticket durable) { tell(durable); }};
    }

    // Waits until `ticket` was reported durable.
    void wait_for(Ticket ticket) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return durable_ >= ticket; });
    }

private:
    void tell(Ticket durable) {
        const std::lock_guard lock(mutex_);
        durable_ = durable;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    Ticket durable_ = 0;
};

enum class Engine { memory, rocks };

class StoreTest : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        if (GetParam() == Engine::memory) {
            store = std::make_unique<MemoryStore>(support::MemoryStoreOptions{}, reports.events());
            return;
        }
        auto opened = open_rocks_store({.directory = directory.path()}, reports.events());
        ASSERT_TRUE(opened) << opened.error().message;
        store = *std::move(opened);
    }

    Ticket put(const std::string& partition, const std::string& key, const std::string& value) {
        Batch batch(partition);
        batch.put(key, value);
        return store->commit(std::move(batch)).value();
    }

    std::string keys_in(const Range& range, std::size_t limit = scan_rows_max,
                        const std::string& partition = "p") {
        std::string keys;
        const std::vector<Row> rows = store->scan(partition, range, limit).value();
        for (const Row& row : rows) keys += row.key + " ";
        return keys;
    }

    TempDirectory directory;
    Reports reports;
    std::unique_ptr<Store> store;
};

INSTANTIATE_TEST_SUITE_P(engines, StoreTest, testing::Values(Engine::memory, Engine::rocks),
                         [](const auto& engine) {
                             return engine.param == Engine::memory ? "memory" : "rocks";
                         });

TEST_P(StoreTest, a_commit_is_visible_at_once) {
    put("p", "a", "1");
    EXPECT_EQ(store->get("p", "a").value(), "1");
    EXPECT_EQ(keys_in({}), "a ");
}

TEST_P(StoreTest, a_row_that_was_never_put_is_nothing) {
    EXPECT_EQ(store->get("p", "a").value(), std::nullopt);
}

TEST_P(StoreTest, an_empty_value_is_a_row) {
    put("p", "a", "");
    EXPECT_EQ(store->get("p", "a").value(), "");
}

TEST_P(StoreTest, the_later_change_of_a_key_wins_within_a_batch) {
    Batch batch("p");
    batch.put("a", "1");
    batch.put("a", "2");
    batch.put("b", "1");
    batch.remove("b");
    batch.remove("c");
    batch.put("c", "1");
    ASSERT_TRUE(store->commit(std::move(batch)));
    EXPECT_EQ(store->get("p", "a").value(), "2");
    EXPECT_EQ(keys_in({}), "a c ");
}

TEST_P(StoreTest, tickets_count_the_commits_from_one) {
    EXPECT_EQ(store->last_ticket(), 0U);
    EXPECT_EQ(put("p", "a", "1"), 1U);
    EXPECT_EQ(put("q", "a", "1"), 2U);
    EXPECT_EQ(store->last_ticket(), 2U);
}

TEST_P(StoreTest, an_empty_batch_returns_the_last_ticket_given) {
    EXPECT_EQ(store->commit(Batch("p")).value(), 0U);
    put("p", "a", "1");
    EXPECT_EQ(store->commit(Batch("p")).value(), 1U);
}

TEST_P(StoreTest, nothing_is_durable_before_a_sync) {
    put("p", "a", "1");
    EXPECT_EQ(store->durable(), 0U);
}

TEST_P(StoreTest, a_sync_makes_every_commit_before_it_durable) {
    put("p", "a", "1");
    const Ticket last = put("q", "a", "1");
    store->sync();
    reports.wait_for(last);
    EXPECT_EQ(store->durable(), last);
}

TEST_P(StoreTest, every_commit_of_many_syncs_becomes_durable) {
    Ticket last = 0;
    for (int i = 0; i < 500; ++i) {
        last = put("p", std::to_string(i), "x");
        store->sync();
    }
    reports.wait_for(last);
    EXPECT_EQ(store->durable(), last);
}

TEST_P(StoreTest, partitions_do_not_see_each_other) {
    put("p", "a", "1");
    put("p!", "a", "2");
    put("o\x7f", "a", "3");
    put(std::string("p\x01"), "a", "4");
    EXPECT_EQ(keys_in({}), "a ");
    EXPECT_EQ(store->get("p", "a").value(), "1");
    EXPECT_EQ(keys_in({}, 10, "p!"), "a ");
}

TEST_P(StoreTest, keys_are_ordered_by_unsigned_bytes) {
    for (const std::string key : {"\xff", "a", "\x01", "\xc3\xa4", "b", "aa"}) put("p", key, "x");
    put("p", std::string("\0x", 2), "x");
    EXPECT_EQ(keys_in({}), std::string("\0x \x01 a aa b \xc3\xa4 \xff ", 17));
}

TEST_P(StoreTest, a_range_includes_its_start_and_excludes_its_end) {
    for (const std::string key : {"a", "b", "c", "d"}) put("p", key, "x");
    EXPECT_EQ(keys_in({.from = "b", .to = "d"}), "b c ");
    EXPECT_EQ(keys_in({.from = "b", .to = ""}), "b c d ");
    EXPECT_EQ(keys_in({.from = "", .to = "b"}), "a ");
}

TEST_P(StoreTest, a_range_that_ends_before_it_starts_is_empty) {
    put("p", "b", "x");
    EXPECT_EQ(keys_in({.from = "c", .to = "a"}), "");
    EXPECT_EQ(keys_in({.from = "b", .to = "b"}), "");
}

TEST_P(StoreTest, a_prefix_range_holds_exactly_the_keys_with_the_prefix) {
    for (const std::string key : {"a", "a/", "a/1", "a/\xff\xff", "a0", "b"}) put("p", key, "x");
    EXPECT_EQ(keys_in(Range::of_prefix("a/")), "a/ a/1 a/\xff\xff ");
}

TEST_P(StoreTest, a_prefix_that_ends_in_0xff_has_an_end_too) {
    for (const std::string key : {"a\xff", "a\xff\x01", "b", "\xff\xff", "\xff\xff\x01"}) {
        put("p", key, "x");
    }
    EXPECT_EQ(keys_in(Range::of_prefix("a\xff")), "a\xff a\xff\x01 ");
    EXPECT_EQ(keys_in(Range::of_prefix("\xff\xff")), "\xff\xff \xff\xff\x01 ");
    EXPECT_EQ(keys_in(Range::of_prefix("")), "a\xff a\xff\x01 b \xff\xff \xff\xff\x01 ");
}

TEST_P(StoreTest, the_next_page_starts_after_the_last_key) {
    for (const std::string key : {"a", "aa", "b", "c"}) put("p", key, "x");
    EXPECT_EQ(keys_in({}, 2), "a aa ");
    EXPECT_EQ(keys_in({.from = std::string("aa\0", 3), .to = ""}, 2), "b c ");
    EXPECT_EQ(keys_in({}, 0), "");
}

TEST_P(StoreTest, the_next_page_after_the_longest_key_is_allowed) {
    const std::string longest(key_bytes_max, 'k');
    put("p", longest, "x");
    EXPECT_EQ(keys_in({.from = longest + '\0', .to = ""}), "");
}

TEST_P(StoreTest, what_exceeds_a_limit_is_refused_and_nothing_of_it_applied) {
    const auto refused = [this](Batch batch) {
        batch.put("fine", "x");
        return store->commit(std::move(batch)).error().code == ErrorCode::invalid_argument;
    };
    EXPECT_TRUE(refused(Batch("")));
    EXPECT_TRUE(refused(Batch(std::string(partition_bytes_max + 1, 'p'))));
    EXPECT_TRUE(refused(Batch(std::string("p\0q", 3))));

    for (const Batch::Change& change :
         std::vector<Batch::Change>{{.key = "", .value = "x"},
                                    {.key = std::string(key_bytes_max + 1, 'k'), .value = "x"},
                                    {.key = "k", .value = std::string(value_bytes_max + 1, 'v')}}) {
        Batch batch("p");
        batch.put(change.key, *change.value);
        EXPECT_TRUE(refused(std::move(batch)));
    }
    EXPECT_EQ(keys_in({}), "");
    EXPECT_EQ(store->last_ticket(), 0U);
}

TEST_P(StoreTest, the_largest_row_is_kept) {
    const std::string partition(partition_bytes_max, 'p');
    const std::string key(key_bytes_max, 'k');
    const std::string value(value_bytes_max, 'v');
    put(partition, key, value);
    EXPECT_EQ(store->get(partition, key).value(), value);
}

TEST_P(StoreTest, a_scan_ends_before_the_row_that_exceeds_its_bytes) {
    for (const char* key : {"a", "b", "c"}) put("p", key, std::string(99, 'v'));
    const auto rows_within = [this](std::size_t bytes) {
        return store->scan("p", {}, {scan_rows_max, bytes}).value().size();
    };
    EXPECT_EQ(rows_within(300), 3U);
    EXPECT_EQ(rows_within(299), 2U);
    EXPECT_EQ(rows_within(200), 2U);
    EXPECT_EQ(rows_within(199), 1U);
    // A row larger than the limit is read all the same, or its reader would never get past it.
    EXPECT_EQ(rows_within(1), 1U);
}

TEST_P(StoreTest, a_scan_of_keys_sees_the_keys_of_a_scan) {
    for (const char* key : {"a", "b", "c", "d"}) put("p", key, "v");
    put("other", "b", "v");
    using Keys = std::vector<std::string>;
    EXPECT_EQ(store->scan_keys("p", {.from = "b", .to = "d"}, 10).value(), (Keys{"b", "c"}));
    EXPECT_EQ(store->scan_keys("p", {}, 3).value(), (Keys{"a", "b", "c"}));
    EXPECT_EQ(store->scan_keys("p", {}, scan_rows_max + 1).error().code,
              ErrorCode::invalid_argument);
}

TEST_P(StoreTest, a_scan_of_more_rows_than_a_page_holds_is_refused) {
    EXPECT_EQ(store->scan("p", {}, scan_rows_max + 1).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(store->scan("", {}, 1).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(store->get("p", "").error().code, ErrorCode::invalid_argument);
}

TEST(BlobRefText, it_is_read_back) {
    const BlobRef ref{.segment = 3, .id = 4096, .length = ~std::uint64_t{0}};
    EXPECT_EQ(to_text(ref), "3.4096.18446744073709551615");
    EXPECT_EQ(parse_blob_ref(to_text(ref)).value(), ref);
}

TEST(BlobRefText, anything_but_three_plain_numbers_is_corruption) {
    for (const std::string text : {"", "1", "1.2", "1.2.", "1.2.3.4", "1..3", "a.2.3", "1.2.-3",
                                   "01.2.3", "1.2.18446744073709551616", "1.2.3 ", " 1.2.3"}) {
        EXPECT_EQ(parse_blob_ref(text).error().code, ErrorCode::corruption) << text;
    }
}

}  // namespace
}  // namespace onput::store
