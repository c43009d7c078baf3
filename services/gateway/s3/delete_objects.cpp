// DeleteObjects.
#include "services/gateway/s3/delete_document.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/lock_document.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

Outcome delete_objects(S3Request& request) {
    const DocumentShape wanted{
        .root = "Delete", .shape = "Delete", .bytes_max = delete_body_bytes_max};
    const auto document = co_await read_document(request, wanted);
    if (!document) co_return std::unexpected(document.error());
    const auto deletion = read_deletion(*document);
    if (!deletion) co_return std::unexpected(deletion.error());
    const RequestContext& context = request.context;
    const schema::DeleteObjects message{
        .bucket = request.address.bucket,
        .entries = deletion->entries,
        .bypass_governance = asks_for_governance_bypass(request.head),
        .request_id = context.request_id,
        .host_id = context.host_id,
        .source_ip = context.source_ip()};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != deletion->entries.size()) {
        co_return onput::fail(ErrorCode::corruption,
                              "storage answered about another number of keys than was asked for");
    }
    Reply reply{.body = render_deletion(*deletion, answer->reply)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
