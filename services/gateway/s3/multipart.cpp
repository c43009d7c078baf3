#include "services/gateway/s3/multipart.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/listing.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;

constexpr std::string_view completion_element = "CompleteMultipartUpload";

std::string text_of(const QueryParameters& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? found->value : std::string();
}

std::unexpected<Error> invalid_request(std::string message) {
    return onput::fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

// A count of a list, or where it begins. Larger ones are cut to `most`.
Result<std::uint32_t> read_count(const QueryParameters& query, std::string_view name,
                                 std::uint32_t missing, std::uint32_t most) {
    const auto* sent = http::find_parameter(query, name);
    if (sent == nullptr || sent->value.empty()) return missing;
    const auto count = parse_number<std::int32_t>(sent->value);
    if (!count) {
        return invalid_argument(
            fmt::format("Provided {} not an integer or within integer range", name),
            std::string(name), sent->value);
    }
    if (*count < 0) {
        return invalid_argument(
            fmt::format("Argument {} must be an integer between 0 and 2147483647", name),
            std::string(name), sent->value);
    }
    return std::min(static_cast<std::uint32_t>(*count), most);
}

std::string quoted(std::string_view etag) {
    return fmt::format("\"{}\"", etag);
}

std::string unquoted(std::string_view etag) {
    etag = trimmed(etag);
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
        etag = etag.substr(1, etag.size() - 2);
    }
    return std::string(etag);
}

std::string_view shown_class(std::string_view storage_class) {
    return storage_class.empty() ? "STANDARD" : storage_class;
}

void write_upload_checksum(const schema::UploadSummary& upload, Value& parent) {
    if (upload.checksum_algorithm.empty()) return;
    parent["ChecksumAlgorithm"] = Value(upload.checksum_algorithm);
    parent["ChecksumType"] = Value(shown_checksum_type(upload.checksum_type));
}

// Whole seconds, with a fraction of zeros.
std::string shown_time(Timestamp time) {
    return format_iso8601_millis(std::chrono::floor<std::chrono::seconds>(time));
}

Value shown_person(std::string_view account) {
    Value person;
    person["ID"] = Value(auth::canonical_user_id(account));
    return person;
}

// A user by ARN and name, an account as its canonical user. Uploads that are older than ARNs show
// the owner.
Value shown_initiator(std::string_view arn, std::string_view owner_account) {
    constexpr std::string_view iam_prefix = "arn:aws:iam::";
    if (!arn.starts_with(iam_prefix)) return shown_person(owner_account);
    const std::string_view name = arn.substr(iam_prefix.size());
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return shown_person(name.substr(0, name.find(':')));
    Value person;
    person["ID"] = Value(arn);
    person["DisplayName"] = Value(name.substr(slash + 1));
    return person;
}

// What an algorithm is used with where nothing is said of it.
std::string_view default_type(std::string_view algorithm) {
    return algorithm == default_checksum ? "FULL_OBJECT" : "COMPOSITE";
}

Result<schema::CompletedPart> read_completed_part(const Value& element) {
    const auto* number = element.find("PartNumber");
    const auto* etag = element.find("ETag");
    if (number == nullptr || etag == nullptr) return aws::malformed_xml();
    const auto value = parse_number<std::uint32_t>(trimmed(element.text_of("PartNumber")));
    if (!value) return aws::malformed_xml();
    return schema::CompletedPart{.number = *value,
                                 .etag = unquoted(element.text_of("ETag")),
                                 .checksums = read_checksums(element)};
}

}  // namespace

Result<std::uint32_t> read_part_number(std::string_view text) {
    const auto number = parse_number<std::uint32_t>(text);
    if (number && *number >= 1 && *number <= schema::part_number_max) return *number;
    return invalid_argument(
        fmt::format("Part number must be an integer between 1 and {}, inclusive",
                    schema::part_number_max),
        "partNumber", std::string(text));
}

Result<schema::PartTarget> read_part_target(const QueryParameters& query) {
    ONPUT_TRY(const auto number, read_part_number(text_of(query, "partNumber")));
    return schema::PartTarget{.upload_id = text_of(query, "uploadId"), .number = number};
}

