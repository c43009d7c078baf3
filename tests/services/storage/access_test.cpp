// Who may do what with a bucket by its policy and public access block, as storage judges a client's
// request.
#include "tests/services/storage/access_harness.hpp"

namespace onput::storage {
namespace {

// --- Policies ---------------------------------------------------------------------------------

TEST_F(AccessTest, without_a_policy_the_owners_account_alone_gets_in) {
    ASSERT_TRUE(put("k", "x"));
    EXPECT_EQ(read({}), "ok");
    EXPECT_EQ(read(user), "ok");
    EXPECT_EQ(read(stranger), "access_denied");
    EXPECT_EQ(read(nobody), "access_denied");
}

TEST_F(AccessTest, a_policy_lets_in_whom_it_names_for_what_it_names) {
    ASSERT_TRUE(put("k", "x"));
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:GetObject")), "ok");
    EXPECT_EQ(read(stranger), "ok");
    EXPECT_EQ(read({.account = other_account, .user = "eve"}), "ok");
    EXPECT_EQ(write(stranger), "access_denied");
    EXPECT_EQ(list(stranger), "access_denied");
    EXPECT_EQ(read({.account = "222222222222"}), "access_denied");
    EXPECT_EQ(read(nobody), "access_denied");
}

TEST_F(AccessTest, tags_and_locks_are_shown_to_those_who_may_read_them) {
    auto request = put_request("k", 1);
    request.tags = {{.key = "a", .value = "b"}};
    Effects effects;
    ASSERT_TRUE(core->put_object(request, {.bytes = "x"}, caller(), effects));
    commit(effects);
    open_to_the_public();
    ASSERT_EQ(put_policy(statement("Allow", R"("*")", "s3:GetObject")), "ok");
    const auto tags_seen = [this](const Client& client, bool is_copy_source = false) {
        auto who = asking(client, {"GetObject"});
        who.access->is_copy_source = is_copy_source;
        const auto head =
            core->head_object({.bucket = "photos", .key = "k", .conditions = {}}, who);
        const auto got = core->get_object({.bucket = "photos", .key = "k"}, who);
        EXPECT_TRUE(head && got);
        EXPECT_EQ(head->tags.size(), got->got.object.tags.size());
        return head->tags.size();
    };
    EXPECT_EQ(tags_seen({}), 1U);
    EXPECT_EQ(tags_seen(user), 1U);
    EXPECT_EQ(tags_seen(stranger), 0U);
    EXPECT_EQ(tags_seen(nobody), 0U);
    EXPECT_EQ(tags_seen(stranger, true), 1U);
    const std::string read = statement("Allow", R"("*")", "s3:GetObject");
    const std::string tags = statement("Allow", R"("*")", "s3:GetObjectTagging");
    ASSERT_EQ(put_policy(read + "," + tags), "ok");
    EXPECT_EQ(tags_seen(nobody), 1U);
    const std::string denial =
        statement("Deny", R"({"AWS":"arn:aws:iam::000000000000:user/ada"})", "s3:GetObjectTagging");
    ASSERT_EQ(put_policy(read + "," + denial), "ok");
    EXPECT_EQ(tags_seen(user), 0U);
    EXPECT_EQ(tags_seen({}), 1U);
}

TEST_F(AccessTest, a_block_is_on_however_a_store_of_before_spells_it) {
    ASSERT_TRUE(put("k", "x"));
    for (const char* on : {"true", "TRUE", "True"}) {
        configure(schema::BucketConfigurationKind::public_access_block,
                  fmt::format("<BlockPublicPolicy>{}</BlockPublicPolicy>", on));
        EXPECT_EQ(put_policy(statement("Allow", R"("*")", "s3:GetObject")), "denied_by_policy")
            << on;
    }
    configure(schema::BucketConfigurationKind::public_access_block,
              "<BlockPublicPolicy>false</BlockPublicPolicy>");
    EXPECT_EQ(put_policy(statement("Allow", R"("*")", "s3:GetObject")), "ok");
}

TEST_F(AccessTest, a_denial_hits_users_and_the_accounts_own_key_which_can_mend_it) {
    ASSERT_TRUE(put("k", "x"));
    ASSERT_EQ(put_policy(statement("Deny", R"("*")", "s3:*")), "ok");
    EXPECT_EQ(read({}), "denied_by_policy");
    EXPECT_EQ(read(user), "denied_by_policy");
    EXPECT_EQ(read(stranger), "access_denied");
    EXPECT_EQ(put_policy(statement("Deny", R"("*")", "s3:*"), user), "denied_by_policy");
    const auto kept = core->get_bucket_policy({.bucket = "photos"}, owner({"GetBucketPolicy"}));
    EXPECT_TRUE(kept);
    Effects effects;
    EXPECT_TRUE(
        core->delete_bucket_policy({.bucket = "photos"}, owner({"DeleteBucketPolicy"}), effects));
    commit(effects);
    EXPECT_EQ(read(user), "ok");
}

TEST_F(AccessTest, the_owners_account_is_told_which_denial_it_was) {
    ASSERT_TRUE(put("k", "x"));
    ASSERT_EQ(put_policy(statement("Deny", R"({"AWS":"000000000000"})", "s3:GetObject")), "ok");
    const auto got =
        core->get_object({.bucket = "photos", .key = "k"}, asking(user, {"GetObject"}));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message,
              "User: arn:aws:iam::000000000000:user/ada is not authorized to perform: s3:GetObject "
              "on resource: \"arn:aws:s3:::photos/k\" with an explicit deny in a resource-based "
              "policy");
}

TEST_F(AccessTest, a_policy_is_kept_over_a_restart_and_forgotten_with_a_refused_commit) {
    ASSERT_TRUE(put("k", "x"));
    ASSERT_EQ(put_policy(statement("Deny", R"("*")", "s3:GetObject")), "ok");
    store.sync();
    crash();
    EXPECT_EQ(read({}), "denied_by_policy");
    Effects effects;
    ASSERT_TRUE(
        core->delete_bucket_policy({.bucket = "photos"}, owner({"DeleteBucketPolicy"}), effects));
    ASSERT_TRUE(core->undo(effects, 0));
    EXPECT_EQ(read({}), "denied_by_policy");
}

TEST_F(AccessTest, conditions_are_asked_of_the_request_and_of_what_is_there) {
    auto tagged = put_request("k", 1);
    tagged.tags = {{.key = "Class", .value = "open"}};
    ASSERT_TRUE(put(tagged, {.bytes = "x"}));
    ASSERT_TRUE(put("plain", "x"));
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:GetObject",
                                   R"({"StringEquals":{"s3:ExistingObjectTag/Class":"open"},)"
                                   R"("IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})")),
              "ok");
    EXPECT_EQ(read(stranger), "ok");
    EXPECT_EQ(read(stranger, "plain"), "access_denied");
    auto elsewhere = asking(stranger, {"GetObject"});
    elsewhere.access->source_ip = "203.0.113.1";
    EXPECT_EQ(reason_of(core->get_object({.bucket = "photos", .key = "k"}, elsewhere)),
              "access_denied");
}

