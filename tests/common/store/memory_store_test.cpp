// What MemoryStore promises to simulations beyond what every engine does.
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace onput::support {
namespace {

using store::Batch;
using store::Ticket;

const Error fault{.code = ErrorCode::unavailable, .message = "injected"};

class MemoryStoreTest : public testing::Test {
protected:
    void connect(MemoryStore& store) {
        store.connect({.on_durable = [this](Ticket durable) { reported.push_back(durable); },
                       .on_failed = [this](const Error&) { ++failures; }});
    }

    static Ticket put(MemoryStore& store, const std::string& key, const std::string& value) {
        Batch batch("p");
        batch.put(key, value);
        return store.commit(std::move(batch)).value();
    }

    static std::string rows(const MemoryStore& store) {
        std::string text;
        const auto all = store.scan("p", {}, store::scan_rows_max).value();
        for (const store::Row& row : all) text += row.key + "=" + row.value + " ";
        return text;
    }

    std::vector<Ticket> reported;
    int failures = 0;
};

TEST_F(MemoryStoreTest, a_crash_loses_what_was_not_synced) {
    MemoryStore store;
    put(store, "a", "1");
    put(store, "b", "1");
    store.sync();
    put(store, "a", "2");
    put(store, "a", "3");
    put(store, "c", "1");
    Batch batch("p");
    batch.remove("b");
    ASSERT_TRUE(store.commit(std::move(batch)));
    EXPECT_EQ(rows(store), "a=3 c=1 ");
    store.crash();
    EXPECT_EQ(rows(store), "a=1 b=1 ");
    EXPECT_EQ(store.last_ticket(), 0U);
    EXPECT_EQ(store.durable(), 0U);
    EXPECT_EQ(put(store, "d", "1"), 1U);
}

TEST_F(MemoryStoreTest, a_late_crash_keeps_a_prefix_of_what_was_not_synced) {
    MemoryStore store;
    put(store, "a", "1");
    const Ticket survives = put(store, "a", "2");
    put(store, "a", "3");
    store.crash_keeping(survives);
    EXPECT_EQ(rows(store), "a=2 ");
}

TEST_F(MemoryStoreTest, a_manual_sync_covers_what_was_committed_when_it_started) {
    MemoryStore store({.sync = MemoryStoreOptions::Sync::manual});
    connect(store);
    put(store, "a", "1");
    store.sync();
    put(store, "b", "1");
    EXPECT_TRUE(reported.empty());
    EXPECT_TRUE(store.complete_sync());
    EXPECT_EQ(reported, std::vector<Ticket>{1});
    EXPECT_FALSE(store.complete_sync());
    store.crash();
    EXPECT_EQ(rows(store), "a=1 ");
}

TEST_F(MemoryStoreTest, syncs_during_a_sync_are_folded_into_the_next) {
    MemoryStore store({.sync = MemoryStoreOptions::Sync::manual});
    connect(store);
    for (int i = 0; i < 3; ++i) {
        put(store, "a", std::to_string(i));
        store.sync();
    }
    EXPECT_TRUE(store.complete_sync());
    EXPECT_TRUE(store.complete_sync());
    EXPECT_FALSE(store.complete_sync());
    EXPECT_EQ(reported, (std::vector<Ticket>{1, 3}));
}

TEST_F(MemoryStoreTest, a_failed_commit_is_applied_nowhere_and_final) {
    MemoryStore store;
    connect(store);
    store.fail_next_commit(fault);
    for (int i = 0; i < 2; ++i) {
        Batch batch("p");
        batch.put("a", "1");
        EXPECT_EQ(store.commit(std::move(batch)).error(), fault);
    }
    EXPECT_EQ(rows(store), "");
    store.crash();
    put(store, "a", "1");
    EXPECT_EQ(rows(store), "a=1 ");
}

TEST_F(MemoryStoreTest, a_failed_sync_is_reported_once_and_final) {
    MemoryStore store;
    connect(store);
    store.fail_next_sync(fault);
    put(store, "a", "1");
    store.sync();
    store.sync();
    EXPECT_EQ(failures, 1);
    EXPECT_TRUE(reported.empty());
    Batch batch("p");
    batch.put("b", "1");
    EXPECT_EQ(store.commit(std::move(batch)).error(), fault);
    store.crash();
    EXPECT_EQ(rows(store), "");
}

TEST_F(MemoryStoreTest, a_read_fault_is_for_one_read) {
    MemoryStore store;
    put(store, "a", "1");
    store.fail_next_read(fault);
    EXPECT_EQ(store.get("p", "a").error(), fault);
    EXPECT_EQ(store.get("p", "a").value(), "1");
}

TEST_F(MemoryStoreTest, the_dead_process_is_not_called_after_a_crash) {
    MemoryStore store({.sync = MemoryStoreOptions::Sync::manual});
    connect(store);
    put(store, "a", "1");
    store.sync();
    store.crash();
    EXPECT_FALSE(store.complete_sync());
    EXPECT_TRUE(reported.empty());
}

TEST_F(MemoryStoreTest, what_a_rados_object_would_not_take_is_refused_when_asked_for) {
    MemoryStore store({.limits = MemoryStoreOptions::Limits::rados});
    Batch large("p");
    large.put("a", std::string(rados_value_bytes_max + 1, 'x'));
    EXPECT_EQ(store.commit(std::move(large)).error().code, ErrorCode::invalid_argument);
    Batch many("p");
    for (std::size_t i = 0; i <= rados_batch_changes_max; ++i) many.remove(std::to_string(i));
    EXPECT_EQ(store.commit(std::move(many)).error().code, ErrorCode::invalid_argument);
    Batch heavy("p");
    for (std::size_t i = 0; i <= rados_batch_bytes_max / rados_value_bytes_max; ++i) {
        heavy.put(std::to_string(i), std::string(rados_value_bytes_max, 'x'));
    }
    EXPECT_EQ(store.commit(std::move(heavy)).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(rows(store), "");
}

TEST_F(MemoryStoreTest, it_tells_tests_what_it_holds) {
    MemoryStore store;
    put(store, "a", "1");
    put(store, "b", "1");
    EXPECT_EQ(store.row_count("p"), 2U);
    EXPECT_EQ(store.row_count("q"), 0U);
    EXPECT_EQ(store.partitions(), std::vector<std::string>{"p"});
}

}  // namespace
}  // namespace onput::support
