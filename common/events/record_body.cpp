#include "common/events/record_body.hpp"

#include "common/schema/json.hpp"

namespace onput::events {
namespace {

template <typename M>
Result<RecordBody> read_as(std::string_view bytes) {
    ONPUT_TRY(auto message, schema::decode<M>(bytes));
    return message;
}

// Of one that is about a job.
std::optional<RecordObject> object_of_job(const auto* job) {
    if (job == nullptr || job->key.empty()) return {};
    return RecordObject{.bucket = job->bucket, .key = job->key};
}

}  // namespace

Result<RecordBody> read_record_body(std::string_view bytes) {
    ONPUT_TRY(const auto kind, schema::kind_of(bytes));
    switch (kind) {
        case schema::Kind::object_event: return read_as<schema::ObjectEvent>(bytes);
        case schema::Kind::topic_message: return read_as<schema::TopicMessage>(bytes);
        case schema::Kind::delivery_attempt: return read_as<schema::DeliveryAttempt>(bytes);
        case schema::Kind::job_failed: return read_as<schema::JobFailed>(bytes);
        case schema::Kind::job_progress: return read_as<schema::JobProgress>(bytes);
        case schema::Kind::bus_event: return read_as<schema::BusEvent>(bytes);
        default: return fail(ErrorCode::unimplemented, "a record of a kind not known here");
    }
}

const schema::TraceContext& trace_of(const RecordBody& body) {
    return std::visit(
        [](const auto& message) -> const schema::TraceContext& { return message.trace; }, body);
}

const std::string& event_id_of(const RecordBody& body) {
    return std::visit([](const auto& message) -> const std::string& { return message.event_id; },
                      body);
}

std::optional<RecordObject> object_of(const RecordBody& body) {
    if (const auto* event = std::get_if<schema::ObjectEvent>(&body)) {
        return RecordObject{.bucket = event->bucket, .key = event->key};
    }
    if (auto failed = object_of_job(std::get_if<schema::JobFailed>(&body))) return failed;
    return object_of_job(std::get_if<schema::JobProgress>(&body));
}

bool is_of_object_event(const schema::DeliveryAttempt& attempt) {
    return attempt.topic_arn.empty() && attempt.subscription_arn.empty() &&
           attempt.rule_arn.empty() && !attempt.message_id.empty();
}

RecordStatus status_of(const RecordBody& body) {
    if (std::holds_alternative<schema::JobFailed>(body)) return RecordStatus::failed;
    const auto* attempt = std::get_if<schema::DeliveryAttempt>(&body);
    if (attempt == nullptr) return RecordStatus::none;
    if (attempt->succeeded) return RecordStatus::succeeded;
    return attempt->next_attempt_at ? RecordStatus::retrying : RecordStatus::failed;
}

std::string_view to_string(RecordStatus status) {
    switch (status) {
        case RecordStatus::succeeded: return "succeeded";
        case RecordStatus::retrying: return "retrying";
        case RecordStatus::failed: return "failed";
        case RecordStatus::none: break;
    }
    return {};
}

std::string body_as_json(const RecordBody& body) {
    return std::visit([](const auto& message) { return schema::to_json(message); }, body);
}

}  // namespace onput::events
