// From where on the rows of what is due are read.
#include "services/storage/replication/pending.hpp"

#include <gtest/gtest.h>

#include "services/storage/objects/records.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::storage {
namespace {

std::vector<store::Row> rows(std::initializer_list<const char*> keys) {
    std::vector<store::Row> made;
    for (const char* key : keys) made.push_back({.key = key, .value = {}});
    return made;
}

TEST(RowFloorTest, it_is_the_first_of_all_rows) {
    RowFloor floor;
    EXPECT_TRUE(floor.is_empty());
    floor.put("m");
    floor.put("z");
    EXPECT_EQ(floor.row(), "m");
    floor.put("c");
    EXPECT_EQ(floor.row(), "c");
    EXPECT_FALSE(floor.is_empty());
}

TEST(RowFloorTest, it_follows_the_first_that_is_left) {
    RowFloor floor;
    floor.put("a");
    floor.raise(rows({"k", "m"}));
    EXPECT_EQ(floor.row(), "k");
    floor.put("g");
    EXPECT_EQ(floor.row(), "g");
}

TEST(RowFloorTest, behind_the_last_row_the_next_is_the_first) {
    RowFloor floor;
    floor.put("a");
    floor.raise({});
    EXPECT_TRUE(floor.is_empty());
    floor.put("q");
    EXPECT_FALSE(floor.is_empty());
    EXPECT_EQ(floor.row(), "q");
}

TEST(PendingReplicasTest, a_refused_commit_leaves_the_counts_of_each_size_as_they_were) {
    support::MemoryStore view;
    PendingReplicas pending(100);
    const ReplicaRow row{.destination = "d", .bucket = "b", .key = "k", .sequencer = 7};
    store::Batch batch{std::string(partition)};
    batch.put(replica_due_row(row, Timestamp{} + std::chrono::seconds(5)), number_bytes(101));
    const auto changes = pending.count(view, batch);
    const Pending one{.versions = 1, .bytes = 101, .of_size = {0, 1, 0}};
    EXPECT_EQ(pending.all(), (PendingReplicas::Counts{{"d", one}}));
    pending.take_back(changes);
    EXPECT_TRUE(pending.all().empty());
}

}  // namespace
}  // namespace onput::storage
