#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

using Kind = schema::BucketConfigurationKind;

class ConfigurationTest : public testing::Test, public Harness {
protected:
    ConfigurationTest() { create_bucket("photos"); }

    Result<schema::Empty> put(const schema::PutBucketConfiguration& request) {
        Effects effects;
        auto reply = core->put_bucket_configuration(request, caller(), effects);
        commit(effects);
        return reply;
    }
    Result<schema::Empty> put(Kind kind, const std::string& id, const std::string& document) {
        return put({.bucket = "photos", .kind = kind, .id = id, .document = document});
    }
    Result<schema::Empty> remove(Kind kind, const std::string& id) {
        Effects effects;
        auto reply = core->delete_bucket_configuration({.bucket = "photos", .kind = kind, .id = id},
                                                       caller(), effects);
        commit(effects);
        return reply;
    }
    // The document, or why there is none.
    std::string get(Kind kind, const std::string& id) const {
        const auto found =
            core->get_bucket_configuration({.bucket = "photos", .kind = kind, .id = id}, caller());
        return found ? found->document : found.error().reason;
    }
    // The document as the gateway finds it for anybody, or why there is none.
    std::string find(Kind kind, const std::string& bucket = "photos") const {
        const Caller stranger{};
        const auto found =
            core->find_bucket_configuration({.bucket = bucket, .kind = kind}, stranger);
        return found ? found->owner_account + " " + found->document : found.error().reason;
    }
    // The ids of a page, each with a blank behind it, and "..." when more follow.
    std::string list(Kind kind, const std::string& after) const {
        const auto page = core->list_bucket_configurations(
            {.bucket = "photos", .kind = kind, .after = after}, caller());
        if (!page) return page.error().reason;
        std::string ids;
        for (const auto& configuration : page->configurations) ids += configuration.id + " ";
        return page->is_truncated ? ids + "..." : ids;
    }
    Result<schema::Empty> remove_bucket() {
        Effects effects;
        auto reply = core->delete_bucket({.name = "photos"}, caller(), effects);
        commit(effects);
        return reply;
    }
};

