// GetBucketAcl, GetObjectAcl, PutBucketAcl, PutObjectAcl. Ownership is always BucketOwnerEnforced:
// ACLs are shown, and cannot be changed. Whoever puts what is so already, as copying clients do, is
// not refused.
#include "common/auth/iam_arn.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/bucket_access.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {
namespace {

// The one grant that there is. Grantee has its type in an attribute of another namespace.
std::string render_acl(std::string_view owner_account) {
    const std::string owner = auth::canonical_user_id(owner_account);
    aws::XmlWriter xml;
    xml.begin_in_namespace("AccessControlPolicy", aws::s3_model().xml_namespace());
    xml.begin("Owner");
    xml.text("ID", owner);
    xml.end("Owner");
    xml.begin("AccessControlList");
    xml.begin("Grant");
    xml.begin(
        R"(Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser")");
    xml.text("ID", owner);
    xml.end("Grantee");
    xml.text("Permission", "FULL_CONTROL");
    xml.end("Grant");
    xml.end("AccessControlList");
    xml.end("AccessControlPolicy");
    return xml.take();
}

schema::HeadObject head_of(const S3Request& request) {
    return {.bucket = request.address.bucket,
            .key = request.address.key,
            .conditions = {},
            .version_id = request.context.parameter_text("versionId")};
}

// Full control for the owner, and nothing for anybody else.
bool is_owners(const aws::Value& policy, std::string_view owner) {
    const auto is = [](const aws::Value* value, std::string_view text) {
        return value != nullptr && value->text() != nullptr && *value->text() == text;
    };
    const auto* grants = policy.find("Grants");
    if (grants == nullptr || grants->list() == nullptr || grants->list()->size() != 1) return false;
    const aws::Value& grant = grants->list()->front();
    const auto* grantee = grant.find("Grantee");
    return grantee != nullptr && is(grantee->find("ID"), owner) &&
           is(grant.find("Permission"), "FULL_CONTROL");
}

http::Task<Result<Reply>> change_nothing(S3Request& request, std::string_view owner_account) {
    constexpr std::string_view shape = "AccessControlPolicy";
    const std::string canned = request.header_text("x-amz-acl");
    bool is_so = canned == "bucket-owner-full-control";
    if (canned.empty()) {
        auto body = co_await read_document_body(request, aws::xml_body_bytes_max);
        if (!body) co_return std::unexpected(std::move(body).error());
        const auto policy = aws::read_xml(*body, shape, *aws::s3_model().find_shape(shape));
        if (!policy) co_return std::unexpected(policy.error());
        is_so = is_owners(*policy, auth::canonical_user_id(owner_account));
    }
    if (is_so) co_return Reply{};
    co_return onput::fail(ErrorCode::invalid_argument, "the bucket's owner owns all of its objects",
                          "acl_not_supported");
}

}  // namespace

Outcome get_bucket_acl(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_acl(answer->reply.owner_account)};
    co_return co_await respond(request, std::move(reply));
}

// An object is its bucket's owner's, who is the only one that can ask.
Outcome get_object_acl(S3Request& request) {
    auto answer = co_await request.context.call(head_of(request));
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_acl(request.context.identity.account_id)};
    show_version(answer->reply.version_id, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

Outcome put_bucket_acl(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    auto reply = co_await change_nothing(request, answer->reply.owner_account);
    if (!reply) co_return std::unexpected(std::move(reply).error());
    co_return co_await respond(request, *std::move(reply));
}

Outcome put_object_acl(S3Request& request) {
    auto answer = co_await request.context.call(head_of(request));
    if (!answer) co_return std::unexpected(std::move(answer).error());
    auto reply = co_await change_nothing(request, request.context.identity.account_id);
    if (!reply) co_return std::unexpected(std::move(reply).error());
    co_return co_await respond(request, *std::move(reply));
}

}  // namespace onput::gateway::s3
