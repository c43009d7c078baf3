#include "services/gateway/s3/acl_document.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/text.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using schema::AclGrant;
using schema::AclGrantee;
using schema::AclPermission;

struct Name {
    std::string_view text;
    std::string_view header;
    AclPermission permission;
};
constexpr std::array<Name, 5> names{{
    {"FULL_CONTROL", "x-amz-grant-full-control", AclPermission::full_control},
    {"READ", "x-amz-grant-read", AclPermission::read},
    {"WRITE", "x-amz-grant-write", AclPermission::write},
    {"READ_ACP", "x-amz-grant-read-acp", AclPermission::read_acp},
    {"WRITE_ACP", "x-amz-grant-write-acp", AclPermission::write_acp},
}};

constexpr std::array<std::string_view, 8> canned_names{
    "private",       "public-read",       "public-read-write",         "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"};

Result<AclGrant> to_group(std::string_view uri, AclPermission permission) {
    if (uri != schema::all_users && uri != schema::authenticated_users &&
        uri != schema::log_delivery)
        return invalid_argument("Invalid group uri", "uri", std::string(uri));
    return AclGrant{
        .kind = AclGrantee::group, .grantee = std::string(uri), .permission = permission};
}

AclGrant to_account(std::string_view id, AclPermission permission) {
    return {.kind = AclGrantee::account, .grantee = std::string(id), .permission = permission};
}

// Accounts have no mail addresses here, and AWS takes none any more.
std::unexpected<Error> refuse_mail() {
    return onput::fail(ErrorCode::invalid_argument, "grants to mail addresses are not taken",
                       "method_not_allowed");
}

// id="...", uri="..."
Result<AclGrant> read_grantee(std::string_view text, const Name& name) {
    const auto equals = text.find('=');
    const std::string_view kind = trimmed(text.substr(0, equals));
    std::string_view value =
        equals == std::string_view::npos ? "" : trimmed(text.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    if (equal_ignoring_case(kind, "uri")) return to_group(value, name.permission);
    if (equal_ignoring_case(kind, "id")) return to_account(value, name.permission);
    if (equal_ignoring_case(kind, "emailAddress")) return refuse_mail();
    return invalid_argument("Argument format not recognized", std::string(name.header),
                            std::string(text));
}

Result<void> read_grants(std::string_view list, const Name& name, std::vector<AclGrant>& grants) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        ONPUT_TRY(auto grant, read_grantee(trimmed(list.substr(0, comma)), name));
        grants.push_back(std::move(grant));
        list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    }
    return {};
}

Result<AclGrant> read_grant(const aws::Value& value) {
    const aws::Value* grantee = value.find("Grantee");
    const std::string permission = value.text_of("Permission");
    const auto* name = std::ranges::find(names, std::string_view(permission), &Name::text);
    if (grantee == nullptr || name == names.end()) return aws::malformed_xml();
    const std::string id = grantee->text_of("ID");
    const std::string uri = grantee->text_of("URI");
    if (!id.empty()) return to_account(id, name->permission);
    if (!uri.empty()) return to_group(uri, name->permission);
    if (grantee->find("EmailAddress") != nullptr) return refuse_mail();
    return aws::malformed_xml();
}

void write_grant(const AclGrant& grant, aws::XmlWriter& xml) {
    const bool is_group = grant.kind == AclGrantee::group;
    xml.begin("Grant");
    // Grantee has its type in an attribute of another namespace.
    xml.begin(
        is_group
            ? R"(Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group")"
            : R"(Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser")");
    xml.text(is_group ? "URI" : "ID", grant.grantee);
    xml.end("Grantee");
    const auto* name = std::ranges::find(names, grant.permission, &Name::permission);
    xml.text("Permission", name != names.end() ? name->text : "");
    xml.end("Grant");
}

}  // namespace

Result<std::optional<schema::AclRequest>> read_acl_headers(const http::RequestHead& head) {
    schema::AclRequest acl;
    for (const Name& name : names) {
        if (const auto list = head.header(name.header))
            ONPUT_TRY_VOID(read_grants(*list, name, acl.grants));
    }
    const auto canned = head.header("x-amz-acl");
    if (canned && !acl.grants.empty()) {
        return onput::fail(ErrorCode::invalid_argument,
                           "Specifying both Canned ACLs and Header Grants is not allowed",
                           "invalid_request");
    }
    if (!canned && acl.grants.empty()) return std::nullopt;
    if (canned) {
        if (std::ranges::find(canned_names, *canned) == canned_names.end())
            return invalid_argument("", "x-amz-acl", std::string(*canned));
        acl.canned = *canned;
    }
    return acl;
}

Result<std::optional<schema::AclRequest>> read_new_acl(const http::RequestHead& head,
                                                       const auth::KeyRing& keys) {
    ONPUT_TRY(auto acl, read_acl_headers(head));
    if (acl) ONPUT_TRY_VOID(check_grantees(*acl, keys));
    return acl;
}

Result<AclDocument> read_acl_document(const aws::Value& document) {
    AclDocument read;
    if (const aws::Value* owner = document.find("Owner")) read.owner_id = owner->text_of("ID");
    const aws::Value* grants = document.find("Grants");
    if (grants == nullptr || grants->list() == nullptr) return read;
    if (grants->list()->size() > schema::acl_grants_max) return aws::malformed_xml();
    for (const aws::Value& value : *grants->list()) {
        ONPUT_TRY(auto grant, read_grant(value));
        read.acl.grants.push_back(std::move(grant));
    }
    return read;
}

Result<void> check_grantees(const schema::AclRequest& acl, const auth::KeyRing& keys) {
    for (const AclGrant& grant : acl.grants) {
        if (grant.kind == AclGrantee::group || keys.has_canonical_user(grant.grantee)) continue;
        return invalid_argument("Invalid id", "CanonicalUser/ID", grant.grantee);
    }
    return {};
}

std::string render_acl(const schema::AccessControlPolicy& policy) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("AccessControlPolicy", aws::s3_model().xml_namespace());
    xml.begin("Owner");
    xml.text("ID", auth::canonical_user_id(policy.owner_account));
    xml.end("Owner");
    xml.begin("AccessControlList");
    for (const AclGrant& grant : policy.grants) write_grant(grant, xml);
    xml.end("AccessControlList");
    xml.end("AccessControlPolicy");
    return xml.take();
}

}  // namespace onput::gateway::s3
