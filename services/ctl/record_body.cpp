#include "services/ctl/record_body.hpp"

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/schema/json.hpp"

namespace onput::ctl {
namespace {

template <typename M>
Result<RecordBody> read_as(std::string_view bytes) {
    ONPUT_TRY(auto message, schema::decode<M>(bytes));
    return message;
}

struct Subject {
    std::string operator()(const schema::ObjectEvent& event) const {
        return "s3://" + event.bucket + "/" + event.key;
    }
    std::string operator()(const schema::TopicMessage& message) const {
        return fmt::format("topic {}", name_in_arn(message.topic_arn));
    }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        return attempt.protocol.starts_with("http") ? attempt.endpoint
                                                    : attempt.protocol + ":" + attempt.endpoint;
    }
    std::string operator()(const schema::JobFailed& job) const { return of_job(job); }
    std::string operator()(const schema::JobProgress& job) const { return of_job(job); }
    std::string operator()(const schema::BusEvent& event) const {
        return fmt::format("{} {}", event.source, event.detail_type);
    }

private:
    static std::string of_job(const auto& job) {
        return job.key.empty() ? "message " + job.message_id
                               : fmt::format("s3://{}/{}", job.bucket, job.key);
    }
};

std::string_view what_of(schema::TopicMessageType type) {
    switch (type) {
        case schema::TopicMessageType::subscription_confirmation: return "confirmation asked for";
        case schema::TopicMessageType::unsubscribe_confirmation: return "end of a subscription";
        case schema::TopicMessageType::notification: break;
    }
    return "message";
}

struct Detail {
    std::string operator()(const schema::ObjectEvent& event) const { return content_of(event); }
    std::string operator()(const schema::TopicMessage& message) const {
        return fmt::format("{}, owed to {}",
                           message.subject.empty() ? what_of(message.type) : message.subject,
                           message.owed.size());
    }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        std::string text = attempt.status_code == 0 ? std::string("no answer")
                                                    : std::to_string(attempt.status_code);
        text += fmt::format(" in {}, attempt {}",
                            human_duration(std::chrono::microseconds(attempt.latency_us)),
                            attempt.attempt);
        if (!attempt.error.empty()) text += ": " + attempt.error;
        if (attempt.next_attempt_at) {
            text += ", again at " + format_iso8601_millis(*attempt.next_attempt_at);
        } else if (!attempt.succeeded) {
            text += attempt.dead_letter_arn.empty()
                        ? ", given up"
                        : fmt::format(", to queue {}", name_in_arn(attempt.dead_letter_arn));
        }
        return text;
    }
    std::string operator()(const schema::JobFailed& job) const {
        std::string text =
            fmt::format("function {}, {} {}, {}: {}", job.function, job.attempts,
                        job.attempts == 1 ? "attempt" : "attempts", job.code, job.reason);
        if (!job.disposition.empty()) text += "; " + job.disposition;
        text += job.dead_letter_arn.empty()
                    ? ", given up"
                    : fmt::format(", to queue {}", name_in_arn(job.dead_letter_arn));
        return text;
    }
    std::string operator()(const schema::JobProgress& job) const {
        return fmt::format("function {}, {} of {} parts done", job.function, job.parts_done,
                           job.parts);
    }
    std::string operator()(const schema::BusEvent& event) const {
        return fmt::format("{}, owed to {}", name_in_arn(event.bus_arn), event.owed.size());
    }
};

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

std::optional<RecordObject> object_of(const RecordBody& body) {
    if (const auto* event = std::get_if<schema::ObjectEvent>(&body)) {
        return RecordObject{.bucket = event->bucket, .key = event->key};
    }
    if (auto failed = object_of_job(std::get_if<schema::JobFailed>(&body))) return failed;
    return object_of_job(std::get_if<schema::JobProgress>(&body));
}

std::string content_of(const schema::ObjectEvent& event) {
    std::string text;
    if (event.event_name.starts_with("ObjectCreated:")) text = human_bytes(event.size_bytes);
    if (event.version_id.empty()) return text;
    if (!text.empty()) text += ", ";
    return text + "version " + event.version_id;
}

std::string subject_of(const RecordBody& body) {
    return std::visit(Subject{}, body);
}

std::string detail_of(const RecordBody& body) {
    return std::visit(Detail{}, body);
}

std::string body_as_json(const RecordBody& body) {
    return std::visit([](const auto& message) { return schema::to_json(message); }, body);
}

Tone tone_of(const RecordBody& body) {
    if (std::holds_alternative<schema::JobFailed>(body)) return Tone::bad;
    const auto* attempt = std::get_if<schema::DeliveryAttempt>(&body);
    if (attempt == nullptr) return Tone::plain;
    if (attempt->succeeded) return Tone::good;
    return attempt->next_attempt_at ? Tone::warning : Tone::bad;
}

std::string line_of(const schema::JournalRecord& record, const RecordBody& body, bool is_coloured) {
    const std::string line = fmt::format("{:>8}  {}  {:<28} {}  {}", record.sequence,
                                         format_iso8601_millis(record.time), printable(record.type),
                                         printable(subject_of(body)), printable(detail_of(body)));
    return painted(line, tone_of(body), is_coloured);
}

std::string address_of(const schema::DestinationState& state) {
    if (state.protocol.empty()) return short_arn(state.arn);
    // An endpoint of http begins with its protocol.
    if (state.protocol.starts_with("http")) return state.endpoint;
    return fmt::format("{}:{}", state.protocol, short_arn(state.endpoint));
}

std::string_view name_in_arn(std::string_view arn) {
    const auto colon = arn.rfind(':');
    return colon == std::string_view::npos ? arn : arn.substr(colon + 1);
}

}  // namespace onput::ctl
