#include "services/notifier/journal/journal_body.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/events/record_body.hpp"
#include "common/schema/notifier.hpp"
#include "services/notifier/delivery/s3_record.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t topic_arn_colons = 5;  // arn:aws:sns:<region>:<account>:<name>

template <schema::Message M>
Result<JournalBody> decode_as(std::string_view bytes) {
    ONPUT_TRY(auto body, schema::decode<M>(bytes));
    return JournalBody(std::move(body));
}

// Part of a bus topic between two slashes: none of its own.
std::string bus_part(std::string_view text) {
    std::string part(text);
    std::ranges::replace(part, '/', '_');
    return part;
}

struct TypeOf {
    std::string operator()(const schema::ObjectEvent& event) const { return bus_type_of(event); }
    std::string operator()(const schema::TopicMessage&) const { return "sns.Publish"; }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        if (events::is_of_object_event(attempt)) return "delivery.failed";
        if (!attempt.rule_arn.empty()) {
            return attempt.succeeded ? "events.DeliverySucceeded" : "events.DeliveryFailed";
        }
        return attempt.succeeded ? "sns.DeliverySucceeded" : "sns.DeliveryFailed";
    }
    std::string operator()(const schema::JobFailed&) const { return "job.failed"; }
    std::string operator()(const schema::JobProgress&) const { return "job.progress"; }
    std::string operator()(const schema::BusEvent&) const { return "events.Put"; }
};

struct TopicOf {
    std::string operator()(const schema::ObjectEvent& event) const { return bus_topic_of(event); }
    std::string operator()(const schema::TopicMessage& message) const {
        return TypeOf{}(message) + '/' + bus_part(topic_name_in(message.topic_arn));
    }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        std::string_view about = attempt.rule_arn.empty() ? topic_name_in(attempt.topic_arn)
                                                          : event_name_in(attempt.rule_arn);
        if (events::is_of_object_event(attempt)) about = topic_name_in(attempt.endpoint);
        return TypeOf{}(attempt) + '/' + bus_part(about) + '/' + bus_part(attempt.protocol);
    }
    std::string operator()(const schema::JobFailed& job) const { return of_job(job); }
    std::string operator()(const schema::JobProgress& job) const { return of_job(job); }
    std::string operator()(const schema::BusEvent& event) const {
        return TypeOf{}(event) + '/' + bus_part(event_name_in(event.bus_arn)) + '/' +
               bus_part(event.source) + '/' + bus_part(event.detail_type);
    }

private:
    static std::string of_job(const auto& job) {
        const std::string topic = TypeOf{}(job) + '/' + bus_part(job.function);
        return job.key.empty() ? topic : fmt::format("{}/{}/{}", topic, job.bucket, job.key);
    }
};

}  // namespace

Result<JournalBody> decode_body(std::string_view bytes) {
    ONPUT_TRY(const schema::Kind kind, schema::kind_of(bytes));
    switch (kind) {
        case schema::Kind::object_event: return decode_as<schema::ObjectEvent>(bytes);
        case schema::Kind::topic_message: return decode_as<schema::TopicMessage>(bytes);
        case schema::Kind::delivery_attempt: return decode_as<schema::DeliveryAttempt>(bytes);
        case schema::Kind::job_failed: return decode_as<schema::JobFailed>(bytes);
        case schema::Kind::job_progress: return decode_as<schema::JobProgress>(bytes);
        case schema::Kind::bus_event: return decode_as<schema::BusEvent>(bytes);
        default:
            return fail(ErrorCode::corruption, "kind " +
                                                   std::to_string(static_cast<unsigned>(kind)) +
                                                   " is none that a journal holds");
    }
}

const schema::TraceContext& trace_of(const JournalBody& body) {
    return std::visit([](const auto& held) -> const schema::TraceContext& { return held.trace; },
                      body);
}

const std::string& event_id_of(const JournalBody& body) {
    return std::visit([](const auto& held) -> const std::string& { return held.event_id; }, body);
}

std::string bus_type_of(const JournalBody& body) {
    return std::visit(TypeOf{}, body);
}

std::string bus_topic_of(const JournalBody& body) {
    std::string topic = std::visit(TopicOf{}, body);
    if (topic.size() > schema::bus_topic_bytes_max) topic.resize(schema::bus_topic_bytes_max);
    return topic;
}

std::string_view topic_name_in(std::string_view arn) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < topic_arn_colons; ++i) {
        at = arn.find(':', at);
        if (at == std::string_view::npos) return arn;
        ++at;
    }
    return arn.substr(at, arn.find(':', at) - at);
}

std::string_view event_name_in(std::string_view arn) {
    return arn.substr(arn.rfind('/') + 1);
}

bool is_topic_arn(std::string_view arn) {
    return arn.starts_with("arn:aws:sns:");
}

bool is_bus_arn(std::string_view arn) {
    return arn.starts_with("arn:aws:events:") && arn.contains(":event-bus/");
}

}  // namespace onput::notifier
