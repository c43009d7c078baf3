#include "services/queue/messages/input_object.hpp"

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "services/queue/messages/text.hpp"

namespace onput::queue {
namespace {

using Json = nlohmann::json;

// What S3 allows; anything longer is no record of an object.
constexpr std::size_t bucket_bytes_max = 63;
constexpr std::size_t key_bytes_max = 1024;
constexpr std::size_t short_text_bytes_max = 128;  // Version ids and ETags.

const Json* member(const Json* object, const char* name) {
    if (object == nullptr || !object->is_object()) return nullptr;
    const auto found = object->find(name);
    return found == object->end() ? nullptr : &*found;
}

std::string text_of(const Json* value) {
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace

std::optional<InputObject> input_of(std::string_view body) {
    const Json document = Json::parse(body, nullptr, /*allow_exceptions=*/false);
    const Json* records = member(&document, "Records");
    if (records == nullptr || !records->is_array() || records->size() != 1) return {};
    const Json* s3 = member(&records->front(), "s3");
    const Json* object = member(s3, "object");
    const auto key = form_decode(text_of(member(object, "key")));
    if (!key) return {};
    InputObject input{
        .bucket = text_of(member(member(s3, "bucket"), "name")),
        .key = *key,
        .version_id = cut_bytes(text_of(member(object, "versionId")), short_text_bytes_max),
        .etag = cut_bytes(text_of(member(object, "eTag")), short_text_bytes_max)};
    const Json* size = member(object, "size");
    if (size != nullptr && size->is_number_unsigned())
        input.size_bytes = size->get<std::uint64_t>();
    const bool is_object = !input.bucket.empty() && input.bucket.size() <= bucket_bytes_max &&
                           !input.key.empty() && input.key.size() <= key_bytes_max;
    return is_object ? std::optional(std::move(input)) : std::nullopt;
}

}  // namespace onput::queue
