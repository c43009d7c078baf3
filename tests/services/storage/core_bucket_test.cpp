#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

schema::PutNotification asking(std::vector<schema::NotificationRule> rules) {
    schema::PutNotification request;
    request.bucket = "photos";
    request.configuration.rules = std::move(rules);
    request.request_id = "R";
    request.host_id = "H";
    return request;
}

class BucketsTest : public testing::Test, public Harness {
protected:
    Result<schema::BucketInfo> head(const std::string& name, const Caller& who) const {
        return core->head_bucket({.name = name}, who);
    }
    Result<schema::Empty> remove_bucket(const std::string& name, const Caller& who) {
        Effects effects;
        auto reply = core->delete_bucket({.name = name}, who, effects);
        commit(effects);
        return reply;
    }
};

TEST_F(BucketsTest, a_bucket_has_its_creators_account_and_the_configured_region) {
    const auto made = create_bucket("photos");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->owner_account, owner_account);
    EXPECT_EQ(made->region, "us-east-1");
    EXPECT_EQ(made->created_at, now);
    EXPECT_EQ(head("photos", caller()), made);
}

TEST_F(BucketsTest, survives_a_restart) {
    const auto made = create_bucket("photos", "eu-west-1");
    sync();
    crash();
    EXPECT_EQ(head("photos", caller()), made);
}

TEST_F(BucketsTest, creating_ones_own_again_succeeds_in_us_east_1_only) {
    const auto first = create_bucket("photos");
    now += std::chrono::seconds(5);
    EXPECT_EQ(create_bucket("photos"), first);
    EXPECT_EQ(reason_of(create_bucket("photos", "eu-west-1")), "bucket_already_owned_by_you");
    create_bucket("elsewhere", "eu-west-1");
    const auto again = create_bucket("elsewhere", "eu-west-1");
    EXPECT_EQ(reason_of(again), "bucket_already_owned_by_you");
    EXPECT_EQ(detail_of(again, "BucketName"), "elsewhere");
}

TEST_F(BucketsTest, anothers_name_is_taken) {
    create_bucket("photos");
    Effects effects;
    EXPECT_EQ(reason_of(core->create_bucket({.name = "photos", .region = ""},
                                            caller("111111111111"), effects)),
              "bucket_already_exists");
    EXPECT_TRUE(effects.changes.empty());
}

TEST_F(BucketsTest, bad_names_and_regions_are_refused) {
    EXPECT_EQ(reason_of(create_bucket("No")), "invalid_bucket_name");
    EXPECT_EQ(reason_of(create_bucket("photos", "EU")), "invalid_location_constraint");
}

TEST_F(BucketsTest, only_the_owner_may_do_anything) {
    create_bucket("photos");
    for (const std::string account : {"", "111111111111"}) {
        const auto who = caller(account);
        EXPECT_EQ(reason_of(head("photos", who)), "access_denied");
        EXPECT_EQ(reason_of(remove_bucket("photos", who)), "access_denied");
        EXPECT_EQ(reason_of(core->open_write({.bucket = "photos", .key = "k"}, who)),
                  "access_denied");
        EXPECT_EQ(reason_of(core->get_object({.bucket = "photos", .key = "k"}, who)),
                  "access_denied");
        EXPECT_EQ(reason_of(core->list_objects(whole_bucket(), who)), "access_denied");
        EXPECT_EQ(reason_of(core->get_notification({.bucket = "photos"}, who)), "access_denied");
        EXPECT_EQ(reason_of(core->check_notification(asking({}), who)), "access_denied");
    }
}

TEST_F(BucketsTest, a_bucket_is_reached_in_its_own_region) {
    create_bucket("photos", "eu-west-1");
    auto who = caller();
    who.principal.region = "us-east-1";
    const auto elsewhere = head("photos", who);
    EXPECT_EQ(reason_of(elsewhere), "wrong_region");
    EXPECT_EQ(detail_of(elsewhere, "x-amz-bucket-region"), "eu-west-1");
    EXPECT_EQ(reason_of(remove_bucket("photos", who)), "wrong_region");
    EXPECT_EQ(reason_of(core->open_write({.bucket = "photos", .key = "k"}, who)), "wrong_region");
    EXPECT_EQ(reason_of(core->get_object({.bucket = "photos", .key = "k"}, who)), "wrong_region");
    EXPECT_EQ(reason_of(core->get_notification({.bucket = "photos"}, who)), "wrong_region");
    who.principal.region = "eu-west-1";
    EXPECT_TRUE(head("photos", who));
    EXPECT_TRUE(head("photos", caller()));
}

TEST_F(BucketsTest, who_is_denied_is_told_the_region) {
    create_bucket("photos", "eu-west-1");
    EXPECT_EQ(detail_of(head("photos", caller("")), "x-amz-bucket-region"), "eu-west-1");
}

