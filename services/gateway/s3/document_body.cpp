#include "services/gateway/s3/document_body.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/base/text.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/checksums.hpp"

namespace onput::gateway::s3 {

bool states_integrity(const http::RequestHead& head) {
    return std::ranges::any_of(head.headers, [](const auto& header) {
        return equal_ignoring_case(header.name, "content-md5") || is_checksum_header(header.name) ||
               (equal_ignoring_case(header.name, "x-amz-trailer") &&
                is_checksum_header(header.value));
    });
}

Result<void> require_integrity(const http::RequestHead& head) {
    if (states_integrity(head)) return {};
    return onput::fail(ErrorCode::invalid_argument,
                       "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
                       "invalid_request");
}

http::Task<Result<std::string>> read_document_body(S3Request& request, std::size_t bytes_max) {
    auto body = co_await read_small_body(request, bytes_max);
    if (body && body->empty()) {
        co_return onput::fail(ErrorCode::invalid_argument, "Request Body is empty",
                              "missing_request_body");
    }
    co_return body;
}

http::Task<Result<aws::Value>> read_document(S3Request& request, DocumentShape wanted) {
    auto stated = require_integrity(request.head);
    if (!stated) co_return std::unexpected(std::move(stated).error());
    auto body = co_await read_document_body(request, wanted.bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    const auto* shape = aws::s3_model().find_shape(wanted.shape);
    ONPUT_CHECK(shape != nullptr);
    co_return aws::read_xml(*body, wanted.root, *shape);
}

}  // namespace onput::gateway::s3
