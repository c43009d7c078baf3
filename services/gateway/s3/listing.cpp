// ListObjects (version 1) and ListObjectsV2.
#include <charconv>

#include "common/base/encoding.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/identity.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/xml.hpp"

namespace onput::gateway::s3 {
namespace {

struct Listing {
    schema::ListObjects message;
    bool is_url_encoded = false;
    bool wants_owner = false;
};

std::unexpected<Error> invalid_argument(std::string message, std::string name, std::string value) {
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = std::move(message),
              .reason = {},
              .details = {{"ArgumentName", std::move(name)}, {"ArgumentValue", std::move(value)}}});
}

Result<Listing> read_common(const S3Request& request) {
    const RequestContext& context = request.context;
    Listing listing;
    listing.message.bucket = request.address.bucket;
    listing.message.prefix = context.parameter_text("prefix");
    listing.message.delimiter = context.parameter_text("delimiter");
    if (const auto* keys = context.parameter("max-keys"); keys != nullptr && !keys->value.empty()) {
        std::int64_t count = 0;
        const char* end = keys->value.data() + keys->value.size();
        const auto [stop, error] = std::from_chars(keys->value.data(), end, count);
        if (error != std::errc() || stop != end || count > 2'147'483'647) {
            return invalid_argument("Provided max-keys not an integer or within integer range",
                                    "max-keys", keys->value);
        }
        if (count < 0) {
            return invalid_argument("Argument max-keys must be an integer between 0 and 2147483647",
                                    "max-keys", keys->value);
        }
        listing.message.keys_max =
            static_cast<std::uint32_t>(std::min<std::int64_t>(count, schema::list_keys_max));
    }
    if (const auto* encoding = context.parameter("encoding-type")) {
        if (encoding->value != "url") {
            return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                                    encoding->value);
        }
        listing.is_url_encoded = true;
    }
    return listing;
}

std::string shown(const Listing& listing, std::string_view text) {
    return listing.is_url_encoded ? form_encode(text, "/") : std::string(text);
}

void write_entries(XmlWriter& xml, const Listing& listing, const schema::ObjectList& list) {
    for (const auto& object : list.objects) {
        xml.begin("Contents");
        xml.text("Key", shown(listing, object.key));
        xml.text("LastModified", format_iso8601_millis(object.last_modified));
        xml.text("ETag", "\"" + object.etag + "\"");
        if (!object.checksum_algorithm.empty()) {
            xml.text("ChecksumAlgorithm", object.checksum_algorithm);
            xml.text("ChecksumType", "FULL_OBJECT");
        }
        xml.number("Size", object.size_bytes);
        if (listing.wants_owner) {
            xml.begin("Owner");
            xml.text("ID", canonical_user_id(list.owner_account));
            xml.end("Owner");
        }
        xml.text("StorageClass", "STANDARD");
        xml.end("Contents");
    }
    for (const auto& prefix : list.common_prefixes) {
        xml.begin("CommonPrefixes");
        xml.text("Prefix", shown(listing, prefix));
        xml.end("CommonPrefixes");
    }
}

void write_question(XmlWriter& xml, const Listing& listing) {
    xml.text("Name", listing.message.bucket);
    xml.text("Prefix", shown(listing, listing.message.prefix));
    if (!listing.message.delimiter.empty())
        xml.text("Delimiter", shown(listing, listing.message.delimiter));
    xml.number("MaxKeys", listing.message.keys_max);
    if (listing.is_url_encoded) xml.text("EncodingType", "url");
}

std::string render_v1(const Listing& listing, const schema::ObjectList& list) {
    XmlWriter xml;
    xml.begin_in_namespace("ListBucketResult", s3_namespace);
    write_question(xml, listing);
    xml.text("Marker", shown(listing, listing.message.after));
    xml.flag("IsTruncated", list.is_truncated);
    // Version 1 states the next marker only where the client cannot take it from the last key.
    if (list.is_truncated && !listing.message.delimiter.empty())
        xml.text("NextMarker", shown(listing, list.next_after));
    write_entries(xml, listing, list);
    xml.end("ListBucketResult");
    return xml.take();
}

struct V2Question {
    std::string continuation_token;
    std::string start_after;
};

std::string render_v2(const Listing& listing, const V2Question& question,
                      const schema::ObjectList& list) {
    XmlWriter xml;
    xml.begin_in_namespace("ListBucketResult", s3_namespace);
    write_question(xml, listing);
    xml.number("KeyCount", list.objects.size() + list.common_prefixes.size());
    xml.flag("IsTruncated", list.is_truncated);
    if (!question.continuation_token.empty())
        xml.text("ContinuationToken", question.continuation_token);
    if (list.is_truncated) xml.text("NextContinuationToken", to_base64("1" + list.next_after));
    if (!question.start_after.empty()) xml.text("StartAfter", shown(listing, question.start_after));
    write_entries(xml, listing, list);
    xml.end("ListBucketResult");
    return xml.take();
}

// Our tokens are "1" and the key to go on after, in base64.
Result<std::string> read_token(const std::string& token) {
    const auto text = from_base64(token);
    if (!text || !text->starts_with('1')) {
        return invalid_argument("The continuation token provided is incorrect",
                                "continuation-token", token);
    }
    return text->substr(1);
}

}  // namespace

Outcome list_objects_v1(S3Request& request) {
    auto listing = read_common(request);
    if (!listing) co_return std::unexpected(std::move(listing).error());
    listing->message.after = request.context.parameter_text("marker");
    listing->wants_owner = true;
    auto answer = co_await request.context.call(listing->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_v1(*listing, answer->reply), .headers = {}};
    co_return co_await respond(request, std::move(reply));
}

Outcome list_objects_v2(S3Request& request) {
    auto listing = read_common(request);
    if (!listing) co_return std::unexpected(std::move(listing).error());
    const V2Question question{
        .continuation_token = request.context.parameter_text("continuation-token"),
        .start_after = request.context.parameter_text("start-after")};
    listing->message.after = question.start_after;
    listing->wants_owner = request.context.parameter_text("fetch-owner") == "true";
    if (request.context.parameter("continuation-token") != nullptr) {
        auto after = read_token(question.continuation_token);
        if (!after) co_return std::unexpected(std::move(after).error());
        listing->message.after = std::move(*after);
    }
    auto answer = co_await request.context.call(listing->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_v2(*listing, question, answer->reply), .headers = {}};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
