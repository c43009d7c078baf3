// Messages: destinations of asynchronous invocations. What a function's end is told to is written
// in the commit of that end: a message of a queue, a job of another function, or the outbox's, for
// a topic or a bus.
#include "common/auth/iam_arn.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/invoke.hpp"
#include "services/queue/messages/invocation_record.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

namespace {

// As Lambda puts it on a bus.
schema::BusEvent event_for(const InvocationEnd& end, const std::string& bus_arn) {
    schema::BusEvent event;
    event.bus_arn = bus_arn;
    event.account = end.function.account;
    event.region = auth::region_in_arn(bus_arn);
    event.source = "lambda";
    event.detail_type = end.failure == nullptr ? "Lambda Function Invocation Result - Success"
                                               : "Lambda Function Invocation Result - Failure";
    event.time = end.time;
    event.resources = {invoked_arn(end), bus_arn};
    event.detail = invocation_record(end, notification_bytes_max);
    event.trace = end.job.trace;
    ++event.trace.depth;
    event.trace_header = end.job.trace_header;
    return event;
}

}  // namespace

void Messages::tell_destination(const InvocationEnd& end, Effects& effects) {
    const schema::FunctionManagement& management = end.function.management;
    const schema::AliasEvents* events = alias_events(end.function, end.job);
    const auto& on_success = events != nullptr ? events->on_success_arn : management.on_success_arn;
    const auto& on_failure = events != nullptr ? events->on_failure_arn : management.on_failure_arn;
    const std::string& arn = end.failure == nullptr ? on_success : on_failure;
    if (arn.empty()) return;
    if (arn.starts_with("arn:aws:sns:")) {
        schema::TopicMessage message;
        message.topic_arn = arn;
        message.message = invocation_record(end, notification_bytes_max);
        message.time = end.time;
        message.service = "lambda.amazonaws.com";
        message.source_arn = end.function.arn;
        message.source_account = end.function.account;
        message.trace = end.job.trace;
        parts_.notifications.add(std::move(message), effects.batch());
        return;
    }
    if (is_bus_arn(arn)) return parts_.notifications.add(event_for(end, arn), effects.batch());
    Queue* target = parts_.catalogue.find_arn(arn);
    const bool is_there = target != nullptr && target->account == end.function.account;
    if (!is_there) return;
    const std::size_t bytes_max =
        target->function ? schema::event_payload_bytes_max : target->settings.message_bytes_max;
    MessageRecord record;
    record.message_id = parts_.random.uuid();
    record.body = invocation_record(end, bytes_max);
    record.sender_id = "lambda.amazonaws.com";
    record.trace_header = end.job.trace_header;
    record.trace = end.job.trace;
    ++record.trace.depth;
    record.is_logged = end.job.is_logged;
    record.alias = parts_.catalogue.alias_of(arn);
    add(*target, std::move(record), end.time, Duration::zero(), effects);
}

}  // namespace onput::queue