std::string numbered(int number) {
    return "c" + std::to_string(10'000 + number);
}

TEST_F(ConfigurationTest, what_strangers_are_answered_by_is_found_for_anybody) {
    const std::string owner = caller().principal.account;
    EXPECT_EQ(find(Kind::cors), owner + " ");
    ASSERT_TRUE(put(Kind::cors, "", "<cors/>"));
    ASSERT_TRUE(put(Kind::tagging, "", "<tags/>"));
    EXPECT_EQ(find(Kind::cors), owner + " <cors/>");
    EXPECT_EQ(find(Kind::website), owner + " ");
    EXPECT_EQ(find(Kind::tagging), "invalid_argument") << "the owner's alone";
    EXPECT_EQ(find(Kind::cors, "absent"), "no_such_bucket");
}

TEST_F(ConfigurationTest, survives_a_restart_as_it_was_put_last) {
    ASSERT_TRUE(put(Kind::tagging, "", "<one/>"));
    ASSERT_TRUE(put(Kind::tagging, "", "<two/>"));
    ASSERT_TRUE(put(Kind::metrics, "all", "<metrics/>"));
    sync();
    crash();
    EXPECT_EQ(get(Kind::tagging, ""), "<two/>");
    EXPECT_EQ(get(Kind::metrics, "all"), "<metrics/>");
    EXPECT_EQ(get(Kind::inventory, "all"), "no_such_configuration");
}

TEST_F(ConfigurationTest, kinds_and_buckets_whose_names_begin_alike_do_not_mix) {
    create_bucket("photos-2");
    ASSERT_TRUE(put({.bucket = "photos-2", .kind = Kind::metrics, .id = "b", .document = "x"}));
    ASSERT_TRUE(put(Kind::metrics, "a", "x"));
    ASSERT_TRUE(put(Kind::analytics, "c", "x"));
    EXPECT_EQ(list(Kind::metrics, ""), "a ");
    EXPECT_EQ(list(Kind::analytics, ""), "c ");
    EXPECT_EQ(list(Kind::inventory, ""), "");
}

TEST_F(ConfigurationTest, deleting_what_is_not_there_fails_only_by_id) {
    EXPECT_TRUE(remove(Kind::tagging, ""));
    EXPECT_EQ(reason_of(remove(Kind::metrics, "a")), "no_such_configuration");
    ASSERT_TRUE(put(Kind::metrics, "a", "x"));
    EXPECT_TRUE(remove(Kind::metrics, "a"));
    EXPECT_EQ(get(Kind::metrics, "a"), "no_such_configuration");
}

TEST_F(ConfigurationTest, lists_by_pages) {
    for (int i = 0; i < 101; ++i) ASSERT_TRUE(put(Kind::inventory, numbered(i), "x"));
    const std::string first = list(Kind::inventory, "");
    EXPECT_TRUE(first.starts_with("c10000 c10001 "));
    EXPECT_TRUE(first.ends_with("c10099 ..."));
    EXPECT_EQ(list(Kind::inventory, numbered(99)), "c10100 ");
    EXPECT_EQ(list(Kind::inventory, numbered(100)), "");
}

TEST_F(ConfigurationTest, a_kind_has_at_most_a_thousand) {
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(put(Kind::inventory, numbered(i), "x"));
    EXPECT_EQ(reason_of(put(Kind::inventory, "more", "x")), "too_many_configurations");
    EXPECT_TRUE(put(Kind::inventory, numbered(7), "again"));
    EXPECT_TRUE(put(Kind::metrics, "more", "x"));
}

TEST_F(ConfigurationTest, what_cannot_be_named_is_refused) {
    EXPECT_EQ(reason_of(put(Kind::metrics, "", "x")), "invalid_argument");
    EXPECT_EQ(reason_of(put(Kind::tagging, "a", "x")), "invalid_argument");
    EXPECT_EQ(reason_of(put(Kind::metrics, std::string(65, 'a'), "x")), "invalid_argument");
    EXPECT_EQ(reason_of(put(static_cast<Kind>(0), "", "x")), "invalid_argument");
    EXPECT_EQ(reason_of(put(static_cast<Kind>(99), "", "x")), "invalid_argument");
    EXPECT_EQ(list(static_cast<Kind>(99), ""), "invalid_argument");
    const std::string large(schema::configuration_bytes_max + 1, 'x');
    EXPECT_EQ(reason_of(put(Kind::tagging, "", large)), "configuration_too_large");
}

TEST_F(ConfigurationTest, nobody_but_the_owner_reads_or_changes_one) {
    ASSERT_TRUE(put(Kind::tagging, "", "x"));
    const auto who = caller("111111111111");
    Effects effects;
    EXPECT_EQ(reason_of(core->put_bucket_configuration(
                  {.bucket = "photos", .id = "", .document = "y"}, who, effects)),
              "access_denied");
    EXPECT_EQ(
        reason_of(core->delete_bucket_configuration({.bucket = "photos", .id = ""}, who, effects)),
        "access_denied");
    EXPECT_EQ(reason_of(core->get_bucket_configuration({.bucket = "photos", .id = ""}, who)),
              "access_denied");
    EXPECT_EQ(reason_of(core->list_bucket_configurations({.bucket = "photos", .after = ""}, who)),
              "access_denied");
    EXPECT_TRUE(effects.changes.empty());
}

TEST_F(ConfigurationTest, go_with_their_bucket) {
    ASSERT_TRUE(put(Kind::tagging, "", "x"));
    ASSERT_TRUE(put(Kind::metrics, "a", "x"));
    ASSERT_TRUE(remove_bucket());
    const auto left = store.scan_keys(partition, configuration_rows("photos"), 10);
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty());
}

// What a binary leaves behind that deletes buckets and knows no configurations.
TEST_F(ConfigurationTest, a_new_bucket_inherits_nothing_from_one_of_its_name) {
    store::Batch leftover{std::string(partition)};
    leftover.put(configuration_row("later", Kind::tagging, ""),
                 schema::encode(schema::BucketConfiguration{.id = "", .document = "x"}));
    ASSERT_TRUE(store.commit(std::move(leftover)));
    create_bucket("later");
    EXPECT_EQ(reason_of(core->get_bucket_configuration({.bucket = "later", .id = ""}, caller())),
              "no_such_configuration");
    ASSERT_TRUE(put({.bucket = "later", .id = "", .document = "mine"}));
    create_bucket("later");
    EXPECT_TRUE(core->get_bucket_configuration({.bucket = "later", .id = ""}, caller()));
}

TEST_F(ConfigurationTest, a_full_disk_takes_none_and_lets_them_be_deleted) {
    ASSERT_TRUE(put(Kind::tagging, "", "x"));
    core->room().observe(0);
    EXPECT_EQ(reason_of(put(Kind::tagging, "", "y")), "storage_full");
    EXPECT_TRUE(remove(Kind::tagging, ""));
}

}  // namespace
}  // namespace onput::storage
