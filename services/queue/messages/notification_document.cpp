#include "services/queue/messages/notification_document.hpp"

#include <optional>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/json/writer.hpp"
#include "services/queue/messages/input_object.hpp"
#include "services/queue/messages/text.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t short_text_bytes_max = 128;  // Ids of events and traces.

// For the names, brackets and commas of what is added to a document.
constexpr std::size_t punctuation_bytes = 96;

constexpr const char* service_name = "lambda.amazonaws.com";

void add(json::Value& object, const char* name, const std::string& text) {
    if (!text.empty()) object[name] = text;
}
void add(json::Value& object, const char* name, std::uint64_t number) {
    if (number != 0) object[name] = number;
}

json::Value show(const InputObject& input) {
    json::Value object = json::Object();
    add(object, "bucket", input.bucket);
    add(object, "key", input.key);
    add(object, "versionId", input.version_id);
    add(object, "eTag", input.etag);
    add(object, "size", input.size_bytes);
    return object;
}

json::Value show(const schema::JobOutput& output) {
    json::Value object = json::Object();
    add(object, "name", output.name);
    add(object, "bucket", output.bucket);
    add(object, "key", output.key);
    add(object, "versionId", output.version_id);
    add(object, "eTag", output.etag);
    add(object, "contentType", output.content_type);
    add(object, "size", output.size_bytes);
    add(object, "width", output.width);
    add(object, "height", output.height);
    add(object, "pages", output.pages);
    add(object, "durationMs", output.duration_ms);
    return object;
}

json::Value show(const schema::JobOmission& omission) {
    json::Value object = json::Object();
    add(object, "name", omission.name);
    add(object, "reason", omission.reason);
    add(object, "message", omission.message);
    return object;
}

json::Value show(const Failure& failure) {
    json::Value object = json::Object();
    add(object, "code", failure.code);
    add(object, "message", failure.message);
    add(object, "disposition", failure.disposition);
    return object;
}

std::string status_of(const JobEnd& end) {
    return end.failure == nullptr ? "succeeded" : "failed";
}

json::Value head_of(const JobEnd& end, const std::optional<InputObject>& input) {
    json::Value head = json::Object();
    head["version"] = "1";
    head["status"] = status_of(end);
    head["function"] = end.function.name;
    head["functionArn"] = end.function.arn;
    head["time"] = format_iso8601_millis(end.time);
    add(head, "eventId", cut_bytes(end.job.event_id, short_text_bytes_max));
    add(head, "traceId", cut_bytes(end.job.trace.trace_id, short_text_bytes_max));
    add(head, "attempts", end.attempts);
    if (input) {
        head["input"] = show(*input);
    } else {
        add(head, "message", cut_bytes(end.job.body, notification_body_bytes_max));
    }
    return head;
}

// As many as fit into `room`, which they use up.
template <typename T>
json::Value::Array list_within(std::span<const T> all, std::size_t& room) {
    json::Value::Array listed;
    for (const T& one : all) {
        json::Value shown = show(one);
        const std::size_t bytes = json::write(shown).size() + 1;
        if (bytes > room) break;
        room -= bytes;
        listed.push_back(std::move(shown));
    }
    return listed;
}

// Lists as many outputs as fit and counts the others; before them what was left out.
void add_outputs(json::Value& document, const JobEnd& end, std::size_t room) {
    json::Value::Array omitted = list_within(end.omitted, room);
    json::Value::Array outputs = list_within(end.outputs, room);
    const std::size_t unlisted = end.outputs.size() - outputs.size();
    if (!outputs.empty()) document["outputs"] = std::move(outputs);
    add(document, "outputsOmitted", unlisted);
    if (!omitted.empty()) document["omitted"] = std::move(omitted);
}

std::string document_of(const JobEnd& end, const std::optional<InputObject>& input) {
    json::Value document = head_of(end, input);
    const json::Value error = end.failure == nullptr ? json::Value() : show(*end.failure);
    const std::size_t used =
        json::write(document).size() + json::write(error).size() + punctuation_bytes;
    const std::size_t room = used < notification_bytes_max ? notification_bytes_max - used : 0;
    add_outputs(document, end, room);
    if (end.failure != nullptr) document["error"] = error;
    return json::write(document);
}

std::string subject_of(const JobEnd& end, const std::optional<InputObject>& input) {
    const std::string what =
        input ? input->bucket + "/" + input->key : "message " + end.job.message_id;
    // Fewer than the limit: SNS wants it below.
    return one_line(end.function.name + " " + status_of(end) + ": " + what,
                    schema::topic_subject_characters_max - 1);
}

}  // namespace

const std::string& topic_of(const JobEnd& end) {
    return end.failure == nullptr ? end.function.success_topic_arn : end.function.failure_topic_arn;
}

std::string notification_document(const JobEnd& end) {
    return document_of(end, input_of(end.job.body));
}

schema::TopicMessage notification_of(const JobEnd& end) {
    const auto input = input_of(end.job.body);
    const auto text = [](std::string name, std::string value) {
        return schema::TopicAttribute{
            .name = std::move(name), .type = "String", .value = std::move(value)};
    };
    schema::TopicMessage message;
    message.topic_arn = topic_of(end);
    message.subject = subject_of(end, input);
    message.message = document_of(end, input);
    message.attributes = {text("status", status_of(end)), text("function", end.function.name)};
    if (input) message.attributes.push_back(text("bucket", input->bucket));
    message.time = end.time;
    message.service = service_name;
    message.source_arn = end.function.arn;
    message.source_account = end.function.account;
    // Already says that the job's event is the cause.
    message.trace = end.job.trace;
    return message;
}

schema::JobFailed job_failed_of(const JobEnd& end) {
    ONPUT_CHECK(end.failure != nullptr);
    const auto input = input_of(end.job.body).value_or(InputObject{});
    return {.message_id = end.job.message_id,
            .time = end.time,
            .function = end.function.name,
            .function_arn = end.function.arn,
            .bucket = input.bucket,
            .key = input.key,
            .version_id = input.version_id,
            .attempts = end.attempts,
            .code = end.failure->code,
            .reason = end.failure->message,
            .disposition = end.failure->disposition,
            .trace = end.job.trace};
}

bool JobAdvance::is_told() const {
    const auto events = [this](std::uint64_t done) {
        return done * schema::job_progress_events_max / parts;
    };
    if (parts <= schema::job_progress_events_max) return true;
    return parts_done > 0 && events(parts_done) > events(parts_done - 1);
}

schema::JobProgress job_progress_of(const JobAdvance& advance) {
    const auto input = input_of(advance.job.body).value_or(InputObject{});
    return {.message_id = advance.job.message_id,
            .time = advance.time,
            .function = advance.function.name,
            .function_arn = advance.function.arn,
            .bucket = input.bucket,
            .key = input.key,
            .version_id = input.version_id,
            .parts_done = advance.parts_done,
            .parts = advance.parts,
            .trace = advance.job.trace};
}

}  // namespace onput::queue
