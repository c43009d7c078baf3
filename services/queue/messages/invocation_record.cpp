#include "services/queue/messages/invocation_record.hpp"

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::queue {
namespace {

constexpr std::string_view latest = "$LATEST";
constexpr std::string_view null = "null";

std::string_view condition_of(const InvocationEnd& end) {
    if (end.failure == nullptr) return "Success";
    return end.failure->code == event_age_exceeded ? "EventAgeExceeded" : "RetriesExhausted";
}

// The record is an event's detail, and both nest what is in them once more.
constexpr std::size_t payload_depth_max = json::depth_max_default - 2;

// A payload as it stands in the record: JSON as it is, anything else, or deeper, as a text.
std::string embedded(const std::string& payload) {
    if (payload.empty()) return std::string(null);
    if (json::read(payload, {.depth_max = payload_depth_max})) return payload;
    json::Writer out;
    out.text(payload);
    return out.take();
}

std::string quoted(std::string_view text) {
    json::Writer out;
    out.text(text);
    return out.take();
}

std::string write(const InvocationEnd& end, std::string_view request, std::string_view response) {
    const std::string& version = end.function.management.version;
    const std::string_view executed = version.empty() ? latest : std::string_view(version);
    const bool has_answer = !end.response.empty();
    const std::string context =
        has_answer ? fmt::format(R"({{"statusCode":200,"executedVersion":"{}"{}}})", executed,
                                 end.failure != nullptr ? R"(,"functionError":"Unhandled")" : "")
                   : std::string(null);
    return fmt::format(
        R"({{"version":"1.0","timestamp":"{}","requestContext":{{"requestId":{},"functionArn":{},)"
        R"("condition":"{}","approximateInvokeCount":{}}},"requestPayload":{},)"
        R"("responseContext":{},"responsePayload":{}}})",
        format_iso8601_millis(end.time), quoted(end.job.message_id), quoted(invoked_arn(end)),
        condition_of(end), end.attempts, request, context, response);
}

}  // namespace

bool is_bus_arn(std::string_view arn) {
    return arn.starts_with("arn:aws:events:") && arn.contains(":event-bus/");
}

std::string invoked_arn(const InvocationEnd& end) {
    const bool is_version = !end.function.management.version.empty();
    return is_version ? end.function.arn : fmt::format("{}:{}", end.function.arn, latest);
}

std::string invocation_record(const InvocationEnd& end, std::size_t bytes_max) {
    const std::string request = embedded(end.job.body);
    const std::string response = embedded(end.response);
    std::string record = write(end, request, response);
    if (record.size() > bytes_max) record = write(end, request, null);
    if (record.size() > bytes_max) record = write(end, null, null);
    return record;
}

}  // namespace onput::queue
