// Users that IAM knows ask for things in a bucket: by their own policies and the bucket's.
#include "common/schema/identity.hpp"
#include "tests/services/storage/access_harness.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view denied = "access_denied";
constexpr std::string_view explained = "denied_by_policy";

class IdentityAccessTest : public AccessTest {
protected:
    IdentityAccessTest() {
        EXPECT_EQ(write({}), "ok");
        ada = make_user(std::string(owner_account), "ada");
        bob = make_user(other_account, "bob");
    }

    schema::Entity make_user(const std::string& account, const std::string& name) {
        Effects effects;
        auto made = core->identities().create({.kind = schema::EntityKind::user, .name = name},
                                              caller(account), effects);
        commit(effects);
        return made.value_or(schema::Entity());
    }
    void allow(const schema::Entity& user, const std::string& effect, const std::string& action) {
        const std::string document =
            fmt::format(R"({{"Version":"2012-10-17","Statement":{{"Effect":"{}","Action":"{}",)"
                        R"("Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]}}}})",
                        effect, action);
        Effects effects;
        EXPECT_TRUE(
            core->identities().put_policy({.kind = schema::EntityKind::user,
                                           .name = user.name,
                                           .policy = {.name = effect, .document = document}},
                                          caller(user.account), effects));
        commit(effects);
    }
    std::string read_as(const schema::Entity& user) {
        Caller who = asking({.account = user.account, .user = user.name}, {"GetObject"});
        who.principal.limited = {.id = user.id, .path = "/"};
        return reason_of(core->get_object({.bucket = "photos", .key = "k"}, who));
    }
    static std::string arn_of(const schema::Entity& user) {
        return fmt::format(R"({{"AWS":"{}"}})", schema::entity_arn(user));
    }

    schema::Entity ada;
    schema::Entity bob;
};

TEST_F(IdentityAccessTest, a_user_of_the_owners_account_needs_one_policy_that_allows) {
    EXPECT_EQ(read_as(ada), explained);
    allow(ada, "Allow", "s3:GetObject");
    EXPECT_EQ(read_as(ada), "ok");
    allow(ada, "Deny", "s3:Get*");
    EXPECT_EQ(read_as(ada), explained);
}

TEST_F(IdentityAccessTest, the_buckets_policy_lets_in_whom_it_names) {
    EXPECT_EQ(put_policy(statement("Allow", R"({"AWS":"000000000000"})", "s3:GetObject")), "ok");
    EXPECT_EQ(read_as(ada), explained);
    EXPECT_EQ(put_policy(statement("Allow", arn_of(ada), "s3:GetObject")), "ok");
    EXPECT_EQ(read_as(ada), "ok");
    EXPECT_EQ(put_policy(statement("Deny", arn_of(ada), "s3:GetObject")), "ok");
    allow(ada, "Allow", "s3:*");
    EXPECT_EQ(read_as(ada), explained);
}

TEST_F(IdentityAccessTest, a_user_of_another_account_needs_both) {
    open_to_the_public();
    EXPECT_EQ(read_as(bob), denied);
    allow(bob, "Allow", "s3:GetObject");
    EXPECT_EQ(read_as(bob), denied);
    EXPECT_EQ(put_policy(statement("Allow", arn_of(bob), "s3:GetObject")), "ok");
    EXPECT_EQ(read_as(bob), "ok");
    allow(bob, "Deny", "s3:GetObject");
    EXPECT_EQ(read_as(bob), denied);
}

TEST_F(IdentityAccessTest, a_user_has_what_is_there_for_everybody) {
    open_to_the_public();
    EXPECT_EQ(put_policy(statement("Allow", R"("*")", "s3:GetObject")), "ok");
    EXPECT_EQ(read_as(ada), "ok");
    EXPECT_EQ(read_as(bob), denied);  // Another account's user needs his own policies too.
    allow(ada, "Deny", "s3:GetObject");
    EXPECT_EQ(read_as(ada), explained);
}

TEST_F(IdentityAccessTest, who_is_not_there_any_more_may_nothing) {
    allow(ada, "Allow", "s3:*");
    EXPECT_EQ(read_as(ada), "ok");
    schema::Entity gone = ada;
    gone.id = "AIDAGONEGONEGONEGONE2";
    EXPECT_EQ(read_as(gone), denied);
}

TEST_F(IdentityAccessTest, buckets_are_made_and_listed_by_who_may) {
    Caller who = asking({.user = "ada"}, {"CreateBucket"});
    who.principal.limited = {.id = ada.id, .path = "/"};
    const auto create = [&] {
        Effects effects;
        auto made = core->create_bucket({.name = "made"}, who, effects);
        commit(effects);
        return reason_of(made);
    };
    EXPECT_EQ(create(), explained);
    EXPECT_EQ(reason_of(core->list_buckets({}, who)), explained);
    Effects effects;
    EXPECT_TRUE(
        core->identities().attach({.kind = schema::EntityKind::user,
                                   .name = "ada",
                                   .policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
                                  caller(), effects));
    commit(effects);
    EXPECT_EQ(create(), "ok");
    EXPECT_EQ(reason_of(core->list_buckets({}, who)), "ok");
}

}  // namespace
}  // namespace onput::storage
