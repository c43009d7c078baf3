#include "services/queue/messages/speech_task_log.hpp"

#include "common/json/writer.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {

bool is_told_of_success(const schema::FunctionInfo& function) {
    return !function.success_topic_arn.empty() || is_speech_task(function);
}

bool is_speech_task(const schema::FunctionInfo& function) {
    return function.name == schema::speech_task_function;
}

std::string speech_task_document(const schema::SpeechTask& task) {
    json::Writer out;
    out.begin_object();
    const auto field = [&out](std::string_view name, std::string_view value) {
        out.name(name);
        out.text(value);
    };
    field("taskId", task.task_id);
    field("taskStatus", task.status);
    if (!task.status_reason.empty()) field("taskStatusReason", task.status_reason);
    field("outputUri", task.output_uri);
    field("creationTime", format_iso8601_millis(task.created_at));
    out.name("requestCharacters");
    out.natural(task.characters);
    field("snsTopicArn", task.topic_arn);
    field("outputFormat", task.speech.format);
    if (task.speech.sample_rate != 0) field("sampleRate", std::to_string(task.speech.sample_rate));
    out.name("speechMarkTypes");
    out.begin_array();
    for (const auto& mark : task.speech.marks) out.text(mark);
    out.end_array();
    field("textType", task.speech.is_ssml ? "ssml" : "text");
    field("voiceId", task.speech.voice);
    out.end_object();
    return out.take();
}

void SpeechTaskLog::add(const schema::SpeechTask& task, std::string_view account,
                        store::Batch& batch) {
    batch.put(speech_task_key(account, task.region, task.task_id), schema::encode(task));
    batch.put(speech_task_index_key(account, task.region, task.created_at, task.task_id), "");
}

Result<std::optional<schema::SpeechTask>> SpeechTaskLog::find(std::string_view account,
                                                              std::string_view region,
                                                              std::string_view id) const {
    ONPUT_TRY(const auto row, view_.get(partition, speech_task_key(account, region, id)));
    if (!row) return std::nullopt;
    ONPUT_TRY(auto task, schema::decode<schema::SpeechTask>(*row));
    return task;
}

Result<void> SpeechTaskLog::on_end(const JobEnd& end, Timestamp age_now, store::Batch& batch) {
    // A job that somebody else has put into the queue is no task.
    const auto job = schema::decode<schema::SpeechTask>(end.job.body);
    if (!job) return {};
    const std::string& account = end.function.account;
    ONPUT_TRY(auto task, find(account, job->region, job->task_id));
    if (!task) return {};
    task->status = end.failure == nullptr ? "completed" : "failed";
    if (end.failure != nullptr) task->status_reason = end.failure->message;
    task->ended_at = age_now;
    batch.put(speech_task_key(account, task->region, task->task_id), schema::encode(*task));
    if (task->topic_arn.empty()) return {};
    schema::TopicMessage message;
    message.topic_arn = task->topic_arn;
    message.message = speech_task_document(*task);
    message.time = end.time;
    message.service = "polly.amazonaws.com";
    message.source_arn = end.function.arn;
    message.source_account = account;
    message.trace = end.job.trace;
    notifications_.add(std::move(message), batch);
    return {};
}

Result<void> SpeechTaskLog::on_time(Timestamp age_now, store::Batch& batch) {
    if (next_row_.empty()) {
        if (age_now >= round_at_ && age_now < round_at_ + speech_tasks_round_interval) return {};
        round_at_ = age_now;
        next_row_ = speech_task_rows().from;
    }
    const store::Range range{.from = next_row_, .to = speech_task_rows().to};
    ONPUT_TRY(
        const auto rows,
        view_.scan(partition, range, {speech_tasks_pruned_at_once, speech_task_bytes_at_once}));
    next_row_.clear();
    for (const store::Row& row : rows) {
        next_row_ = row.key + '\0';
        if (speech_task_index_end(row.key)) continue;
        ONPUT_TRY(const auto task, schema::decode<schema::SpeechTask>(row.value));
        const bool is_old =
            task.ended_at != Timestamp{} && task.ended_at + speech_task_age_max <= age_now;
        if (!is_old) continue;
        // A task's key ends in "t" and its id; what stands before it is its account and region.
        const std::string_view place =
            std::string_view(row.key).substr(0, row.key.size() - task.task_id.size() - 1);
        const std::string_view account = place.substr(1, place.find('/') - 1);
        batch.remove(row.key);
        batch.remove(speech_task_index_key(account, task.region, task.created_at, task.task_id));
    }
    return {};
}

}  // namespace onput::queue