TEST_F(BucketsTest, nobody_can_neither_create_nor_list) {
    Effects effects;
    EXPECT_EQ(reason_of(core->create_bucket({.name = "photos", .region = ""}, caller(""), effects)),
              "access_denied");
    EXPECT_EQ(reason_of(core->list_buckets({.prefix = ""}, caller(""))), "access_denied");
}

TEST_F(BucketsTest, what_does_not_exist_is_said_with_its_name) {
    const auto missing = head("photos", caller());
    EXPECT_EQ(reason_of(missing), "no_such_bucket");
    EXPECT_EQ(detail_of(missing, "BucketName"), "photos");
    EXPECT_EQ(reason_of(remove_bucket("photos", caller())), "no_such_bucket");
}

TEST_F(BucketsTest, only_an_empty_bucket_can_be_deleted) {
    create_bucket("photos");
    create_bucket("photos2");
    put("k", "bytes");
    EXPECT_EQ(reason_of(remove_bucket("photos", caller())), "bucket_not_empty");
    EXPECT_TRUE(remove_bucket("photos2", caller()));
    remove("k");
    EXPECT_TRUE(remove_bucket("photos", caller()));
    EXPECT_EQ(reason_of(head("photos", caller())), "no_such_bucket");
    sync();
    crash();
    EXPECT_EQ(reason_of(head("photos", caller())), "no_such_bucket");
}

TEST_F(BucketsTest, a_deleted_buckets_rules_do_not_come_back_with_its_name) {
    create_bucket("photos");
    ASSERT_TRUE(set_rules({queue_rule("s3:ObjectCreated:*")}));
    remove_bucket("photos", caller());
    create_bucket("photos");
    EXPECT_TRUE(core->get_notification({.bucket = "photos"}, caller())->rules.empty());
}

TEST_F(BucketsTest, are_listed_by_name_to_their_owner) {
    for (const auto* name : {"bbb", "aaa", "bba"}) create_bucket(name);
    Effects effects;
    ASSERT_TRUE(
        core->create_bucket({.name = "bbc", .region = ""}, caller("111111111111"), effects));
    commit(effects);
    const auto names = [this](const std::string& prefix) {
        std::vector<std::string> found;
        const auto list = core->list_buckets({.prefix = prefix}, caller());
        for (const auto& bucket : list->buckets) found.push_back(bucket.name);
        return found;
    };
    EXPECT_EQ(names(""), (std::vector<std::string>{"aaa", "bba", "bbb"}));
    EXPECT_EQ(names("bb"), (std::vector<std::string>{"bba", "bbb"}));
}

TEST_F(BucketsTest, an_account_has_a_bounded_number) {
    for (std::size_t i = 0; i < buckets_per_account_max; ++i) {
        ASSERT_TRUE(create_bucket("b" + std::to_string(1000 + i)));
    }
    EXPECT_EQ(reason_of(create_bucket("one-more")), "too_many_buckets");
    Effects effects;
    EXPECT_TRUE(
        core->create_bucket({.name = "one-more", .region = ""}, caller("111111111111"), effects));
}

TEST_F(BucketsTest, a_creation_that_was_not_committed_did_not_happen) {
    Effects effects;
    ASSERT_TRUE(core->create_bucket({.name = "photos", .region = ""}, caller(), effects));
    ASSERT_TRUE(core->undo(effects, 0));
    EXPECT_EQ(reason_of(head("photos", caller())), "no_such_bucket");
}

TEST_F(BucketsTest, a_deletion_that_was_not_committed_did_not_happen) {
    create_bucket("photos");
    ASSERT_TRUE(set_rules({queue_rule("s3:ObjectCreated:*")}));
    Effects effects;
    ASSERT_TRUE(core->delete_bucket({.name = "photos"}, caller(), effects));
    ASSERT_TRUE(core->undo(effects, 0));
    EXPECT_TRUE(head("photos", caller()));
    EXPECT_EQ(core->get_notification({.bucket = "photos"}, caller())->rules.size(), 1U);
}

TEST_F(BucketsTest, destinations_are_asked_before_a_configuration_is_stored) {
    create_bucket("photos");
    const auto checked = core->check_notification(
        asking({queue_rule("s3:ObjectCreated:*"), function_rule("s3:ObjectRemoved:*")}), caller());
    ASSERT_TRUE(checked && checked->ask);
    EXPECT_EQ(checked->ask->bucket, "photos");
    EXPECT_EQ(checked->ask->bucket_account, owner_account);
    EXPECT_EQ(checked->ask->arns.size(), 2U);
    EXPECT_EQ(checked->ask->kinds.at(1), schema::DestinationKind::function);
    EXPECT_EQ(checked->ask->request_id, "R");
    EXPECT_TRUE(core->get_notification({.bucket = "photos"}, caller())->rules.empty());

    Effects effects;
    ASSERT_TRUE(
        core->put_notification("photos", *checked, {.refusals = {"", ""}}, caller(), effects));
    commit(effects);
    sync();
    crash();
    EXPECT_EQ(core->get_notification({.bucket = "photos"}, caller())->rules, checked->made.rules);
}

