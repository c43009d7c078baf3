// ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation.
#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/schema/storage.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/acl_document.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/bucket_list.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/region.hpp"
#include "services/gateway/s3/xml_reader.hpp"

namespace onput::gateway::s3 {
namespace {

// An empty LocationConstraint is how S3 says us-east-1. The document is its only member, which no
// shape can say.
std::string render_location(const std::string& region) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("LocationConstraint", aws::s3_model().xml_namespace());
    if (region != "us-east-1") xml.content(region);
    xml.end("LocationConstraint");
    return xml.take();
}

// Where a new bucket is found: by its own host when a constraint put it where it is.
std::string location_of(const S3Request& request, std::string_view constraint) {
    const std::string& bucket = request.address.bucket;
    if (constraint.empty()) return fmt::format("/{}", bucket);
    const std::string host = request.context.public_address().host;
    if (request.address.is_virtual_host) return fmt::format("http://{}/", host);
    return fmt::format("http://{}.{}/", bucket, host);
}

}  // namespace

Outcome list_buckets(S3Request& request) {
    auto wanted = read_bucket_query(request.context.query, request.context.shared.config.region);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    const schema::ListBuckets message{.prefix = wanted->prefix};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    wanted->account = request.context.identity.account_id;
    Reply reply{.body = render_bucket_list(*wanted, answer->reply)};
    co_return co_await respond(request, std::move(reply));
}

Outcome create_bucket(S3Request& request) {
    auto body = co_await read_small_body(request, xml_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto bucket = read_new_bucket(*body);
    if (!bucket) co_return std::unexpected(std::move(bucket).error());
    auto region = choose_region({.constraint = bucket->constraint,
                                 .endpoint = request.context.identity.scope.region,
                                 .own = request.context.shared.config.region});
    if (!region) co_return std::unexpected(std::move(region).error());
    auto acl = read_new_acl(request.head, request.context.shared.keys);
    if (!acl) co_return std::unexpected(std::move(acl).error());
    const auto wanted = request.head.header("x-amz-object-ownership");
    auto ownership = wanted ? render_ownership(*wanted) : Result<std::string>();
    if (!ownership) co_return std::unexpected(std::move(ownership).error());
    const schema::CreateBucket message{
        .name = request.address.bucket,
        .region = *region,
        .has_object_lock =
            equal_ignoring_case(request.header_text("x-amz-bucket-object-lock-enabled"), "true"),
        .ownership = *std::move(ownership),
        .acl = *std::move(acl),
        .tagging = bucket->tagging};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.headers = {{"Location", location_of(request, bucket->constraint)}}};
    co_return co_await respond(request, std::move(reply));
}

Outcome head_bucket(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.headers = {{"x-amz-bucket-region", answer->reply.region},
                            {"x-amz-access-point-alias", "false"},
                            {"Content-Type", "application/xml"}}};
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_bucket(S3Request& request) {
    const schema::DeleteBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

Outcome get_bucket_location(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_location(answer->reply.region)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
