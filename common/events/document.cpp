#include "common/events/document.hpp"

#include <string_view>

#include <fmt/format.h>

#include "common/events/s3_event.hpp"
#include "common/json/writer.hpp"
#include "common/schema/json.hpp"

namespace onput::events {
namespace {

struct DetailTypeOf {
    std::string operator()(const schema::ObjectEvent& event) const { return event.event_name; }
    std::string operator()(const schema::BusEvent& event) const { return event.detail_type; }
    std::string operator()(const schema::TopicMessage&) const { return "Message Published"; }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        return attempt.succeeded ? "Delivery Succeeded" : "Delivery Failed";
    }
    std::string operator()(const schema::JobFailed&) const { return "Job Failed"; }
    std::string operator()(const schema::JobProgress&) const { return "Job Progress"; }
};

// What no bus has: named after the record's type, with the message itself as its detail.
schema::BusEvent own_event_of(const schema::JournalRecord& record, const RecordBody& body) {
    schema::BusEvent event;
    event.event_id = event_id_of(body);
    event.source = "onput." + record.type.substr(0, record.type.find('.'));
    event.detail_type = std::visit(DetailTypeOf(), body);
    event.time = record.time;
    event.detail = body_as_json(body);
    return event;
}

}  // namespace

std::string time_of_event(Timestamp time) {
    const std::string millis = format_iso8601_millis(time);
    return millis.substr(0, millis.find('.')) + "Z";
}

std::string uuid_of(std::string_view event_id) {
    if (event_id.size() != 32) return std::string(event_id);
    return fmt::format("{}-{}-{}-{}-{}", event_id.substr(0, 8), event_id.substr(8, 4),
                       event_id.substr(12, 4), event_id.substr(16, 4), event_id.substr(20));
}

std::string event_document(const schema::BusEvent& event) {
    std::string resources;
    for (const auto& resource : event.resources) {
        if (!resources.empty()) resources += ',';
        resources += json::quoted(resource);
    }
    const std::string replay =
        event.replay_name.empty()
            ? ""
            : fmt::format(R"("replay-name":{},)", json::quoted(event.replay_name));
    return fmt::format(
        R"({{"version":"0","id":{},"detail-type":{},"source":{},"account":{},"time":{},)"
        R"("region":{},"resources":[{}],{}"detail":{}}})",
        json::quoted(uuid_of(event.event_id)), json::quoted(event.detail_type),
        json::quoted(event.source), json::quoted(event.account),
        json::quoted(time_of_event(event.time)), json::quoted(event.region), resources, replay,
        event.detail);
}

std::string document_of(const schema::JournalRecord& record, const RecordBody& body) {
    if (const auto* event = std::get_if<schema::BusEvent>(&body)) return event_document(*event);
    if (const auto* event = std::get_if<schema::ObjectEvent>(&body)) {
        if (const auto on_bus = bus_event_of(*event)) return event_document(*on_bus);
    }
    return event_document(own_event_of(record, body));
}

}  // namespace onput::events
