#include "common/worker/s3_event.hpp"

#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"

namespace onput::worker {
namespace {

std::unexpected<Error> not_a_record(std::string_view why) {
    return onput::fail(ErrorCode::invalid_argument, "read S3 event record: " + std::string(why),
                       "not_an_s3_event");
}

}  // namespace

Result<S3Event> parse_s3_event(std::string_view body) {
    const auto document = json::read(body);
    if (!document) return not_a_record(json::explain(document.error()));
    const json::Value* held = document->find("Records");
    const auto* records = held != nullptr ? held->array() : nullptr;
    if (records == nullptr || records->size() != 1) return not_a_record("not exactly one record");
    const json::Value& record = records->front();
    const json::Value* s3 = record.find("s3");
    const json::Value* bucket = s3 != nullptr ? s3->find("bucket") : nullptr;
    const json::Value* object = s3 != nullptr ? s3->find("object") : nullptr;
    if (bucket == nullptr || object == nullptr) return not_a_record("no s3.bucket and s3.object");

    S3Event event;
    event.event_name = record.text_of("eventName");
    event.bucket = bucket->text_of("name");
    ONPUT_TRY(event.key, form_decode(object->text_of("key")));
    event.etag = object->text_of("eTag");
    event.sequencer = object->text_of("sequencer");
    const json::Value* size = object->find("size");
    const std::int64_t* bytes = size != nullptr ? size->integer() : nullptr;
    if (bytes != nullptr && *bytes > 0) event.size_bytes = static_cast<std::uint64_t>(*bytes);
    if (event.event_name.empty() || event.bucket.empty() || event.key.empty()) {
        return not_a_record("event name, bucket or key is missing");
    }
    return event;
}

}  // namespace onput::worker
