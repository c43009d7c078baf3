// Groups of users, and what bounds identities: boundaries, managed policies of sessions.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/storage/identity/identities.hpp"
#include "tests/services/storage/identity/harness.hpp"

namespace onput::storage {
namespace {

using GroupsTest = IdentitiesTest;

TEST_F(GroupsTest, managed_policies_of_a_session_bound_it_together_with_its_own) {
    const auto user = make_user("ada");
    ASSERT_TRUE(put_own("ada", policy("*")));
    const std::string reading = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    EXPECT_EQ(may(*user, "s3:GetObject", {}, {reading}), "allow");
    EXPECT_EQ(may(*user, "s3:PutObject", {}, {reading}), "deny");
    EXPECT_EQ(may(*user, "s3:PutObject", {policy("s3:Put*")}, {reading}), "allow");
    EXPECT_EQ(may(*user, "s3:GetObject", {policy("s3:Get*", "Deny")}, {reading}), "deny");
    // One that is not there any more allows nothing, rather than everything.
    const auto own = make_policy("own", policy("s3:*"));
    const std::string arn = schema::entity_arn(*own);
    EXPECT_EQ(may(*user, "s3:PutObject", {}, {arn}), "allow");
    ASSERT_TRUE(remove(EntityKind::policy, arn));
    EXPECT_EQ(may(*user, "s3:PutObject", {}, {arn}), "deny");
}

TEST_F(GroupsTest, a_group_speaks_for_who_is_in_it) {
    const auto user = make_user("ada");
    ASSERT_TRUE(make_group("Readers", policy("s3:Get*")));
    EXPECT_EQ(may(*user, "s3:GetObject"), "none");
    ASSERT_TRUE(change_membership("ADA", "readers", true));
    ASSERT_TRUE(change_membership("ada", "Readers", true));
    EXPECT_EQ(may(*user, "s3:GetObject"), "allow");
    EXPECT_EQ(identities.get({.kind = EntityKind::user, .name = "ada"}, caller())->groups,
              std::vector<std::string>{"Readers"});
    // A denial of the group counts against what the user's own allow.
    ASSERT_TRUE(put_own("ada", policy("sqs:*")));
    ASSERT_TRUE(make_group("silent", policy("sqs:SendMessage", "Deny")));
    ASSERT_TRUE(change_membership("ada", "silent", true));
    EXPECT_EQ(may(*user, "sqs:SendMessage"), "deny");
    EXPECT_EQ(may(*user, "sqs:ReceiveMessage"), "allow");
    ASSERT_TRUE(change_membership("ada", "silent", false));
    EXPECT_EQ(may(*user, "sqs:SendMessage"), "allow");
    EXPECT_EQ(reason_of(change_membership("ada", "none", true)), "NoSuchEntity");
    EXPECT_EQ(reason_of(change_membership("bob", "readers", true)), "NoSuchEntity");
}

TEST_F(GroupsTest, a_policy_attached_to_a_group_counts_and_cannot_be_deleted) {
    const auto user = make_user("ada");
    ASSERT_TRUE(make_group("readers", policy("s3:Get*")));
    ASSERT_TRUE(change_membership("ada", "readers", true));
    const auto own = make_policy("sending", policy("sqs:*"));
    const std::string arn = schema::entity_arn(*own);
    ASSERT_TRUE(
        run(&Identities::attach,
            schema::AttachPolicy{.kind = EntityKind::group, .name = "readers", .policy_arn = arn}));
    EXPECT_EQ(may(*user, "sqs:SendMessage"), "allow");
    EXPECT_EQ(identities.get({.kind = EntityKind::policy, .name = arn}, caller())->attachments, 1U);
    EXPECT_EQ(reason_of(remove(EntityKind::policy, arn)), "DeleteConflict");
}

TEST_F(GroupsTest, a_group_that_is_renamed_keeps_its_members) {
    const auto user = make_user("ada");
    ASSERT_TRUE(make_group("readers", policy("s3:Get*")));
    ASSERT_TRUE(make_group("writers", policy("s3:Put*")));
    ASSERT_TRUE(change_membership("ada", "readers", true));
    const auto rename = [&](const std::string& from, const std::string& to) {
        return run(&Identities::update_group,
                   schema::UpdateGroup{.name = from, .new_name = to, .new_path = "/team/"});
    };
    EXPECT_EQ(reason_of(rename("readers", "Writers")), "EntityAlreadyExists");
    EXPECT_EQ(reason_of(rename("readers", "no/name")), "ValidationError");
    ASSERT_TRUE(rename("readers", "Lectors"));
    EXPECT_EQ(reason_of(identities.get({.kind = EntityKind::group, .name = "readers"}, caller())),
              "NoSuchEntity");
    EXPECT_EQ(may(*user, "s3:GetObject"), "allow");
    // Its case alone may change as well.
    ASSERT_TRUE(rename("lectors", "lectors"));
    EXPECT_EQ(may(*user, "s3:GetObject"), "allow");
    const auto members = identities.list({.kind = EntityKind::user, .group = "LECTORS"}, caller());
    ASSERT_TRUE(members);
    ASSERT_EQ(members->entities.size(), 1U);
    EXPECT_EQ(members->entities.front().groups, std::vector<std::string>{"lectors"});
}

TEST_F(GroupsTest, groups_have_bounds_and_are_removed_when_empty) {
    ASSERT_TRUE(make_user("ada"));
    for (std::size_t i = 0; i < schema::groups_of_user_max; ++i) {
        const std::string name = fmt::format("g{}", i);
        ASSERT_TRUE(make_group(name, policy("s3:Get*")));
        ASSERT_TRUE(change_membership("ada", name, true));
    }
    ASSERT_TRUE(make_group("more", policy("s3:Get*")));
    EXPECT_EQ(reason_of(change_membership("ada", "more", true)), "LimitExceeded");
    EXPECT_EQ(reason_of(remove(EntityKind::group, "g0")), "DeleteConflict");
    EXPECT_EQ(reason_of(remove(EntityKind::user, "ada")), "DeleteConflict");
    ASSERT_TRUE(run(
        &Identities::delete_policy,
        schema::DeleteEntityPolicy{.kind = EntityKind::group, .name = "g0", .policy_name = "own"}));
    EXPECT_EQ(reason_of(remove(EntityKind::group, "g0")), "DeleteConflict");
    ASSERT_TRUE(change_membership("ada", "g0", false));
    EXPECT_TRUE(remove(EntityKind::group, "g0"));
}

TEST_F(GroupsTest, a_boundary_must_allow_what_the_identity_may) {
    const auto user = make_user("ada");
    const auto role = make_role("worker", trust(R"({"Service":"lambda.amazonaws.com"})"));
    ASSERT_TRUE(put_own("ada", policy("*")));
    ASSERT_TRUE(run(&Identities::put_policy,
                    schema::PutEntityPolicy{.kind = EntityKind::role,
                                            .name = "worker",
                                            .policy = {.name = "own", .document = policy("*")}}));
    const auto reading = make_policy("reading", policy("s3:Get*"));
    const std::string arn = schema::entity_arn(*reading);
    for (const auto& [kind, name] : {std::pair(EntityKind::user, std::string("ada")),
                                     std::pair(EntityKind::role, std::string("worker"))})
        ASSERT_TRUE(set_boundary(kind, name, arn));
    EXPECT_EQ(may(*user, "s3:GetObject"), "allow");
    EXPECT_EQ(may(*role, "s3:GetObject"), "allow");
    // A resource's policy may still name the user; a role's session is held back by all means.
    EXPECT_EQ(may(*user, "s3:PutObject"), "none");
    EXPECT_EQ(may(*role, "s3:PutObject"), "deny");
    const auto policy_now = identities.get({.kind = EntityKind::policy, .name = arn}, caller());
    EXPECT_EQ(policy_now->boundaries, 2U);
    EXPECT_EQ(policy_now->attachments, 0U);
    EXPECT_EQ(reason_of(remove(EntityKind::policy, arn)), "DeleteConflict");
    const auto of_boundary = identities.list({.kind = EntityKind::user, .boundary = arn}, caller());
    EXPECT_EQ(of_boundary->entities.size(), 1U);
    ASSERT_TRUE(set_boundary(EntityKind::user, "ada", ""));
    EXPECT_EQ(may(*user, "s3:PutObject"), "allow");
    EXPECT_EQ(reason_of(set_boundary(EntityKind::user, "ada", "")), "NoSuchEntity");
    EXPECT_EQ(reason_of(set_boundary(EntityKind::user, "ada", arn + "x")), "NoSuchEntity");
    EXPECT_EQ(reason_of(set_boundary(EntityKind::group, "ada", arn)), "ValidationError");
}

TEST_F(GroupsTest, an_identity_is_resolved_with_what_bounds_it) {
    const auto own = make_policy("reading", policy("s3:Get*"));
    const std::string arn = schema::entity_arn(*own);
    ASSERT_TRUE(
        run(&Identities::create,
            schema::CreateEntity{.kind = EntityKind::user, .name = "ada", .boundary = arn}));
    ASSERT_TRUE(make_group("readers", policy("sqs:*")));
    ASSERT_TRUE(change_membership("ada", "readers", true));
    const auto resolved =
        run(&Identities::resolve,
            schema::ResolveIdentity{
                .account = account, .user = "ada", .session_policy_arns = {arn, arn + "gone"}});
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->documents, std::vector<std::string>{policy("sqs:*")});
    EXPECT_EQ(resolved->boundary, policy("s3:Get*"));
    EXPECT_EQ(resolved->session_documents, std::vector<std::string>{policy("s3:Get*")});
    EXPECT_EQ(reason_of(run(&Identities::create, schema::CreateEntity{.kind = EntityKind::user,
                                                                      .name = "bob",
                                                                      .boundary = arn + "gone"})),
              "NoSuchEntity");
}

}  // namespace
}  // namespace onput::storage