TEST_F(BucketsTest, a_refusal_stores_nothing) {
    create_bucket("photos");
    ASSERT_TRUE(set_rules({queue_rule("s3:ObjectRemoved:*")}));
    const auto checked =
        core->check_notification(asking({queue_rule("s3:ObjectCreated:*")}), caller());
    Effects effects;
    EXPECT_FALSE(
        core->put_notification("photos", *checked, {.refusals = {"no"}}, caller(), effects));
    EXPECT_TRUE(effects.changes.empty());
    EXPECT_EQ(core->get_notification({.bucket = "photos"}, caller())->rules.at(0).events.at(0),
              "s3:ObjectRemoved:*");
}

TEST_F(BucketsTest, nobody_is_asked_when_told_so_or_when_there_is_nobody) {
    create_bucket("photos");
    auto request = asking({queue_rule("s3:ObjectCreated:*")});
    request.skip_destination_validation = true;
    EXPECT_FALSE(core->check_notification(request, caller())->ask);
    EXPECT_FALSE(core->check_notification(asking({}), caller())->ask);
    request.configuration.rules[0].destination_arn = "x";
    EXPECT_EQ(core->check_notification(request, caller()).error().message,
              "The ARN could not be parsed");
}

TEST_F(BucketsTest, a_bucket_that_went_while_destinations_were_asked_gets_no_configuration) {
    create_bucket("photos");
    const auto checked =
        core->check_notification(asking({queue_rule("s3:ObjectCreated:*")}), caller());
    remove_bucket("photos", caller());
    Effects effects;
    EXPECT_EQ(reason_of(core->put_notification("photos", *checked, {.refusals = {""}}, caller(),
                                               effects)),
              "no_such_bucket");
}

TEST_F(BucketsTest, explain_says_what_each_rule_thinks_and_whether_the_object_is_there) {
    create_bucket("photos");
    ASSERT_TRUE(set_rules({queue_rule("s3:ObjectCreated:*", "in/")}));
    put("in/a", "x");
    const auto yes = core->explain_event(
        {.bucket = "photos", .key = "in/a", .event_name = "s3:ObjectCreated:Put"}, caller());
    EXPECT_TRUE(yes->object_exists);
    EXPECT_TRUE(yes->rules.at(0).matches);
    const auto no = core->explain_event(
        {.bucket = "photos", .key = "out", .event_name = "s3:ObjectCreated:Put"}, caller());
    EXPECT_FALSE(no->object_exists);
    EXPECT_FALSE(no->rules.at(0).matches);
}

TEST_F(BucketsTest, an_event_that_does_not_exist_is_not_explained) {
    create_bucket("photos");
    // Nor is one that nothing makes happen here, or a family: no upload is "any of these".
    for (const char* name :
         {"s3:Foo", "", "s3:ReducedRedundancyLostObject", "s3:ObjectCreated:*"}) {
        const auto refused =
            core->explain_event({.bucket = "photos", .key = "a", .event_name = name}, caller());
        EXPECT_EQ(reason_of(refused), "unsupported_event") << name;
        EXPECT_TRUE(refused.error().message.contains("\"; there are s3:ObjectCreated:Put, "))
            << refused.error().message;
    }
}

TEST_F(BucketsTest, without_room_on_the_disk_nothing_is_taken_in) {
    create_bucket("photos");
    core->room().observe(999);
    EXPECT_EQ(reason_of(create_bucket("more")), "storage_full");
    EXPECT_EQ(reason_of(set_rules({queue_rule("s3:ObjectCreated:*")})), "storage_full");
    core->room().observe(1000);
    EXPECT_TRUE(create_bucket("more"));
}

TEST_F(BucketsTest, a_damaged_bucket_row_stops_the_start) {
    store::Batch batch{std::string(partition)};
    batch.put(bucket_row("photos"), "garbage");
    ASSERT_TRUE(store.commit(std::move(batch)));
    StorageCore fresh(store,
                      {.region = "us-east-1", .inline_bytes_max = inline_max, .free_bytes_min = 0},
                      Random(1));
    Effects effects;
    EXPECT_EQ(fresh.restore(now, effects).error().code, ErrorCode::corruption);
}

}  // namespace
}  // namespace onput::storage
