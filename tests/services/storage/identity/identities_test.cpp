#include "services/storage/identity/identities.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/service/policy_principal.hpp"
#include "tests/services/storage/identity/harness.hpp"

namespace onput::storage {
namespace {

TEST_F(IdentitiesTest, names_are_one_whatever_their_case) {
    ASSERT_TRUE(make_user("Ada", "/team/"));
    EXPECT_EQ(reason_of(make_user("ada")), "EntityAlreadyExists");
    const auto found = identities.get({.kind = EntityKind::user, .name = "ADA"}, caller());
    ASSERT_TRUE(found);
    EXPECT_EQ(schema::entity_arn(*found), "arn:aws:iam::111111111111:user/team/Ada");
    EXPECT_EQ(reason_of(identities.get({.kind = EntityKind::user, .name = "Ada"}, caller(other))),
              "NoSuchEntity");
    EXPECT_TRUE(make_role("ada", trust(R"({"Service":"lambda.amazonaws.com"})")));
}

TEST_F(IdentitiesTest, a_name_that_comes_back_is_somebody_else) {
    const auto first = make_user("ada");
    ASSERT_TRUE(put_own("ada", policy("s3:*")));
    EXPECT_EQ(may(*first, "s3:GetObject"), "allow");
    ASSERT_TRUE(run(
        &Identities::delete_policy,
        schema::DeleteEntityPolicy{.kind = EntityKind::user, .name = "ada", .policy_name = "own"}));
    ASSERT_TRUE(remove(EntityKind::user, "ada"));
    EXPECT_EQ(may(*first, "s3:GetObject"), "access_denied");
    const auto second = make_user("ada");
    ASSERT_TRUE(put_own("ada", policy("s3:*")));
    EXPECT_NE(first->id, second->id);
    EXPECT_EQ(may(*first, "s3:GetObject"), "access_denied");
    EXPECT_EQ(may(*second, "s3:GetObject"), "allow");
}

TEST_F(IdentitiesTest, all_policies_of_an_identity_count_together) {
    const auto user = make_user("ada");
    EXPECT_EQ(may(*user, "s3:GetObject"), "none");
    ASSERT_TRUE(attach("ada", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"));
    EXPECT_EQ(may(*user, "s3:GetObject"), "allow");
    EXPECT_EQ(may(*user, "s3:PutObject"), "none");
    const auto own = make_policy("writing", policy("s3:Put*"));
    ASSERT_TRUE(attach("ada", schema::entity_arn(*own)));
    EXPECT_EQ(may(*user, "s3:PutObject"), "allow");
    // Another version in force is another policy, at once.
    ASSERT_TRUE(run(&Identities::create_version,
                    schema::CreatePolicyVersion{.policy_arn = schema::entity_arn(*own),
                                                .document = policy("s3:Put*", "Deny"),
                                                .is_default = true}));
    EXPECT_EQ(may(*user, "s3:PutObject"), "deny");
}

TEST_F(IdentitiesTest, a_session_may_only_what_its_policy_allows_too) {
    const auto user = make_user("ada");
    ASSERT_TRUE(put_own("ada", policy("s3:*")));
    EXPECT_EQ(may(*user, "s3:GetObject", {policy("s3:Get*")}), "allow");
    EXPECT_EQ(may(*user, "s3:PutObject", {policy("s3:Get*")}), "deny");
    EXPECT_EQ(may(*user, "s3:GetObject", {policy("s3:Get*", "Deny")}), "deny");
    EXPECT_EQ(may(*user, "sqs:SendMessage", {policy("*")}), "none");
}

TEST_F(IdentitiesTest, nothing_is_left_behind_by_a_removal) {
    ASSERT_TRUE(make_user("ada"));
    const auto own = make_policy("reading", policy("s3:Get*"));
    const std::string arn = schema::entity_arn(*own);
    ASSERT_TRUE(attach("ada", arn));
    EXPECT_EQ(reason_of(remove(EntityKind::user, "ada")), "DeleteConflict");
    EXPECT_EQ(reason_of(remove(EntityKind::policy, arn)), "DeleteConflict");
    ASSERT_TRUE(
        run(&Identities::detach,
            schema::DetachPolicy{.kind = EntityKind::user, .name = "ada", .policy_arn = arn}));
    ASSERT_TRUE(run(&Identities::create_version,
                    schema::CreatePolicyVersion{.policy_arn = arn, .document = policy("s3:*")}));
    EXPECT_EQ(reason_of(remove(EntityKind::policy, arn)), "DeleteConflict");
    ASSERT_TRUE(run(&Identities::delete_version,
                    schema::DeletePolicyVersion{.policy_arn = arn, .number = 2}));
    EXPECT_TRUE(remove(EntityKind::policy, arn));
    const auto key = run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"});
    EXPECT_EQ(reason_of(remove(EntityKind::user, "ada")), "DeleteConflict");
    ASSERT_TRUE(
        run(&Identities::delete_key, schema::DeleteAccessKey{.user = "ada", .id = key->key.id}));
    EXPECT_TRUE(remove(EntityKind::user, "ada"));
    const auto rows = store.scan(partition, {.from = "", .to = "\xff"}, 10);
    ASSERT_TRUE(rows);
    EXPECT_TRUE(rows->empty());
}

TEST_F(IdentitiesTest, secrets_are_sealed_for_their_key_and_user) {
    ASSERT_TRUE(make_user("ada"));
    const auto made = run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->secret.size(), 40U);
    const auto resolve = [&](const std::string& id) {
        return run(&Identities::resolve, schema::ResolveIdentity{.access_key = id});
    };
    EXPECT_EQ(resolve(made->key.id)->secret, made->secret);
    const std::string row = access_key_row(made->key.id);
    const std::string bytes = **store.get(partition, row);
    EXPECT_FALSE(bytes.contains(made->secret));
    // Moved to another key it does not open.
    ASSERT_TRUE(make_user("bob"));
    const auto bobs = run(&Identities::create_key, schema::CreateAccessKey{.user = "bob"});
    auto stolen =
        schema::decode<AccessKeyRecord>(**store.get(partition, access_key_row(bobs->key.id)));
    stolen->sealed_secret = schema::decode<AccessKeyRecord>(bytes)->sealed_secret;
    store::Batch batch{std::string(partition)};
    batch.put(access_key_row(bobs->key.id), schema::encode(*stolen));
    ASSERT_TRUE(store.commit(std::move(batch)));
    EXPECT_EQ(resolve(bobs->key.id).error().code, ErrorCode::unavailable);
    // And neither without the master key.
    masters = *MasterKeys::parse({"second:" + to_base64(std::string(32, 'z'))});
    EXPECT_EQ(resolve(made->key.id).error().code, ErrorCode::unavailable);
}

TEST_F(IdentitiesTest, without_a_master_key_no_key_is_made) {
    masters = {};
    ASSERT_TRUE(make_user("ada"));
    const auto made = run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"});
    EXPECT_EQ(reason_of(made), "NoMasterKey");
}

TEST_F(IdentitiesTest, a_key_that_is_off_or_gone_stands_for_nobody) {
    ASSERT_TRUE(make_user("ada"));
    const auto made = run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"});
    const std::string id = made->key.id;
    const auto resolve = [&] {
        return reason_of(run(&Identities::resolve, schema::ResolveIdentity{.access_key = id}));
    };
    EXPECT_EQ(resolve(), "ok");
    ASSERT_TRUE(run(&Identities::update_key,
                    schema::UpdateAccessKey{.user = "ada", .id = id, .is_active = false}));
    EXPECT_EQ(resolve(), "NoSuchEntity");
    ASSERT_TRUE(run(&Identities::update_key, schema::UpdateAccessKey{.user = "ada", .id = id}));
    EXPECT_EQ(resolve(), "ok");
    ASSERT_TRUE(make_user("bob"));
    EXPECT_EQ(
        reason_of(run(&Identities::delete_key, schema::DeleteAccessKey{.user = "bob", .id = id})),
        "NoSuchEntity");
    ASSERT_TRUE(run(&Identities::delete_key, schema::DeleteAccessKey{.user = "ada", .id = id}));
    EXPECT_EQ(resolve(), "NoSuchEntity");
}

TEST_F(IdentitiesTest, the_last_use_of_a_key_is_written_down_now_and_then) {
    ASSERT_TRUE(make_user("ada"));
    const auto made = run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"});
    const auto use = [&](const std::string& service) {
        const int before = commits;
        EXPECT_TRUE(run(&Identities::resolve,
                        schema::ResolveIdentity{.access_key = made->key.id, .service = service}));
        return commits - before;
    };
    EXPECT_EQ(use("s3"), 1);
    now += std::chrono::minutes(14);
    EXPECT_EQ(use("s3"), 0);
    EXPECT_EQ(use("sqs"), 1);
    now += std::chrono::minutes(16);
    EXPECT_EQ(use("sqs"), 1);
    const auto found = identities.find_key({.id = made->key.id}, caller());
    EXPECT_EQ(found->key.last_use->service, "sqs");
    EXPECT_EQ(found->key.last_use->at, now);
    EXPECT_EQ(reason_of(identities.find_key({.id = made->key.id}, caller(other))), "NoSuchEntity");
}

TEST_F(IdentitiesTest, trusts_name_only_who_is_there) {
    EXPECT_EQ(reason_of(make_role("r", trust(R"({"AWS":"arn:aws:iam::111111111111:user/ada"})"))),
              "MalformedPolicyDocument");
    ASSERT_TRUE(make_user("ada"));
    ASSERT_TRUE(make_role("r", trust(R"({"AWS":"arn:aws:iam::111111111111:user/ada"})")));
    // A role cannot name itself before it is there, and can then.
    const std::string own = trust(R"({"AWS":"arn:aws:iam::111111111111:role/self"})");
    EXPECT_EQ(reason_of(make_role("self", own)), "MalformedPolicyDocument");
    ASSERT_TRUE(make_role("self", trust(R"({"AWS":"111111111111"})")));
    EXPECT_TRUE(run(&Identities::update_role, schema::UpdateRole{.name = "self", .trust = own}));
    const auto found = identities.find_principals(
        {.arns = {"arn:aws:iam::111111111111:role/self", "arn:aws:iam::111111111111:user/ADA",
                  "arn:aws:iam::111111111111:user/x/ada", "arn:aws:iam::222222222222:user/ada",
                  "arn:aws:sts::111111111111:assumed-role/r/x", "nobody"}},
        caller());
    EXPECT_EQ(found->missing,
              (std::vector<std::string>{"arn:aws:iam::111111111111:user/ADA",
                                        "arn:aws:iam::111111111111:user/x/ada",
                                        "arn:aws:iam::222222222222:user/ada", "nobody"}));
}

TEST_F(IdentitiesTest, limits_refuse_and_leave_the_rest_alone) {
    ASSERT_TRUE(make_user("ada"));
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"}));
    EXPECT_EQ(reason_of(run(&Identities::create_key, schema::CreateAccessKey{.user = "ada"})),
              "LimitExceeded");
    for (std::size_t i = 0; i < schema::policies_attached_max; ++i) {
        const auto made = make_policy(fmt::format("p{}", i), policy("s3:*"));
        ASSERT_TRUE(attach("ada", schema::entity_arn(*made)));
    }
    EXPECT_EQ(reason_of(attach("ada", "arn:aws:iam::aws:policy/AdministratorAccess")),
              "LimitExceeded");
    EXPECT_TRUE(attach("ada", "arn:aws:iam::111111111111:policy/p3"));  // It has it already.
    EXPECT_EQ(reason_of(put_own("ada", policy("s3:" + std::string(2048, 'x')))), "LimitExceeded");
    const std::string blanks(schema::document_bytes_max, ' ');
    EXPECT_EQ(reason_of(put_own("ada", policy("s3:*") + blanks)), "LimitExceeded");
    EXPECT_TRUE(put_own("ada", policy("s3:*")));
    EXPECT_EQ(reason_of(make_role("r", trust("{\"AWS\":\"" + std::string(2048, '1') + "\"}"))),
              "LimitExceeded");
    EXPECT_EQ(reason_of(make_user("a b")), "ValidationError");
    EXPECT_EQ(reason_of(make_user(std::string(65, 'a'))), "ValidationError");
    EXPECT_EQ(reason_of(make_user("x", "team")), "ValidationError");
}

TEST_F(IdentitiesTest, a_full_account_keeps_what_it_has) {
    store::Batch batch{std::string(partition)};
    for (std::size_t i = 0; i < schema::roles_max; ++i) {
        const schema::Entity role{
            .kind = EntityKind::role, .account = account, .name = fmt::format("r{:04}", i)};
        batch.put(entity_row({.account = account, .kind = role.kind, .name = role.name}),
                  schema::encode(role));
    }
    ASSERT_TRUE(store.commit(std::move(batch)));
    const std::string document = trust(R"({"Service":"lambda.amazonaws.com"})");
    EXPECT_EQ(reason_of(make_role("another", document)), "LimitExceeded");
    EXPECT_TRUE(make_user("another"));
    EXPECT_TRUE(
        run(&Identities::create,
            schema::CreateEntity{.kind = EntityKind::role, .name = "another", .document = document},
            other));
    ASSERT_TRUE(remove(EntityKind::role, "r0500"));
    EXPECT_TRUE(make_role("another", document));
    // Page by page all of them.
    std::size_t seen = 0;
    std::string after;
    do {
        const auto page =
            identities.list({.kind = EntityKind::role, .after = after, .limit = 300}, caller());
        ASSERT_TRUE(page);
        seen += page->entities.size();
        after = page->next;
    } while (!after.empty());
    EXPECT_EQ(seen, schema::roles_max);
}

}  // namespace
}  // namespace onput::storage