Result<void> read_upload_checksum(const http::RequestHead& head, schema::CreateUpload& upload) {
    ONPUT_TRY(upload.checksum_algorithm, read_checksum_algorithm(head));
    ONPUT_TRY(upload.checksum_type, read_checksum_type(head));
    if (upload.checksum_algorithm.empty()) {
        if (upload.checksum_type.empty()) return {};
        return invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header.");
    }
    if (upload.checksum_type.empty()) {
        upload.checksum_type = default_type(upload.checksum_algorithm);
    }
    return {};
}

Result<std::vector<schema::CompletedPart>> read_completed_parts(std::string_view body) {
    if (body.empty()) return invalid_request("You must specify at least one part");
    const auto& shape = *aws::s3_model().find_shape("CompletedMultipartUpload");
    ONPUT_TRY(const auto document, aws::read_xml(body, completion_element, shape));
    const auto* elements = document.find("Parts");
    if (elements == nullptr || elements->list() == nullptr) return aws::malformed_xml();
    if (elements->list()->size() > schema::part_number_max) return aws::malformed_xml();
    std::vector<schema::CompletedPart> parts;
    parts.reserve(elements->list()->size());
    for (const auto& element : *elements->list()) {
        ONPUT_TRY(auto part, read_completed_part(element));
        parts.push_back(std::move(part));
    }
    return parts;
}

