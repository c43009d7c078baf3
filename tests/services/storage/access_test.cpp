// Who may do what with a bucket: its policy, public access block, ownership and lists, as storage
// judges a client's request by them.
#include <fmt/format.h>

#include "services/storage/access/acl.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

const std::string other_account = "111111111111";

// A client's request for one action; an account of "" is unsigned.
struct Client {
    std::string account = std::string(owner_account);
    std::string user = {};
};

class AccessTest : public ::testing::Test, public Harness {
protected:
    AccessTest() { EXPECT_TRUE(create_bucket("photos")); }

    [[nodiscard]] Caller asking(const Client& client, std::vector<std::string> actions) const {
        Caller who = caller(client.account);
        who.principal.user = client.user;
        if (client.account.empty()) who.principal.id.clear();
        who.access = schema::AccessContext{.actions = std::move(actions), .source_ip = "10.0.0.1"};
        return who;
    }
    // With the account's own key, as a client.
    [[nodiscard]] Caller owner(std::vector<std::string> actions) const {
        return asking({}, std::move(actions));
    }

    std::string put_policy(const std::string& statements, const Client& client = {}) {
        Effects effects;
        const auto put = core->put_bucket_policy(
            {.bucket = "photos",
             .policy = fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statements)},
            asking(client, {"PutBucketPolicy"}), effects);
        commit(effects);
        return reason_of(put);
    }
    static std::string statement(const std::string& effect, const std::string& principal,
                                 const std::string& action, const std::string& condition = "{}") {
        return fmt::format(
            R"({{"Effect":"{}","Principal":{},"Action":"{}","Resource":["arn:aws:s3:::photos",)"
            R"("arn:aws:s3:::photos/*"],"Condition":{}}})",
            effect, principal, action, condition);
    }
    void configure(schema::BucketConfigurationKind kind, const std::string& document) {
        Effects effects;
        EXPECT_TRUE(core->put_bucket_configuration(
            {.bucket = "photos", .kind = kind, .id = {}, .document = document}, caller(), effects));
        commit(effects);
    }
    void open_to_the_public() {
        configure(schema::BucketConfigurationKind::public_access_block, "");
    }
    void own_by(const std::string& ownership) {
        configure(schema::BucketConfigurationKind::ownership_controls,
                  "<ObjectOwnership>" + ownership + "</ObjectOwnership>");
    }

    std::string read(const Client& client, const std::string& key = "k") {
        return reason_of(
            core->get_object({.bucket = "photos", .key = key}, asking(client, {"GetObject"})));
    }
    std::string list(const Client& client) {
        return reason_of(core->list_objects({.bucket = "photos"}, asking(client, {"ListBucket"})));
    }
    std::string write(const Client& client, const std::string& key = "k",
                      std::optional<schema::AclRequest> acl = {}) {
        auto request = put_request(key, 1);
        request.acl = std::move(acl);
        Effects effects;
        auto put =
            core->put_object(request, {.bytes = "x"}, asking(client, {"PutObject"}), effects);
        commit(effects);
        return reason_of(put);
    }
    std::string remove_as(const Client& client, const std::string& key = "k") {
        Effects effects;
        auto removed = core->delete_object({.bucket = "photos", .key = key},
                                           asking(client, {"DeleteObject"}), effects);
        commit(effects);
        return reason_of(removed);
    }
    Result<schema::AclPut> put_acl(const std::string& key, schema::AclRequest acl,
                                   const Client& client = {}) {
        Effects effects;
        auto put =
            core->put_acl({.bucket = "photos", .key = key, .version_id = {}, .acl = acl},
                          asking(client, {key.empty() ? "PutBucketAcl" : "PutObjectAcl"}), effects);
        commit(effects);
        return put;
    }
    std::vector<schema::AclGrant> grants_of(const std::string& key) {
        const auto acl = core->get_acl({.bucket = "photos", .key = key, .version_id = {}},
                                       owner({key.empty() ? "GetBucketAcl" : "GetObjectAcl"}));
        EXPECT_TRUE(acl) << acl.error().message;
        return acl ? acl->grants : std::vector<schema::AclGrant>();
    }

    const Client nobody{.account = ""};
    const Client stranger{.account = other_account};
    const Client user{.account = std::string(owner_account), .user = "ada"};
};

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

TEST_F(AccessTest, ownership_controls_that_were_deleted_are_the_writers) {
    configure(schema::BucketConfigurationKind::ownership_controls, "");
    open_to_the_public();
    EXPECT_EQ(reason_of(put_acl("", {.canned = "public-read"})), "ok");
    EXPECT_EQ(list(nobody), "ok");
}

// --- Ownership and lists ----------------------------------------------------------------------

TEST_F(AccessTest, where_the_owner_owns_all_lists_are_refused) {
    ASSERT_TRUE(put("k", "x"));
    EXPECT_EQ(reason_of(put_acl("", {.canned = "public-read"})), "acl_not_supported");
    EXPECT_EQ(reason_of(put_acl("k", {.canned = "private"})), "acl_not_supported");
    EXPECT_EQ(reason_of(put_acl("k", {.canned = "bucket-owner-full-control"})), "ok");
    EXPECT_EQ(reason_of(put_acl("k", {.grants = private_grants(owner_account)})), "ok");
    EXPECT_EQ(write({}, "k", schema::AclRequest{.canned = "public-read"}), "acl_not_supported");
    EXPECT_EQ(write({}, "k", schema::AclRequest{.canned = "private"}), "ok");
    EXPECT_EQ(grants_of("k"), private_grants(owner_account));
}

TEST_F(AccessTest, a_public_list_lets_anyone_read_unless_it_is_blocked_or_ignored) {
    ASSERT_TRUE(put("k", "x"));
    own_by("ObjectWriter");
    EXPECT_EQ(reason_of(put_acl("k", {.canned = "public-read"})), "denied_by_policy");
    EXPECT_EQ(write({}, "k", schema::AclRequest{.canned = "public-read"}), "denied_by_policy");
    open_to_the_public();
    const auto changed = put_acl("k", {.canned = "public-read"});
    ASSERT_TRUE(changed);
    EXPECT_EQ(events().back().event_name, "ObjectAcl:Put");
    EXPECT_EQ(events().back().event_id, changed->event_id);
    EXPECT_EQ(read(nobody), "ok");
    EXPECT_EQ(write(nobody), "access_denied");
    EXPECT_EQ(grants_of("k").size(), 2U);
    configure(schema::BucketConfigurationKind::public_access_block,
              "<IgnorePublicAcls>true</IgnorePublicAcls>");
    EXPECT_EQ(read(nobody), "access_denied");
    EXPECT_EQ(grants_of("k"), private_grants(owner_account));
    own_by("BucketOwnerEnforced");
    open_to_the_public();
    EXPECT_EQ(read(nobody), "access_denied");
}

TEST_F(AccessTest, a_bucket_that_anyone_may_write_takes_objects_that_their_writers_own) {
    own_by("ObjectWriter");
    open_to_the_public();
    ASSERT_TRUE(put_acl("", {.canned = "public-read-write"}));
    EXPECT_EQ(list(nobody), "ok");
    ASSERT_EQ(write(stranger), "ok");
    EXPECT_EQ(read(stranger), "ok");
    const auto tags_of = [this](const Client& client) {
        return reason_of(core->head_object({.bucket = "photos", .key = "k"},
                                           asking(client, {"GetObjectTagging"})));
    };
    EXPECT_EQ(tags_of(stranger), "ok");
    EXPECT_EQ(tags_of({}), "access_denied");
    EXPECT_EQ(remove_as(stranger), "access_denied");
    // The bucket's owner may remove it, and not read it.
    EXPECT_EQ(read({}), "access_denied");
    EXPECT_EQ(reason_of(put_acl("k", {.canned = "bucket-owner-read"}, stranger)), "ok");
    EXPECT_EQ(read({}), "ok");
    EXPECT_EQ(remove_as({}), "ok");
    ASSERT_EQ(write(nobody, "n"), "ok");
    EXPECT_EQ(events().back().principal_id, "Anonymous");
    EXPECT_EQ(read({}, "n"), "access_denied");
}

TEST_F(AccessTest, a_preferred_owner_gets_what_is_given_to_him) {
    own_by("BucketOwnerPreferred");
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"111111111111"})", "s3:PutObject")), "ok");
    ASSERT_EQ(write(stranger, "mine"), "ok");
    ASSERT_EQ(write(stranger, "given", schema::AclRequest{.canned = "bucket-owner-full-control"}),
              "ok");
    EXPECT_EQ(read({}, "mine"), "access_denied");
    EXPECT_EQ(read({}, "given"), "ok");
    EXPECT_EQ(read(stranger, "given"), "access_denied");
    // A policy says nothing about what others own.
    ASSERT_EQ(put_policy(statement("Allow", R"({"AWS":"222222222222"})", "s3:GetObject")), "ok");
    EXPECT_EQ(read({.account = "222222222222"}, "given"), "ok");
    EXPECT_EQ(read({.account = "222222222222"}, "mine"), "access_denied");
    // Where the owner owns all, that is his as well.
    own_by("BucketOwnerEnforced");
    EXPECT_EQ(read({}, "mine"), "ok");
    EXPECT_EQ(read({.account = "222222222222"}, "mine"), "ok");
}

TEST_F(AccessTest, a_list_never_beats_a_denial) {
    ASSERT_TRUE(put("k", "x"));
    own_by("ObjectWriter");
    open_to_the_public();
    ASSERT_TRUE(put_acl("k", {.canned = "public-read"}));
    ASSERT_EQ(put_policy(statement("Deny", R"({"AWS":"111111111111"})", "s3:GetObject")), "ok");
    EXPECT_EQ(read(stranger), "access_denied");
    EXPECT_EQ(read(nobody), "ok");
}

TEST_F(AccessTest, grants_are_to_accounts) {
    ASSERT_TRUE(put("k", "x"));
    own_by("ObjectWriter");
    ASSERT_TRUE(put_acl("k", {.grants = {{.kind = schema::AclGrantee::account,
                                          .grantee = canonical_id_of(other_account),
                                          .permission = schema::AclPermission::read}}}));
    EXPECT_EQ(read(stranger), "ok");
    EXPECT_EQ(read({.account = other_account, .user = "eve"}), "ok");
    EXPECT_EQ(read({.account = "222222222222"}), "access_denied");
    EXPECT_EQ(read({}), "ok");
    const auto acl = core->get_acl({.bucket = "photos", .key = "k", .version_id = {}},
                                   asking(stranger, {"GetObjectAcl"}));
    EXPECT_EQ(reason_of(acl), "access_denied");
    // What is refused changes nothing.
    EXPECT_EQ(reason_of(put_acl("k", {.canned = "authenticated-read"})), "denied_by_policy");
    EXPECT_EQ(grants_of("k").size(), 1U);
}

TEST_F(AccessTest, an_owner_that_the_document_does_not_name_right_is_denied) {
    own_by("ObjectWriter");
    Effects effects;
    EXPECT_EQ(reason_of(core->put_acl({.bucket = "photos",
                                       .key = {},
                                       .version_id = {},
                                       .acl = {.canned = "private"},
                                       .owner_id = canonical_id_of(other_account)},
                                      owner({"PutBucketAcl"}), effects)),
              "access_denied");
}

TEST_F(AccessTest, a_bucket_with_grants_to_others_cannot_be_told_that_lists_do_not_count) {
    own_by("ObjectWriter");
    open_to_the_public();
    ASSERT_TRUE(put_acl("", {.canned = "public-read"}));
    Effects effects;
    const schema::PutBucketConfiguration enforced{
        .bucket = "photos",
        .kind = schema::BucketConfigurationKind::ownership_controls,
        .id = {},
        .document = "<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"};
    EXPECT_EQ(reason_of(core->put_bucket_configuration(enforced, caller(), effects)),
              "acl_with_ownership");
    ASSERT_TRUE(put_acl("", {.canned = "private"}));
    EXPECT_EQ(reason_of(core->put_bucket_configuration(enforced, caller(), effects)), "ok");
    commit(effects);
}

TEST_F(AccessTest, a_bucket_can_be_made_with_ownership_and_a_list) {
    const auto create = [this](const std::string& name, const std::string& ownership,
                               const std::string& canned) {
        Effects effects;
        auto made = core->create_bucket(
            {.name = name,
             .region = {},
             .ownership =
                 ownership.empty() ? "" : "<ObjectOwnership>" + ownership + "</ObjectOwnership>",
             .acl = schema::AclRequest{.canned = canned}},
            owner({"CreateBucket"}), effects);
        commit(effects);
        return reason_of(made);
    };
    EXPECT_EQ(create("one", "", "private"), "ok");
    EXPECT_EQ(create("two", "", "log-delivery-write"), "acl_with_ownership");
    EXPECT_EQ(create("two", "ObjectWriter", "public-read"), "denied_by_policy");
    EXPECT_EQ(create("two", "ObjectWriter", "log-delivery-write"), "ok");
    store.sync();
    crash();
    EXPECT_TRUE(core->buckets().all().at("two").record.acl.has_value());
    EXPECT_TRUE(core->buckets().all().at("two").access.counts_acls());
}

TEST_F(AccessTest, an_upload_in_parts_is_its_initiators_with_its_list) {
    own_by("ObjectWriter");
    open_to_the_public();
    schema::CreateUpload create;
    create.object = put_request("k", 0);
    create.object.acl = schema::AclRequest{.canned = "public-read"};
    Effects effects;
    const auto made = core->create_upload(create, owner({"PutObject", "PutObjectAcl"}), effects);
    ASSERT_TRUE(made);
    commit(effects);
    const auto row = store.get(partition, upload_row("photos", "k", made->upload_id));
    ASSERT_TRUE(row);
    ASSERT_TRUE(*row);
    const auto record = schema::decode<UploadRecord>(**row);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->owner, "");
    ASSERT_TRUE(record->acl);
    EXPECT_EQ(record->acl->grants.size(), 2U);
}

TEST_F(AccessTest, who_began_an_upload_may_list_its_parts_and_abort_it) {
    const std::string writing = statement("Allow", R"({"AWS":"111111111111"})", "s3:PutObject");
    ASSERT_EQ(put_policy(writing), "ok");
    schema::CreateUpload create;
    create.object = put_request("k", 0);
    Effects effects;
    const auto made = core->create_upload(create, asking(stranger, {"PutObject"}), effects);
    ASSERT_TRUE(made);
    commit(effects);
    const std::string id = made->upload_id;
    const auto parts_of = [&](const Client& client, const std::string& upload_id) {
        return reason_of(core->list_parts({.bucket = "photos", .key = "k", .upload_id = upload_id},
                                          asking(client, {"ListMultipartUploadParts"})));
    };
    const auto abort = [&](const Client& client) {
        Effects aborting;
        const auto aborted = core->abort_upload({.bucket = "photos", .key = "k", .upload_id = id},
                                                asking(client, {"AbortMultipartUpload"}), aborting);
        commit(aborting);
        return reason_of(aborted);
    };
    EXPECT_EQ(parts_of(stranger, id), "ok");
    EXPECT_EQ(parts_of({.account = other_account, .user = "eve"}, id), "access_denied");
    EXPECT_EQ(parts_of(stranger, std::string(id.size(), '0')), "access_denied");
    EXPECT_EQ(parts_of({}, std::string(id.size(), '0')), "no_such_upload");
    EXPECT_EQ(abort({.account = other_account, .user = "eve"}), "access_denied");
    ASSERT_EQ(
        put_policy(writing + "," + statement("Deny", R"({"AWS":"111111111111"})", "s3:Abort*")),
        "ok");
    EXPECT_EQ(abort(stranger), "access_denied");
    ASSERT_EQ(put_policy(writing), "ok");
    EXPECT_EQ(abort(stranger), "ok");
}

}  // namespace
}  // namespace onput::storage
