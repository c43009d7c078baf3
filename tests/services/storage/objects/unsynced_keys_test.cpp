#include "services/storage/objects/unsynced_keys.hpp"

#include <string>

#include <gtest/gtest.h>

#include "services/storage/identity/records.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

class UnsyncedKeysTest : public testing::Test {
protected:
    void commit(const std::string& row, store::Ticket ticket) {
        store::Batch batch{std::string(partition)};
        batch.put(row, "");
        keys.begin(batch);
        keys.end(ticket);
    }
    [[nodiscard]] store::Ticket of_key() const { return keys.newest_of("box", "a/b"); }
    [[nodiscard]] store::Ticket of_other() const { return keys.newest_of("box", "c"); }

    UnsyncedKeys keys;
};

TEST_F(UnsyncedKeysTest, every_row_of_a_keys_versions_is_about_that_key_alone) {
    store::Ticket ticket = 0;
    for (const std::string& row :
         {object_row("box", "a/b"), data_row("box", "a/b"), version_row("box", "a/b", 7),
          version_data_row("box", "a/b", 7), null_version_row("box", "a/b")}) {
        commit(row, ++ticket);
        EXPECT_EQ(of_key(), ticket) << row;
        EXPECT_EQ(of_other(), 0U) << row;
    }
}

TEST_F(UnsyncedKeysTest, a_key_with_bytes_like_a_versions_age_is_itself) {
    const std::string key = std::string("a\0", 2) + "12345678";
    commit(object_row("box", key), 1);
    EXPECT_EQ(keys.newest_of("box", key), 1U);
    EXPECT_EQ(keys.newest_of("box", "a"), 0U);
}

TEST_F(UnsyncedKeysTest, rows_that_no_answer_about_a_key_shows_hold_nothing_up) {
    const std::string id(schema::upload_id_digits, '0');
    const ReplicaRow replica{.destination = "to", .bucket = "box", .key = "a/b", .sequencer = 7};
    for (const std::string& row :
         {outbox_row(1), trash_row(1), upload_row("box", "a/b", id), part_row(id, 1),
          manifest_row(id), due_row({}, "box", "a/b", 7), replica_due_row(replica, {}),
          replica_late_row(replica, {}), std::string("y/box"), std::string("y"), std::string("s"),
          std::string(lifecycle_key), std::string(store_key), std::string(age_key)}) {
        commit(row, 1);
        EXPECT_EQ(of_key(), 0U) << row;
    }
}

TEST_F(UnsyncedKeysTest, what_every_key_depends_on_holds_all_of_them_up) {
    store::Ticket ticket = 0;
    for (const std::string& row :
         {bucket_row("box"), configuration_row("box", schema::BucketConfigurationKind::cors, ""),
          std::string(entity_rows_prefix) + "x", std::string(access_key_rows_prefix) + "x",
          std::string("?"), std::string("v/short"), std::string()}) {
        commit(row, ++ticket);
        EXPECT_EQ(of_key(), ticket) << row;
        EXPECT_EQ(of_other(), ticket) << row;
    }
}

TEST_F(UnsyncedKeysTest, a_refused_commit_changes_nothing) {
    store::Batch batch{std::string(partition)};
    batch.put(object_row("box", "a/b"), "");
    keys.begin(batch);
    commit(outbox_row(1), 1);
    EXPECT_EQ(of_key(), 0U);
}

}  // namespace
}  // namespace onput::storage
