#include "services/queue/messages/dead_letter.hpp"

#include <utility>

#include <fmt/format.h>

#include "services/queue/messages/input_object.hpp"

namespace onput::queue {
namespace {

constexpr std::string_view function_sender_prefix = "function/";

std::string attribute_of(const MessageRecord& letter, const std::string& name) {
    const auto found = letter.attributes.find(name);
    return found == letter.attributes.end() ? std::string() : found->second.value;
}

}  // namespace

MessageRecord letter_of_job(MessageRecord job, const Failure& failure,
                            const schema::FunctionInfo& function) {
    const auto text = [](std::string value) {
        return schema::MessageAttribute{.data_type = "String", .value = std::move(value)};
    };
    MessageRecord letter;
    letter.attributes = {{"RequestID", text(job.message_id)},
                         {"ErrorCode", text(failure.code)},
                         {"ErrorMessage", text(failure.message)},
                         {"FunctionArn", text(function.arn)}};
    letter.body = std::move(job.body);
    letter.sender_id = fmt::format("{}{}", function_sender_prefix, function.name);
    letter.event_id = std::move(job.event_id);
    letter.trace = std::move(job.trace);
    letter.is_logged = job.is_logged;
    return letter;
}

bool is_letter_of_function(const MessageRecord& letter) {
    return letter.dead_letter_source_arn.empty() &&
           letter.sender_id.starts_with(function_sender_prefix);
}

std::string origin_of(const MessageRecord& letter) {
    return is_letter_of_function(letter) ? attribute_of(letter, "FunctionArn")
                                         : letter.dead_letter_source_arn;
}

MessageRecord redriven(MessageRecord letter, std::string message_id) {
    letter.message_id = std::move(message_id);
    letter.dead_letter_source_arn.clear();
    letter.dead_lettered_at = {};
    letter.attempts = 0;
    return letter;
}

bool is_about(const MessageRecord& letter, const std::string& bucket, const std::string& key) {
    if (bucket.empty() && key.empty()) return true;
    const auto input = input_of(letter.body);
    return input && input->bucket == bucket && input->key == key;
}

schema::DeadLetter describe(const MessageRecord& letter) {
    const auto input = input_of(letter.body).value_or(InputObject{});
    schema::DeadLetter shown{.message_id = letter.message_id,
                             .source_arn = origin_of(letter),
                             .bucket = input.bucket,
                             .key = input.key,
                             .dead_lettered_at = letter.dead_lettered_at,
                             .attempts = letter.attempts};
    shown.code = attribute_of(letter, "ErrorCode");
    shown.reason = attribute_of(letter, "ErrorMessage");
    if (!letter.dead_letter_source_arn.empty()) {
        shown.code = "ReceivedTooOften";
        shown.reason = fmt::format("received {} times without being deleted", letter.attempts);
    }
    return shown;
}

}  // namespace onput::queue
