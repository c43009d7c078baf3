#include "services/queue/commands/speech_tasks.hpp"

#include <algorithm>
#include <utility>

#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

constexpr std::string_view id_place = "{id}";
constexpr std::string_view worker_kind = "tts";

std::string with_id(std::string text, std::string_view id) {
    if (const auto at = text.find(id_place); at != std::string::npos)
        text.replace(at, id_place.size(), id);
    return text;
}

schema::SpeechTask without_text(schema::SpeechTask task) {
    task.speech.text.clear();
    for (auto& lexicon : task.speech.lexicons) lexicon.content.clear();
    return task;
}

}  // namespace

const std::string& SpeechTasks::region_of(const Caller& caller) const {
    return caller.principal.region.empty() ? parts_.catalogue.region() : caller.principal.region;
}

Queue& SpeechTasks::function_of(const std::string& account, Effects& effects) {
    if (Queue* queue = parts_.catalogue.find_function(account, schema::speech_task_function))
        return *queue;
    FunctionRecord record{.number = parts_.counters.next_queue(effects.batch()).get()};
    record.function.account = account;
    record.function.name = schema::speech_task_function;
    record.function.arn =
        parts_.catalogue.function_arn(account, std::string(schema::speech_task_function));
    record.function.worker = worker_kind;
    Queue& queue = parts_.catalogue.add(std::move(record));
    effects.batch().put(function_key(queue.account, queue.name), schema::encode(*queue.function));
    return queue;
}

Result<schema::SpeechTask> SpeechTasks::start(const schema::StartSpeechTask& request,
                                              const Caller& caller, Effects& effects) {
    const std::string& account = caller.principal.account;
    if (account.empty()) {
        return fail(ErrorCode::invalid_argument, "a speech task belongs to an account",
                    "ValidationException");
    }
    ONPUT_TRY_VOID(parts_.messages.check_room());
    schema::SpeechTask task = request.task;
    task.task_id = parts_.random.uuid();
    task.status = "scheduled";
    task.created_at = caller.now;
    task.region = region_of(caller);
    task.output_key = with_id(std::move(task.output_key), task.task_id);
    task.output_uri = with_id(std::move(task.output_uri), task.task_id);
    Queue& queue = function_of(account, effects);
    MessageRecord record;
    record.message_id = task.task_id;
    record.body = schema::encode(task);
    record.trace = caller.trace;
    record.is_logged = !caller.trace.trace_id.empty();
    task.message =
        parts_.messages.add(queue, std::move(record), caller.now, Duration{}, effects).get();
    task = without_text(std::move(task));
    SpeechTaskLog::add(task, account, effects.batch());
    return task;
}

void SpeechTasks::note_progress(schema::SpeechTask& task, const std::string& account) const {
    if (task.status != "scheduled") return;
    const Queue* queue = parts_.catalogue.find_function(account, schema::speech_task_function);
    if (queue == nullptr) return;
    const auto status = queue->messages.status_of(MessageNumber(task.message));
    const bool is_split = queue->splits.contains(task.message);
    if (is_split || (status && status->state == MessageState::in_flight))
        task.status = "inProgress";
    if (is_split || status) return;
    // The queue keeps a job for so long.
    task.status = "failed";
    task.status_reason = "no worker took the task before its job expired";
}

Result<schema::SpeechTask> SpeechTasks::get(const schema::GetSpeechTask& request,
                                            const Caller& caller) const {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(auto task, parts_.log.find(account, region_of(caller), request.task_id));
    if (!task) {
        return fail(ErrorCode::not_found, "The synthesis task does not exist.",
                    "SynthesisTaskNotFoundException");
    }
    note_progress(*task, account);
    return *std::move(task);
}

Result<schema::SpeechTaskList> SpeechTasks::list(const schema::ListSpeechTasks& request,
                                                 const Caller& caller) const {
    const std::string& account = caller.principal.account;
    const std::string& region = region_of(caller);
    const std::uint32_t most = std::clamp(request.tasks_max, 1U, speech_tasks_listed_max);
    store::Range range = speech_task_index_rows(account, region);
    if (!request.after.empty()) range.from += request.after + '\0';
    schema::SpeechTaskList list;
    // A page ends after so many tasks, or after so many that were looked at.
    ONPUT_TRY(const auto keys,
              parts_.view.scan_keys(partition, range, speech_tasks_listed_max + 1));
    const std::size_t looked_at = std::min<std::size_t>(keys.size(), speech_tasks_listed_max);
    for (std::size_t i = 0; i < looked_at && list.tasks.size() < most; ++i) {
        const auto end = speech_task_index_end(keys[i]);
        if (!end) return fail(ErrorCode::corruption, "a key of the index of speech tasks");
        list.next = end->time_and_id;
        ONPUT_TRY(auto task, parts_.log.find(account, region, end->id));
        if (!task) continue;
        note_progress(*task, account);
        if (request.status.empty() || task->status == request.status)
            list.tasks.push_back(*std::move(task));
    }
    // Nothing is behind the last one.
    if (keys.empty() || keys.back().ends_with(list.next)) list.next.clear();
    return list;
}

}  // namespace onput::queue
