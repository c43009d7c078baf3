// Access control lists, whose objects are, and whose uploads.
#include "common/auth/iam_arn.hpp"
#include "tests/services/storage/access_harness.hpp"

namespace onput::storage {
namespace {

TEST_F(AccessTest, ownership_controls_that_were_deleted_are_the_writers) {
    configure(schema::BucketConfigurationKind::ownership_controls, "");
    open_to_the_public();
    EXPECT_EQ(reason_of(put_acl("", {.canned = "public-read"})), "ok");
    EXPECT_EQ(list(nobody), "ok");
}

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

TEST_F(AccessTest, a_list_that_changes_nothing_is_no_event) {
    open_to_the_public();
    own_by("ObjectWriter");
    ASSERT_TRUE(put("k", "x"));
    const auto put_again = [this](const std::string& canned) {
        const auto done = put_acl("k", {.canned = canned});
        EXPECT_TRUE(done) << canned;
        return done && !done->event_id.empty();
    };
    EXPECT_FALSE(put_again("private"));
    EXPECT_FALSE(put_again("bucket-owner-full-control"));
    EXPECT_TRUE(put_again("authenticated-read"));
    EXPECT_FALSE(put_again("authenticated-read"));
    EXPECT_TRUE(put_again("private"));
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
                                          .grantee = auth::canonical_user_id(other_account),
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
                                       .owner_id = auth::canonical_user_id(other_account)},
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
