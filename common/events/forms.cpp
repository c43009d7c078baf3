#include "common/events/forms.hpp"

#include <fmt/format.h>

#include "common/base/time.hpp"
#include "common/events/s3_event.hpp"
#include "common/json/writer.hpp"

namespace onput::events {
namespace {

// Where an event comes from, and what it is about there.
struct Origin {
    std::string source;
    std::string subject;
};

Origin origin_of(const RecordBody& body) {
    if (const auto object = object_of(body)) {
        return {.source = fmt::format("arn:aws:s3:::{}", object->bucket),
                .subject = std::string(object->key)};
    }
    if (const auto* message = std::get_if<schema::TopicMessage>(&body)) {
        return {.source = message->topic_arn, .subject = message->subject};
    }
    if (const auto* event = std::get_if<schema::BusEvent>(&body)) {
        return {.source = event->source, .subject = event->detail_type};
    }
    if (const auto* attempt = std::get_if<schema::DeliveryAttempt>(&body)) {
        if (!attempt->rule_arn.empty()) {
            return {.source = attempt->rule_arn, .subject = attempt->endpoint};
        }
        return {.source = attempt->topic_arn, .subject = attempt->endpoint};
    }
    if (const auto* failed = std::get_if<schema::JobFailed>(&body)) {
        return {.source = failed->function_arn, .subject = failed->message_id};
    }
    if (const auto* progress = std::get_if<schema::JobProgress>(&body)) {
        return {.source = progress->function_arn, .subject = progress->message_id};
    }
    return {};
}

// S3's own detail, that of an event of a bus, or the message itself.
std::string data_of(const RecordBody& body) {
    if (const auto* event = std::get_if<schema::BusEvent>(&body)) return event->detail;
    if (const auto* event = std::get_if<schema::ObjectEvent>(&body)) {
        if (auto on_bus = bus_event_of(*event)) return std::move(on_bus->detail);
    }
    return body_as_json(body);
}

// Of what happens once. The others are about an event or a message that has the same id.
bool has_own_id(const RecordBody& body) {
    return !std::holds_alternative<schema::DeliveryAttempt>(body);
}

}  // namespace

std::string json_line(const schema::JournalRecord& record, const RecordBody& body) {
    return fmt::format(R"({{"sequence":{},"time":"{}","type":{},"event":{}}})", record.sequence,
                       format_iso8601_millis(record.time), json::quoted(record.type),
                       body_as_json(body));
}

std::string cloud_event(const schema::JournalRecord& record, const RecordBody& body) {
    Origin origin = origin_of(body);
    // Neither may be empty.
    if (origin.source.empty()) origin.source = "onput";
    std::string id = event_id_of(body);
    if (id.empty() || !has_own_id(body)) id += fmt::format("/{}", record.sequence);
    json::Writer out;
    out.begin_object();
    const auto add = [&out](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        out.name(name);
        out.text(value);
    };
    add("specversion", "1.0");
    add("id", id);
    add("source", origin.source);
    add("type", "onput." + record.type);
    add("subject", origin.subject);
    add("time", format_iso8601_millis(record.time));
    add("datacontenttype", "application/json");
    add("sequence", fmt::format("{:020}", record.sequence));
    add("traceid", trace_of(body).trace_id);
    std::string text = out.take();
    // What was put on a bus is JSON already, and stays as it was written.
    return fmt::format(R"({},"data":{}}})", text, data_of(body));
}

}  // namespace onput::events
