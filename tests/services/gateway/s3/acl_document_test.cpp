#include "services/gateway/s3/acl_document.hpp"

#include <gtest/gtest.h>

#include "common/auth/iam_arn.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using schema::AclGrant;
using schema::AclGrantee;
using schema::AclPermission;

Result<std::optional<schema::AclRequest>> read(const std::vector<http::Header>& headers) {
    http::RequestHead head;
    head.headers = headers;
    return read_acl_headers(head);
}

std::string code_of(const std::vector<http::Header>& headers) {
    const auto acl = read(headers);
    return acl ? "" : std::string(name_of(acl.error()).code);
}

TEST(S3AclHeaders, are_a_name_or_grants) {
    EXPECT_FALSE(*read({}));
    EXPECT_EQ((*read({{"x-amz-acl", "public-read"}}))->canned, "public-read");
    const auto granted = *read(
        {{"x-amz-grant-read", R"(uri="http://acs.amazonaws.com/groups/global/AllUsers", id="abc")"},
         {"x-amz-grant-full-control", "id=def"}});
    ASSERT_TRUE(granted);
    EXPECT_EQ(
        granted->grants,
        (std::vector<AclGrant>{
            {.kind = AclGrantee::account,
             .grantee = "def",
             .permission = AclPermission::full_control},
            {.kind = AclGrantee::group,
             .grantee = std::string(schema::all_users),
             .permission = AclPermission::read},
            {.kind = AclGrantee::account, .grantee = "abc", .permission = AclPermission::read}}));
}

TEST(S3AclHeaders, that_cannot_be_are_refused) {
    EXPECT_EQ(code_of({{"x-amz-acl", "public"}}), "InvalidArgument");
    EXPECT_EQ(code_of({{"x-amz-acl", "private"}, {"x-amz-grant-read", "id=1"}}), "InvalidRequest");
    EXPECT_EQ(code_of({{"x-amz-grant-read", "1"}}), "InvalidArgument");
    EXPECT_EQ(code_of({{"x-amz-grant-read", R"(uri="http://example.com/")"}}), "InvalidArgument");
    EXPECT_EQ(code_of({{"x-amz-grant-read", R"(emailAddress="a@example.com")"}}),
              "MethodNotAllowed");
}

TEST(S3AclDocument, is_read_as_it_is_shown) {
    const schema::AccessControlPolicy shown{
        .owner_account = "000000000000",
        .grants = {{.kind = AclGrantee::account,
                    .grantee = auth::canonical_user_id("111111111111"),
                    .permission = AclPermission::write_acp},
                   {.kind = AclGrantee::group,
                    .grantee = std::string(schema::log_delivery),
                    .permission = AclPermission::write}},
        .version_id = {}};
    constexpr std::string_view shape = "AccessControlPolicy";
    const auto document =
        aws::read_xml(render_acl(shown), shape, *aws::s3_model().find_shape(shape));
    ASSERT_TRUE(document);
    const auto read = read_acl_document(*document);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->acl.grants, shown.grants);
    EXPECT_EQ(read->owner_id, auth::canonical_user_id("000000000000"));
}

TEST(S3AclDocument, names_accounts_that_there_are) {
    auth::KeyRing keys;
    ASSERT_TRUE(keys.add("A", {.secret = "s", .account_id = "000000000000"}));
    const auto check = [&keys](const std::string& account) {
        return check_grantees({.grants = {{.kind = AclGrantee::account,
                                           .grantee = auth::canonical_user_id(account),
                                           .permission = AclPermission::read}}},
                              keys)
            .has_value();
    };
    EXPECT_TRUE(check("000000000000"));
    EXPECT_FALSE(check("111111111111"));
}

}  // namespace
}  // namespace onput::gateway::s3
