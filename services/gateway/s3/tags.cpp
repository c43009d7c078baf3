#include "services/gateway/s3/tags.hpp"

#include <set>

#include "common/base/encoding.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

std::unexpected<Error> invalid_header(std::string_view header) {
    return invalid_argument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
        "without tag name duplicates.",
        "x-amz-tagging", std::string(header));
}

}  // namespace

Result<std::vector<schema::Tag>> read_tagging_header(std::string_view header) {
    std::vector<schema::Tag> tags;
    std::set<std::string> keys;
    std::string_view rest = header;
    while (const auto parameter = next_parameter(rest)) {
        const auto key = form_decode(parameter->name);
        const auto value = form_decode(parameter->value);
        if (!key || !value || !is_utf8(*key) || !is_utf8(*value)) return invalid_header(header);
        if (key->empty() || !keys.insert(*key).second) return invalid_header(header);
        tags.push_back({.key = *key, .value = *value});
    }
    return tags;
}

Result<std::vector<schema::Tag>> read_tagging(const aws::Value& document) {
    const auto* set = document.find("TagSet");
    if (set == nullptr) return aws::malformed_xml();
    std::vector<schema::Tag> tags;
    if (set->list() == nullptr) return tags;
    for (const auto& tag : *set->list()) {
        if (tag.find("Key") == nullptr || tag.find("Value") == nullptr) return aws::malformed_xml();
        tags.push_back({.key = tag.text_of("Key"), .value = tag.text_of("Value")});
    }
    return tags;
}

std::string render_tagging(const std::vector<schema::Tag>& tags) {
    aws::Value result;
    result["TagSet"] = aws::Value(aws::Value::List());
    for (const auto& tag : tags) {
        aws::Value shown;
        shown["Key"] = tag.key;
        shown["Value"] = tag.value;
        result["TagSet"].push_back(std::move(shown));
    }
    return render_result_of("GetObjectTagging", "Tagging", result);
}

}  // namespace onput::gateway::s3
