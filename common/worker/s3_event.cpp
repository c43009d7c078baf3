#include "common/worker/s3_event.hpp"

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"

namespace onput::worker {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> not_a_record(std::string_view why) {
    return onput::fail(ErrorCode::invalid_argument, "read S3 event record: " + std::string(why),
                       "not_an_s3_event");
}

const Json* find(const Json& object, const char* name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json* value) {
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace

Result<S3Event> parse_s3_event(std::string_view body) {
    const Json document = Json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (document.is_discarded()) return not_a_record("not JSON");
    const Json* records = find(document, "Records");
    if (records == nullptr || !records->is_array() || records->size() != 1) {
        return not_a_record("not exactly one record");
    }
    const Json& record = records->front();
    const Json* s3 = find(record, "s3");
    const Json* bucket = s3 != nullptr ? find(*s3, "bucket") : nullptr;
    const Json* object = s3 != nullptr ? find(*s3, "object") : nullptr;
    if (bucket == nullptr || object == nullptr) return not_a_record("no s3.bucket and s3.object");

    S3Event event;
    event.event_name = text_of(find(record, "eventName"));
    event.bucket = text_of(find(*bucket, "name"));
    ONPUT_TRY(event.key, form_decode(text_of(find(*object, "key"))));
    event.etag = text_of(find(*object, "eTag"));
    event.sequencer = text_of(find(*object, "sequencer"));
    const Json* size = find(*object, "size");
    if (size != nullptr && size->is_number_unsigned())
        event.size_bytes = size->get<std::uint64_t>();
    if (event.event_name.empty() || event.bucket.empty() || event.key.empty()) {
        return not_a_record("event name, bucket or key is missing");
    }
    return event;
}

}  // namespace onput::worker