TEST_F(AccessTest, tags_that_are_brought_can_be_demanded) {
    ASSERT_EQ(put_policy(statement("Deny", R"("*")", "s3:PutObject",
                                   R"({"Null":{"s3:RequestObjectTag/Team":"true"}})")),
              "ok");
    auto request = put_request("k", 1);
    Effects effects;
    EXPECT_EQ(reason_of(core->put_object(request, {.bytes = "x"}, owner({"PutObject"}), effects)),
              "denied_by_policy");
    request.tags = {{.key = "Team", .value = "a"}};
    EXPECT_TRUE(core->put_object(request, {.bytes = "x"}, owner({"PutObject"}), effects));
    commit(effects);
}

TEST_F(AccessTest, who_may_not_list_is_not_told_that_a_key_is_absent) {
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:GetObject")), "ok");
    EXPECT_EQ(read(stranger, "absent"), "access_denied");
    EXPECT_EQ(read({}, "absent"), "no_such_key");
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:GetObject") + "," +
                         statement("Allow", R"({"AWS":"111111111111"})", "s3:ListBucket")),
              "ok");
    EXPECT_EQ(read(stranger, "absent"), "no_such_key");
}

TEST_F(AccessTest, all_actions_of_a_request_must_be_allowed) {
    ASSERT_TRUE(put("k", "x"));
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:PutObject")), "ok");
    Effects effects;
    const auto put_with = [&](std::vector<std::string> actions) {
        return reason_of(core->put_object(put_request("k", 1), {.bytes = "x"},
                                          asking(stranger, std::move(actions)), effects));
    };
    EXPECT_EQ(put_with({"PutObject", "PutObjectTagging"}), "access_denied");
    EXPECT_EQ(put_with({}), "access_denied");
    EXPECT_EQ(put_with({"NoSuchAction"}), "access_denied");
    EXPECT_EQ(put_with({"PutObject"}), "ok");
    commit(effects);
}

