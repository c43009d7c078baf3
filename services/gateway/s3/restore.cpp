// RestoreObject.
#include <limits>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view default_tier = "Standard";

// What a restore is asked by its document: days and a tier. malformed_xml, invalid_argument,
// unimplemented.
Result<void> read_restore(std::string_view body, schema::RestoreObject& message) {
    const auto& shape = *aws::s3_model().find_shape("RestoreRequest");
    ONPUT_TRY(auto document, aws::read_xml(body, "RestoreRequest", shape));
    if (document.find("Type") != nullptr || document.find("SelectParameters") != nullptr ||
        document.find("OutputLocation") != nullptr)
        return not_implemented("restores of type SELECT");
    if (!aws::check(document, shape, {}).empty()) return aws::malformed_xml();
    const auto* days = document.find("Days");
    if (days == nullptr) return aws::malformed_xml();
    const auto number = days->number();
    if (!number || *number > std::numeric_limits<std::int32_t>::max()) return aws::malformed_xml();
    if (*number < 1)
        return invalid_argument("Days must be a positive integer", "Days",
                                document.text_of("Days"));
    message.days = static_cast<std::uint32_t>(*number);
    message.tier = document.text_of("Tier");
    if (const auto* job = document.find("GlacierJobParameters"))
        message.tier = job->text_of("Tier");
    if (message.tier.empty()) message.tier = default_tier;
    return {};
}

}  // namespace

Outcome restore_object(S3Request& request) {
    const RequestContext& context = request.context;
    schema::RestoreObject message{.bucket = request.address.bucket,
                                  .key = request.address.key,
                                  .version_id = context.parameter_text("versionId"),
                                  .request_id = context.request_id,
                                  .host_id = context.host_id,
                                  .source_ip = context.source_ip()};
    auto body = co_await read_document_body(request, aws::xml_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto read = read_restore(*body, message);
    if (!read) co_return std::unexpected(std::move(read).error());
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = answer->reply.was_restored ? 200 : 202};
    show_version(answer->reply.version_id, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
