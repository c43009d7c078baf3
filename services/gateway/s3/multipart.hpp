// What the requests of multipart uploads say, and how their answers are written. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_uploads.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

using QueryParameters = std::vector<http::QueryParameter>;

// Of CompleteMultipartUpload: 10,000 parts with their checksums and white space.
inline constexpr std::size_t complete_body_bytes_max = 4 * 1024 * 1024;

// partNumber and uploadId. A number out of range is invalid_argument.
Result<schema::PartTarget> read_part_target(const QueryParameters& query);

// A partNumber of GetObject and HeadObject.
Result<std::uint32_t> read_part_number(std::string_view text);

// x-amz-checksum-algorithm and -type. Errors: invalid_request for a pair that does not exist.
Result<void> read_upload_checksum(const http::RequestHead& head, schema::CreateUpload& upload);

// The document: namespace or none, ETags with quotes or without. invalid_request without a body,
// malformed_xml for anything else, also for no part at all.
Result<std::vector<schema::CompletedPart>> read_completed_parts(std::string_view body);

// x-amz-mp-object-size, x-amz-checksum-*, x-amz-checksum-type.
Result<void> read_completion_headers(const http::RequestHead& head,
                                     schema::CompleteUpload& completion);

struct PartsQuery {
    schema::ListParts message;
};
Result<PartsQuery> read_parts_query(const QueryParameters& query);

struct UploadsQuery {
    schema::ListUploads message;
    std::string upload_id_marker{};  // As sent: without a key-marker it means nothing.
    bool is_url_encoded = false;     // encoding-type=url: names are form-encoded, '/' stays.
};
Result<UploadsQuery> read_uploads_query(const QueryParameters& query);

std::string render_created(const schema::CreateUpload& upload, std::string_view upload_id);
struct CompletedObject {
    const schema::CompleteUpload& request;
    const schema::UploadCompleted& completed;
    std::string location{};
};
std::string render_completed(const CompletedObject& object);
std::string render_parts(const PartsQuery& wanted, const schema::PartList& list);
std::string render_uploads(const UploadsQuery& wanted, const schema::UploadList& list);

}  // namespace onput::gateway::s3
