#include "services/gateway/s3/listing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;

constexpr std::string_view root = "ListBucketResult";

using Query = std::vector<http::QueryParameter>;

std::string text_of(const Query& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? found->value : std::string();
}

Result<std::uint32_t> read_max_keys(const Query& query) {
    const auto* keys = http::find_parameter(query, "max-keys");
    if (keys == nullptr || keys->value.empty()) return schema::list_keys_max;
    const auto count = parse_number<std::int32_t>(keys->value);
    if (!count) {
        return invalid_argument("Provided max-keys not an integer or within integer range",
                                "max-keys", keys->value);
    }
    if (*count < 0) {
        return invalid_argument("Argument max-keys must be an integer between 0 and 2147483647",
                                "max-keys", keys->value);
    }
    return std::min(static_cast<std::uint32_t>(*count), schema::list_keys_max);
}

Result<ListQuery> read_common(const std::string& bucket, const Query& query) {
    ListQuery wanted;
    wanted.message.bucket = bucket;
    wanted.message.prefix = text_of(query, "prefix");
    wanted.message.delimiter = text_of(query, "delimiter");
    ONPUT_TRY(wanted.message.keys_max, read_max_keys(query));
    ONPUT_TRY(wanted.is_url_encoded, read_url_encoding(query));
    return wanted;
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

std::string shown(const ListQuery& wanted, std::string_view text) {
    return wanted.is_url_encoded ? form_encode(text, "/") : std::string(text);
}

Value describe_object(const ListQuery& wanted, const schema::ObjectList& list,
                      const schema::ObjectSummary& object) {
    Value value;
    value["Key"] = Value(shown(wanted, object.key));
    value["LastModified"] = Value(format_listed_time(object.last_modified));
    value["ETag"] = Value(fmt::format("\"{}\"", object.etag));
    if (!object.checksum_algorithm.empty()) {
        value["ChecksumAlgorithm"].push_back(Value(object.checksum_algorithm));
        value["ChecksumType"] = Value(shown_checksum_type(object.checksum_type));
    }
    value["Size"] = Value(static_cast<std::int64_t>(object.size_bytes));
    if (wanted.wants_owner) {
        value["Owner"]["ID"] = Value(auth::canonical_user_id(
            object.owner_account.empty() ? list.owner_account : object.owner_account));
    }
    value["StorageClass"] = Value(shown_storage_class(object.storage_class));
    if (wanted.wants_restore && is_archived(object)) {
        Value& status = value["RestoreStatus"];
        status["IsRestoreInProgress"] = Value::flag(object.restore && object.restore->is_ongoing);
        if (object.restore && !object.restore->is_ongoing)
            status["RestoreExpiryDate"] = Value(format_iso8601_millis(object.restore->expires_at));
    }
    return value;
}

// What both versions have.
Value describe_list(const ListQuery& wanted, const schema::ObjectList& list) {
    Value result;
    result["Name"] = Value(wanted.message.bucket);
    result["Prefix"] = Value(shown(wanted, wanted.message.prefix));
    if (!wanted.message.delimiter.empty())
        result["Delimiter"] = Value(shown(wanted, wanted.message.delimiter));
    result["MaxKeys"] = Value(std::int64_t{wanted.message.keys_max});
    if (wanted.is_url_encoded) result["EncodingType"] = Value("url");
    result["IsTruncated"] = Value::flag(list.is_truncated);
    for (const auto& object : list.objects)
        result["Contents"].push_back(describe_object(wanted, list, object));
    for (const auto& prefix : list.common_prefixes) {
        Value common;
        common["Prefix"] = Value(shown(wanted, prefix));
        result["CommonPrefixes"].push_back(std::move(common));
    }
    return result;
}

}  // namespace

Result<ListQuery> read_list_v1(const std::string& bucket, const Query& query) {
    ONPUT_TRY(auto wanted, read_common(bucket, query));
    wanted.message.after = text_of(query, "marker");
    wanted.wants_owner = true;
    return wanted;
}

Result<ListQuery> read_list_v2(const std::string& bucket, const Query& query) {
    if (const std::string type = text_of(query, "list-type"); type != "2")
        return invalid_argument("Invalid List Type specified in Request", "list-type", type);
    ONPUT_TRY(auto wanted, read_common(bucket, query));
    wanted.start_after = text_of(query, "start-after");
    wanted.message.after = wanted.start_after;
    wanted.wants_owner = text_of(query, "fetch-owner") == "true";
    if (const auto* token = http::find_parameter(query, "continuation-token")) {
        wanted.continuation_token = token->value;
        ONPUT_TRY(wanted.message.after, read_token(token->value));
    }
    return wanted;
}

Result<bool> read_url_encoding(const Query& query) {
    constexpr std::string_view parameter = "encoding-type";
    const auto* encoding = http::find_parameter(query, parameter);
    if (encoding == nullptr) return false;
    if (encoding->value == "url") return true;
    return invalid_argument("Invalid Encoding Method specified in Request", std::string(parameter),
                            encoding->value);
}

std::string_view shown_storage_class(std::string_view storage_class) {
    return storage_class.empty() ? "STANDARD" : storage_class;
}

Result<bool> read_optional_attributes(const http::RequestHead& head) {
    constexpr std::string_view header = "x-amz-optional-object-attributes";
    if (!head.header(header)) return false;
    const std::string listed = head.list_header(header);
    std::string_view rest = listed;
    while (!rest.empty()) {
        std::string_view name = aws::take_until(rest, ',');
        while (name.starts_with(' ')) name.remove_prefix(1);
        if (name != "RestoreStatus") {
            return invalid_argument("Invalid attribute name specified.", std::string(header),
                                    listed);
        }
    }
    return true;
}

bool is_archived(const schema::ObjectSummary& object) {
    return object.storage_class == "GLACIER" || object.storage_class == "DEEP_ARCHIVE";
}

std::string render_list_v1(const ListQuery& wanted, const schema::ObjectList& list) {
    Value result = describe_list(wanted, list);
    result["Marker"] = Value(shown(wanted, wanted.message.after));
    // Version 1 states the next marker only where the client cannot take it from the last key.
    if (list.is_truncated && !wanted.message.delimiter.empty())
        result["NextMarker"] = Value(shown(wanted, list.next_after));
    return render_result_of("ListObjects", root, result);
}

std::string render_list_v2(const ListQuery& wanted, const schema::ObjectList& list) {
    Value result = describe_list(wanted, list);
    const std::size_t keys = list.objects.size() + list.common_prefixes.size();
    result["KeyCount"] = Value(static_cast<std::int64_t>(keys));
    if (!wanted.continuation_token.empty())
        result["ContinuationToken"] = Value(wanted.continuation_token);
    if (list.is_truncated) result["NextContinuationToken"] = Value(make_token(list.next_after));
    // A token goes on from where the listing is, and not from where it began.
    if (!wanted.start_after.empty() && wanted.continuation_token.empty())
        result["StartAfter"] = Value(shown(wanted, wanted.start_after));
    return render_result_of("ListObjectsV2", root, result);
}

}  // namespace onput::gateway::s3