TEST_F(AccessTest, an_action_on_keys_is_never_judged_without_one) {
    EXPECT_EQ(reason_of(core->list_objects({.bucket = "photos"}, owner({"GetObject"}))),
              "access_denied");
}

TEST_F(AccessTest, each_key_of_a_deletion_of_many_is_judged) {
    ASSERT_TRUE(put("a", "x"));
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:DeleteObject")), "ok");
    const auto who = asking(stranger, {"DeleteObject"});
    schema::DeleteObjects request{.bucket = "photos",
                                  .entries = {{.key = "a", .version_id = {}, .if_match = {}},
                                              {.key = "a", .version_id = "null", .if_match = {}}}};
    ASSERT_TRUE(core->check_delete_objects(request, who));
    Effects effects;
    EXPECT_TRUE(core->delete_entry(request, request.entries[0], who, effects));
    // A version is another action.
    EXPECT_EQ(reason_of(core->delete_entry(request, request.entries[1], who, effects)),
              "access_denied");
    commit(effects);
}

TEST_F(AccessTest, policies_are_the_owners_accounts_alone) {
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:*")), "ok");
    EXPECT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:*"), stranger),
              "method_not_allowed");
    EXPECT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:*"),
                         {.account = "222222222222"}),
              "access_denied");
}

TEST_F(AccessTest, another_expected_owner_is_denied) {
    auto who = owner({"ListBucket"});
    who.access->expected_owner = other_account;
    EXPECT_EQ(reason_of(core->list_objects({.bucket = "photos"}, who)), "access_denied");
    who.access->expected_owner = owner_account;
    EXPECT_EQ(reason_of(core->list_objects({.bucket = "photos"}, who)), "ok");
}

// --- The public -------------------------------------------------------------------------------

TEST_F(AccessTest, a_public_policy_is_refused_until_the_block_is_off) {
    ASSERT_TRUE(put("k", "x"));
    const std::string to_all = statement("Allow", R"("*")", "s3:GetObject");
    EXPECT_EQ(put_policy(to_all), "denied_by_policy");
    open_to_the_public();
    EXPECT_EQ(put_policy(to_all), "ok");
    EXPECT_EQ(read(nobody), "ok");
    EXPECT_EQ(list(nobody), "access_denied");
    const auto kept =
        core->get_bucket_policy({.bucket = "photos"}, owner({"GetBucketPolicyStatus"}));
    ASSERT_TRUE(kept);
    EXPECT_TRUE(kept->is_public);
}

TEST_F(AccessTest, a_restricted_bucket_with_a_public_policy_is_its_owners_alone) {
    ASSERT_TRUE(put("k", "x"));
    open_to_the_public();
    ASSERT_EQ(put_policy(statement("Allow", R"("*")", "s3:GetObject") + "," +
                         statement("Allow", R"({"AWS":"111111111111"})", "s3:ListBucket")),
              "ok");
    configure(schema::BucketConfigurationKind::public_access_block,
              "<RestrictPublicBuckets>true</RestrictPublicBuckets>");
    EXPECT_EQ(read(nobody), "access_denied");
    EXPECT_EQ(list(stranger), "access_denied");
    EXPECT_EQ(read(user), "ok");
    store.sync();
    crash();
    EXPECT_EQ(read(nobody), "access_denied");
}

}  // namespace
}  // namespace onput::storage
