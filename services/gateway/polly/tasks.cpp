// StartSpeechSynthesisTask, GetSpeechSynthesisTask, ListSpeechSynthesisTasks.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/schema/storage.hpp"
#include "common/schema/topics.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/polly/operation.hpp"
#include "services/gateway/polly/request.hpp"
#include "services/gateway/worker_calls.hpp"

namespace onput::gateway::polly {
namespace {

// Where the queue service puts the task's id.
constexpr std::string_view id_place = "{id}";

// Workers that are busy are not waited for: a task is for whoever does not want to wait.
constexpr Duration check_timeout = std::chrono::seconds(3);

Value describe_task(const schema::SpeechTask& task) {
    Value described;
    const auto set = [&described](std::string name, const std::string& text) {
        if (!text.empty()) described[std::move(name)] = Value(text);
    };
    set("TaskId", task.task_id);
    set("TaskStatus", task.status);
    set("TaskStatusReason", task.status_reason);
    set("OutputUri", task.output_uri);
    described["CreationTime"] = Value(to_millis(task.created_at));
    described["RequestCharacters"] = Value(static_cast<std::int64_t>(task.characters));
    set("SnsTopicArn", task.topic_arn);
    set("Engine", task.speech.engine);
    set("LanguageCode", task.speech.language_code);
    set("OutputFormat", task.speech.format);
    if (task.speech.sample_rate != 0) set("SampleRate", fmt::to_string(task.speech.sample_rate));
    set("TextType", task.speech.is_ssml ? "ssml" : "text");
    set("VoiceId", task.speech.voice);
    for (const auto& lexicon : task.speech.lexicons)
        described["LexiconNames"].push_back(Value(lexicon.name));
    for (const auto& mark : task.speech.marks) described["SpeechMarkTypes"].push_back(Value(mark));
    return described;
}

// The task writes in the name of who starts it: the policies of both must let him.
http::Task<Result<void>> check_may_write(Call& call, const schema::SpeechTask& task) {
    const schema::HeadBucket message{.name = task.output_bucket, .key = task.output_key};
    auto options = call.context.call_options();
    options.access = origin_of(call.context);
    options.access->actions = {"PutObject"};
    const auto may = co_await call.context.call(message, std::move(options));
    if (!may) co_return std::unexpected(may.error());
    co_return Result<void>();
}

// Refused before the task begins what its end could only fail by.
http::Task<Result<void>> check_bucket(Call& call, const schema::SpeechTask& task) {
    const std::string& bucket = task.output_bucket;
    const schema::HeadBucket message{.name = bucket};
    const auto found = co_await call.context.call(message);
    if (found && found->reply.owner_account == call.context.identity.account_id) {
        auto may = co_await check_may_write(call, task);
        co_return may;
    }
    if (!found && found.error().code != ErrorCode::not_found &&
        found.error().code != ErrorCode::permission_denied)
        co_return std::unexpected(found.error());
    co_return fail(ErrorCode::invalid_argument,
                   fmt::format("The bucket {} does not exist, or is not yours.", bucket),
                   "InvalidS3BucketException");
}

http::Task<Result<void>> check_topic(Call& call, const std::string& arn) {
    if (arn.empty()) co_return Result<void>();
    const schema::GetTopic message{.arn = arn};
    const auto found = co_await call.context.call(message);
    if (found) co_return Result<void>();
    if (found.error().code == ErrorCode::unavailable) co_return std::unexpected(found.error());
    co_return fail(ErrorCode::invalid_argument, fmt::format("The topic {} does not exist.", arn),
                   "InvalidSnsTopicArnException");
}

// Whether a worker would speak it. Where none can be asked now, the task's end tells.
http::Task<Result<void>> check_speech(Call& call, schema::SynthesizeSpeech speech) {
    speech.checks_only = true;
    WorkerCall asked(call.context, std::string(worker_kind), schema::encode(speech), check_timeout);
    const auto checked = co_await asked.next();
    if (checked || checked.error().code != ErrorCode::invalid_argument) co_return Result<void>();
    co_return std::unexpected(checked.error());
}

schema::StartSpeechTask make_task(const Call& call, schema::SynthesizeSpeech speech) {
    const Value& input = call.input;
    schema::StartSpeechTask message;
    schema::SpeechTask& task = message.task;
    task.characters = count_spoken(speech.text, speech.is_ssml);
    task.output_bucket = input.text_of("OutputS3BucketName");
    const std::string prefix = input.text_of("OutputS3KeyPrefix");
    task.output_key = fmt::format("{}{}{}{}", prefix, prefix.empty() ? "" : ".", id_place,
                                  ending_of(speech.format));
    const auto address = call.context.public_address();
    task.output_uri = fmt::format("{}://{}/{}/{}", address.scheme, address.host, task.output_bucket,
                                  task.output_key);
    task.content_type = content_type_of(speech.format);
    task.topic_arn = input.text_of("SnsTopicArn");
    task.speech = std::move(speech);
    return message;
}

}  // namespace

Outcome start_speech_synthesis_task(Call& call) {
    auto speech =
        read_synthesize_speech(call.input, call.context.shared.config.speech_task_characters_max);
    if (!speech) co_return std::unexpected(std::move(speech).error());
    const auto filled = co_await fetch_lexicons(call, *speech);
    if (!filled) co_return std::unexpected(filled.error());
    auto message = make_task(call, std::move(*speech));
    const auto bucket = co_await check_bucket(call, message.task);
    if (!bucket) co_return std::unexpected(bucket.error());
    const auto topic = co_await check_topic(call, message.task.topic_arn);
    if (!topic) co_return std::unexpected(topic.error());
    const auto checked = co_await check_speech(call, message.task.speech);
    if (!checked) co_return std::unexpected(checked.error());
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["SynthesisTask"] = describe_task(answer->reply);
    co_return result;
}

Outcome get_speech_synthesis_task(Call& call) {
    const schema::GetSpeechTask message{.task_id = call.input.text_of("TaskId")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["SynthesisTask"] = describe_task(answer->reply);
    co_return result;
}

Outcome list_speech_synthesis_tasks(Call& call) {
    auto after = page_of(call.input);
    if (!after) co_return std::unexpected(std::move(after).error());
    schema::ListSpeechTasks message{.status = call.input.text_of("Status"),
                                    .after = *std::move(after)};
    if (const auto* most = call.input.find("MaxResults"))
        message.tasks_max = static_cast<std::uint32_t>(most->number().value_or(100));
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["SynthesisTasks"] = Value(Value::List());
    for (const auto& task : answer->reply.tasks)
        result["SynthesisTasks"].push_back(describe_task(task));
    if (!answer->reply.next.empty()) result["NextToken"] = aws::to_page_token(answer->reply.next);
    co_return result;
}

}  // namespace onput::gateway::polly