Result<void> read_completion_headers(const http::RequestHead& head,
                                     schema::CompleteUpload& completion) {
    ONPUT_TRY(completion.checksum_type, read_checksum_type(head));
    for (const auto& header : head.headers) {
        if (!is_checksum_header(header.name)) continue;
        const auto* algorithm = find_checksum_header(header.name);
        if (algorithm == nullptr) return not_implemented(header.name);
        completion.checksums.push_back(
            {.algorithm = std::string(algorithm->name), .value = std::string(header.value)});
    }
    if (completion.checksums.size() > 1) {
        return invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
    constexpr std::string_view size_header = "x-amz-mp-object-size";
    const auto size = head.header(size_header);
    if (!size) return {};
    completion.size_bytes = parse_number<std::uint64_t>(*size);
    if (completion.size_bytes) return {};
    return invalid_request(fmt::format("Value for {} header is invalid.", size_header));
}

Result<PartsQuery> read_parts_query(const QueryParameters& query) {
    PartsQuery wanted;
    wanted.message.upload_id = text_of(query, "uploadId");
    ONPUT_TRY(wanted.message.parts_max,
              read_count(query, "max-parts", schema::list_parts_max, schema::list_parts_max));
    ONPUT_TRY(wanted.message.after,
              read_count(query, "part-number-marker", 0, std::uint32_t{INT32_MAX}));
    return wanted;
}

namespace {

// As ids are: anything else marks no place.
Result<void> check_upload_id_marker(const std::string& marker) {
    if (marker.empty()) return {};
    if (marker.size() == schema::upload_id_digits && from_hex(marker)) return {};
    return invalid_argument("Invalid uploadId marker", "upload-id-marker", marker);
}

}  // namespace

Result<UploadsQuery> read_uploads_query(const QueryParameters& query) {
    UploadsQuery wanted;
    wanted.message.prefix = text_of(query, "prefix");
    wanted.message.delimiter = text_of(query, "delimiter");
    wanted.message.after_key = text_of(query, "key-marker");
    wanted.upload_id_marker = text_of(query, "upload-id-marker");
    if (!wanted.message.after_key.empty()) {
        wanted.message.after_upload_id = wanted.upload_id_marker;
        ONPUT_TRY_VOID(check_upload_id_marker(wanted.message.after_upload_id));
    }
    ONPUT_TRY(wanted.message.uploads_max,
              read_count(query, "max-uploads", schema::list_uploads_max, schema::list_uploads_max));
    ONPUT_TRY(wanted.is_url_encoded, read_url_encoding(query));
    return wanted;
}

std::string render_created(const schema::CreateUpload& upload, std::string_view upload_id) {
    Value result;
    result["Bucket"] = Value(upload.object.bucket);
    result["Key"] = Value(upload.object.key);
    result["UploadId"] = Value(upload_id);
    return render_result_of("CreateMultipartUpload", "InitiateMultipartUploadResult", result);
}

std::string render_completed(const CompletedObject& object) {
    Value result;
    result["Location"] = Value(object.location);
    result["Bucket"] = Value(object.request.bucket);
    result["Key"] = Value(object.request.key);
    result["ETag"] = Value(quoted(object.completed.object.etag));
    if (!object.completed.checksums.empty()) {
        write_checksums(object.completed.checksums, result);
        result["ChecksumType"] = Value(shown_checksum_type(object.completed.checksum_type));
    }
    return render_result_of(completion_element, "CompleteMultipartUploadResult", result);
}

std::string render_parts(const PartsQuery& wanted, const schema::PartList& list) {
    Value result;
    result["Bucket"] = Value(wanted.message.bucket);
    result["Key"] = Value(wanted.message.key);
    result["UploadId"] = Value(wanted.message.upload_id);
    result["PartNumberMarker"] = Value(std::int64_t{wanted.message.after});
    const std::uint32_t last = list.parts.empty() ? 0 : list.parts.back().number;
    result["NextPartNumberMarker"] = Value(std::int64_t{last});
    result["MaxParts"] = Value(std::int64_t{wanted.message.parts_max});
    result["IsTruncated"] = Value::flag(list.is_truncated);
    for (const auto& part : list.parts) {
        Value shown;
        shown["PartNumber"] = Value(std::int64_t{part.number});
        shown["LastModified"] = Value(shown_time(part.last_modified));
        shown["ETag"] = Value(quoted(part.etag));
        shown["Size"] = Value(static_cast<std::int64_t>(part.size_bytes));
        write_checksums(part.checksums, shown);
        result["Parts"].push_back(std::move(shown));
    }
    result["Initiator"] = shown_initiator(list.upload.initiator, list.owner_account);
    result["Owner"] = shown_person(list.owner_account);
    result["StorageClass"] = Value(shown_class(list.upload.storage_class));
    write_upload_checksum(list.upload, result);
    return render_result_of("ListParts", "ListPartsResult", result);
}

std::string render_uploads(const UploadsQuery& wanted, const schema::UploadList& list) {
    const auto shown = [&wanted](std::string_view text) {
        return Value(wanted.is_url_encoded ? form_encode(text, "/") : std::string(text));
    };
    Value result;
    result["Bucket"] = Value(wanted.message.bucket);
    result["KeyMarker"] = shown(wanted.message.after_key);
    result["UploadIdMarker"] = Value(wanted.upload_id_marker);
    if (list.is_truncated) {
        result["NextKeyMarker"] = shown(list.next_key);
        result["NextUploadIdMarker"] = Value(list.next_upload_id);
    }
    result["Prefix"] = shown(wanted.message.prefix);
    if (!wanted.message.delimiter.empty()) result["Delimiter"] = shown(wanted.message.delimiter);
    result["MaxUploads"] = Value(std::int64_t{wanted.message.uploads_max});
    result["IsTruncated"] = Value::flag(list.is_truncated);
    for (const auto& upload : list.uploads) {
        Value entry;
        entry["UploadId"] = Value(upload.upload_id);
        entry["Key"] = shown(upload.key);
        entry["Initiated"] = Value(shown_time(upload.initiated_at));
        entry["StorageClass"] = Value(shown_class(upload.storage_class));
        entry["Owner"] = shown_person(list.owner_account);
        entry["Initiator"] = shown_initiator(upload.initiator, list.owner_account);
        write_upload_checksum(upload, entry);
        result["Uploads"].push_back(std::move(entry));
    }
    for (const auto& prefix : list.common_prefixes) {
        Value common;
        common["Prefix"] = shown(prefix);
        result["CommonPrefixes"].push_back(std::move(common));
    }
    if (wanted.is_url_encoded) result["EncodingType"] = Value("url");
    return render_result_of("ListMultipartUploads", "ListMultipartUploadsResult", result);
}

}  // namespace onput::gateway::s3
