#include "services/gateway/s3/listing.hpp"

#include <algorithm>
#include <charconv>

#include "common/base/encoding.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/identity.hpp"

namespace onput::gateway::s3 {
namespace {

using Query = std::vector<http::QueryParameter>;

std::string text_of(const Query& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? found->value : std::string();
}

Result<std::uint32_t> read_max_keys(const Query& query) {
    const auto* keys = http::find_parameter(query, "max-keys");
    if (keys == nullptr || keys->value.empty()) return schema::list_keys_max;
    std::int64_t count = 0;
    const char* end = keys->value.data() + keys->value.size();
    const auto [stop, error] = std::from_chars(keys->value.data(), end, count);
    if (error != std::errc() || stop != end || count > INT32_MAX) {
        return invalid_argument("Provided max-keys not an integer or within integer range",
                                "max-keys", keys->value);
    }
    if (count < 0) {
        return invalid_argument("Argument max-keys must be an integer between 0 and 2147483647",
                                "max-keys", keys->value);
    }
    return static_cast<std::uint32_t>(std::min<std::int64_t>(count, schema::list_keys_max));
}

Result<ListQuestion> read_common(const std::string& bucket, const Query& query) {
    ListQuestion question;
    question.message.bucket = bucket;
    question.message.prefix = text_of(query, "prefix");
    question.message.delimiter = text_of(query, "delimiter");
    ONPUT_TRY(question.message.keys_max, read_max_keys(query));
    if (const auto* encoding = http::find_parameter(query, "encoding-type")) {
        if (encoding->value != "url") {
            return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                                    encoding->value);
        }
        question.is_url_encoded = true;
    }
    return question;
}

// Our tokens are "1" and the key to go on after, in base64.
std::string make_token(const std::string& after) {
    return to_base64("1" + after);
}
Result<std::string> read_token(const std::string& token) {
    const auto text = from_base64(token);
    if (!text || !text->starts_with('1')) {
        return invalid_argument("The continuation token provided is incorrect",
                                "continuation-token", token);
    }
    return text->substr(1);
}

std::string shown(const ListQuestion& question, std::string_view text) {
    return question.is_url_encoded ? form_encode(text, "/") : std::string(text);
}

void write_entries(aws::XmlWriter& xml, const ListQuestion& question,
                   const schema::ObjectList& list) {
    for (const auto& object : list.objects) {
        xml.begin("Contents");
        xml.text("Key", shown(question, object.key));
        xml.text("LastModified", format_iso8601_millis(object.last_modified));
        xml.text("ETag", "\"" + object.etag + "\"");
        if (!object.checksum_algorithm.empty()) {
            xml.text("ChecksumAlgorithm", object.checksum_algorithm);
            xml.text("ChecksumType", "FULL_OBJECT");
        }
        xml.number("Size", object.size_bytes);
        if (question.wants_owner) {
            xml.begin("Owner");
            xml.text("ID", canonical_user_id(list.owner_account));
            xml.end("Owner");
        }
        xml.text("StorageClass", "STANDARD");
        xml.end("Contents");
    }
    for (const auto& prefix : list.common_prefixes) {
        xml.begin("CommonPrefixes");
        xml.text("Prefix", shown(question, prefix));
        xml.end("CommonPrefixes");
    }
}

void write_question(aws::XmlWriter& xml, const ListQuestion& question) {
    xml.text("Name", question.message.bucket);
    xml.text("Prefix", shown(question, question.message.prefix));
    if (!question.message.delimiter.empty())
        xml.text("Delimiter", shown(question, question.message.delimiter));
    xml.number("MaxKeys", question.message.keys_max);
    if (question.is_url_encoded) xml.text("EncodingType", "url");
}

}  // namespace

Result<ListQuestion> read_list_v1(const std::string& bucket, const Query& query) {
    ONPUT_TRY(auto question, read_common(bucket, query));
    question.message.after = text_of(query, "marker");
    question.wants_owner = true;
    return question;
}

Result<ListQuestion> read_list_v2(const std::string& bucket, const Query& query) {
    if (const std::string type = text_of(query, "list-type"); type != "2")
        return invalid_argument("Invalid List Type specified in Request", "list-type", type);
    ONPUT_TRY(auto question, read_common(bucket, query));
    question.start_after = text_of(query, "start-after");
    question.message.after = question.start_after;
    question.wants_owner = text_of(query, "fetch-owner") == "true";
    if (const auto* token = http::find_parameter(query, "continuation-token")) {
        question.continuation_token = token->value;
        ONPUT_TRY(question.message.after, read_token(token->value));
    }
    return question;
}

std::string render_list_v1(const ListQuestion& question, const schema::ObjectList& list) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("ListBucketResult", aws::s3_model().xml_namespace());
    write_question(xml, question);
    xml.text("Marker", shown(question, question.message.after));
    xml.flag("IsTruncated", list.is_truncated);
    // Version 1 states the next marker only where the client cannot take it from the last key.
    if (list.is_truncated && !question.message.delimiter.empty())
        xml.text("NextMarker", shown(question, list.next_after));
    write_entries(xml, question, list);
    xml.end("ListBucketResult");
    return xml.take();
}

std::string render_list_v2(const ListQuestion& question, const schema::ObjectList& list) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("ListBucketResult", aws::s3_model().xml_namespace());
    write_question(xml, question);
    xml.number("KeyCount", list.objects.size() + list.common_prefixes.size());
    xml.flag("IsTruncated", list.is_truncated);
    if (!question.continuation_token.empty())
        xml.text("ContinuationToken", question.continuation_token);
    if (list.is_truncated) xml.text("NextContinuationToken", make_token(list.next_after));
    if (!question.start_after.empty())
        xml.text("StartAfter", shown(question, question.start_after));
    write_entries(xml, question, list);
    xml.end("ListBucketResult");
    return xml.take();
}

}  // namespace onput::gateway::s3
