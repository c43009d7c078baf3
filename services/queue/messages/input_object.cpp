#include "services/queue/messages/input_object.hpp"

#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "services/queue/messages/text.hpp"

namespace onput::queue {
namespace {

// What S3 allows; anything longer is no record of an object.
constexpr std::size_t bucket_bytes_max = 63;
constexpr std::size_t key_bytes_max = 1024;
constexpr std::size_t short_text_bytes_max = 128;  // Version ids and ETags.

const json::Value* member(const json::Value* object, std::string_view name) {
    return object == nullptr ? nullptr : object->find(name);
}

std::string text_of(const json::Value* object, std::string_view name) {
    return object == nullptr ? std::string() : object->text_of(name);
}

}  // namespace

std::optional<InputObject> input_of(std::string_view body) {
    const auto document = json::read(body);
    const json::Value* records = document ? document->find("Records") : nullptr;
    const json::Value::Array* list = records == nullptr ? nullptr : records->array();
    if (list == nullptr || list->size() != 1) return {};
    const json::Value* s3 = member(&list->front(), "s3");
    const json::Value* object = member(s3, "object");
    const auto key = form_decode(text_of(object, "key"));
    if (!key) return {};
    InputObject input{.bucket = text_of(member(s3, "bucket"), "name"),
                      .key = *key,
                      .version_id = cut_bytes(text_of(object, "versionId"), short_text_bytes_max),
                      .etag = cut_bytes(text_of(object, "eTag"), short_text_bytes_max)};
    const json::Value* size = member(object, "size");
    const std::int64_t* bytes = size == nullptr ? nullptr : size->integer();
    if (bytes != nullptr && *bytes > 0) input.size_bytes = static_cast<std::uint64_t>(*bytes);
    const bool is_object = !input.bucket.empty() && input.bucket.size() <= bucket_bytes_max &&
                           !input.key.empty() && input.key.size() <= key_bytes_max;
    return is_object ? std::optional(std::move(input)) : std::nullopt;
}

}  // namespace onput::queue
