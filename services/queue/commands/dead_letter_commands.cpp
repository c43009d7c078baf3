#include "services/queue/commands/dead_letter_commands.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/queue/messages/dead_letter.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

std::unexpected<Error> no_resource(std::string_view parameter) {
    return fail(ErrorCode::not_found,
                fmt::format("The resource that you specified for the {} parameter doesn't exist.",
                            parameter),
                "ResourceNotFoundException");
}

Result<void> check_arn(std::string_view parameter, std::string_view arn) {
    if (arn.starts_with("arn:") && std::ranges::count(arn, ':') == 5) return {};
    return invalid(
        fmt::format("You must use this format to specify the {}: "
                    "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
                    parameter));
}

// As SQS makes them: base64 of JSON. What they name is looked up, and nothing in them is trusted.
struct TaskHandle {
    std::string task_id;
    std::string source_arn;
};

std::string format_handle(const TaskHandle& handle) {
    json::Writer out;
    out.begin_object();
    out.name("taskId");
    out.text(handle.task_id);
    out.name("sourceArn");
    out.text(handle.source_arn);
    out.end_object();
    return to_base64(out.take());
}

std::optional<TaskHandle> parse_handle(std::string_view text) {
    const auto bytes = from_base64(text);
    if (!bytes) return {};
    const auto json = json::read(*bytes);
    if (!json) return {};
    TaskHandle handle{.task_id = json->text_of("taskId"), .source_arn = json->text_of("sourceArn")};
    if (handle.task_id.empty() || handle.source_arn.empty()) return {};
    return handle;
}

std::string to_string(MoveTaskState state) {
    switch (state) {
        case MoveTaskState::running: return "RUNNING";
        case MoveTaskState::completed: return "COMPLETED";
        case MoveTaskState::cancelled: return "CANCELLED";
        case MoveTaskState::failed: return "FAILED";
    }
    return "FAILED";
}

schema::MoveTaskInfo show(const MoveTaskRecord& task) {
    const bool is_running = task.state == MoveTaskState::running;
    const bool is_failed = task.state == MoveTaskState::failed;
    return {.task_handle = is_running
                               ? format_handle({.task_id = task.id, .source_arn = task.source_arn})
                               : "",
            .status = to_string(task.state),
            .source_arn = task.source_arn,
            .destination_arn = task.destination_arn,
            .rate = task.rate,
            .moved = task.moved,
            .to_move = task.to_move,
            .failure_reason = is_failed ? task.failure_reason : "",
            .started_at = task.started_at};
}

// Does a queue or function give up messages into this one?
bool is_dead_letter_queue(const Catalogue& catalogue, const Queue& queue) {
    bool is_target = false;
    catalogue.for_each([&](const Queue& source) {
        if (source.account == queue.account && source.dead_letter_arn() == queue.arn) {
            is_target = true;
        }
    });
    return is_target;
}

// Every queue of the account that others name for their dead letters, by name.
std::vector<const Queue*> dead_letter_queues(const Catalogue& catalogue,
                                             const std::string& account) {
    std::map<std::string, const Queue*> found;
    catalogue.for_each([&](const Queue& source) {
        if (source.account != account || source.dead_letter_arn().empty()) return;
        const Queue* target = catalogue.find_arn(source.dead_letter_arn());
        if (target != nullptr && !target->function) found.emplace(target->name, target);
    });
    std::vector<const Queue*> queues;
    queues.reserve(found.size());
    for (const auto& [name, queue] : found) queues.push_back(queue);
    return queues;
}

// Where a page of dead letters ended: a queue's name and a message's number.
struct Place {
    std::string queue;
    std::uint64_t message = 0;
};

std::string format_place(const Place& place) {
    return fmt::format("{}/{}", place.queue, place.message);
}

Result<Place> parse_place(const std::string& text) {
    if (text.empty()) return Place{};
    const auto slash = text.find('/');
    const auto number = slash == std::string::npos
                            ? std::nullopt
                            : parse_number<std::uint64_t>(text.substr(slash + 1));
    if (!number) return invalid(fmt::format("'{}' is no place that was given", text));
    return Place{.queue = text.substr(0, slash), .message = *number};
}

}  // namespace

Result<Queue*> DeadLetterCommands::find_source(const std::string& arn, const Caller& caller,
                                               std::string_view action) const {
    ONPUT_TRY_VOID(check_arn("SourceArn", arn));
    Queue* source = parts_.catalogue.find_arn(arn);
    // Whether another account has a queue is none of the caller's business.
    if (source == nullptr || source->function || source->account != caller.principal.account) {
        return no_resource("SourceArn");
    }
    return find_allowed(parts_.catalogue, caller, source->account, source->name, action);
}

Result<void> DeadLetterCommands::check_destination(const Queue& source, const std::string& arn,
                                                   const Caller& caller) const {
    if (arn.empty()) return {};
    ONPUT_TRY_VOID(check_arn("DestinationArn", arn));
    if (arn == source.arn) {
        return invalid("Source queue arn and destination queue arn cannot be the same.");
    }
    const Queue* destination = parts_.catalogue.find_arn(arn);
    if (destination == nullptr || destination->function || destination->account != source.account) {
        return no_resource("DestinationArn");
    }
    ONPUT_TRY(const Queue* allowed, find_allowed(parts_.catalogue, caller, destination->account,
                                                 destination->name, "sqs:SendMessage"));
    static_cast<void>(allowed);  // It is the destination.
    return {};
}

Result<schema::MoveTaskStarted> DeadLetterCommands::start(const schema::StartMoveTask& request,
                                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * source, find_source(request.source_arn, caller, "sqs:StartMessageMoveTask"));
    for (const auto* action : {"sqs:ReceiveMessage", "sqs:DeleteMessage"}) {
        ONPUT_TRY(source, find_source(request.source_arn, caller, action));
    }
    if (request.rate && (*request.rate < 1 || *request.rate > schema::move_rate_max)) {
        return invalid(
            fmt::format("Value {} for parameter MaxNumberOfMessagesPerSecond is "
                        "invalid. Reason: Must be between 1 and {}.",
                        *request.rate, schema::move_rate_max));
    }
    if (!is_dead_letter_queue(parts_.catalogue, *source)) {
        return invalid("Source queue must be configured as a Dead Letter Queue.");
    }
    ONPUT_TRY_VOID(check_destination(*source, request.destination_arn, caller));
    if (parts_.tasks.running(*source) != nullptr) {
        return fail(ErrorCode::conflict,
                    "There is already a task running. Only one active task is allowed for a source "
                    "queue arn at a given time.",
                    "InvalidParameterValue");
    }
    if (parts_.tasks.count_running(source->account) >= move_tasks_running_max) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("this account runs {} message move tasks, and no more are allowed",
                                move_tasks_running_max),
                    "OverLimit");
    }
    MoveTaskRecord task{.id = parts_.random.uuid(),
                        .source_arn = source->arn,
                        .destination_arn = request.destination_arn,
                        .rate = request.rate,
                        .bucket = request.bucket,
                        .key = request.key,
                        .started_at = caller.now,
                        .through = parts_.counters.last_message().get(),
                        .to_move = source->messages.count(MessageState::visible)};
    const std::string handle = format_handle({.task_id = task.id, .source_arn = source->arn});
    parts_.tasks.start(*source, std::move(task), caller.now, effects);
    return schema::MoveTaskStarted{.task_handle = handle};
}

Result<schema::MoveTaskList> DeadLetterCommands::list(const schema::ListMoveTasks& request,
                                                      const Caller& caller) const {
    ONPUT_TRY(const Queue* source,
              find_source(request.source_arn, caller, "sqs:ListMessageMoveTasks"));
    if (request.tasks_max < 1 || request.tasks_max > schema::move_tasks_listed_max) {
        return invalid(
            fmt::format("Value {} for parameter MaxResults is invalid. Reason: Must be "
                        "between 1 and {}, if provided.",
                        request.tasks_max, schema::move_tasks_listed_max));
    }
    schema::MoveTaskList list;
    for (const MoveTaskRecord* task : parts_.tasks.list(*source)) {
        if (list.tasks.size() == request.tasks_max) break;
        list.tasks.push_back(show(*task));
    }
    return list;
}

Result<schema::MoveTaskCancelled> DeadLetterCommands::cancel(const schema::CancelMoveTask& request,
                                                             const Caller& caller,
                                                             Effects& effects) {
    const auto handle = parse_handle(request.task_handle);
    if (!handle) return invalid("Value for parameter TaskHandle is invalid.");
    ONPUT_TRY(const Queue* source,
              find_source(handle->source_arn, caller, "sqs:CancelMessageMoveTask"));
    for (const MoveTaskRecord* task : parts_.tasks.list(*source)) {
        if (task->id != handle->task_id) continue;
        if (task->state != MoveTaskState::running) {
            return fail(ErrorCode::conflict, "Only active tasks can be cancelled.",
                        "UnsupportedOperation");
        }
        const std::uint64_t moved = task->moved;
        parts_.tasks.cancel(*source, effects);
        return schema::MoveTaskCancelled{.moved = moved};
    }
    return fail(ErrorCode::not_found, "Task does not exist.", "ResourceNotFoundException");
}

Result<schema::DeadLetterList> DeadLetterCommands::letters(const schema::ListDeadLetters& request,
                                                           const Caller& caller) const {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(const Place after, parse_place(request.after));
    std::vector<const Queue*> queues = dead_letter_queues(parts_.catalogue, account);
    if (!request.queue.empty()) {
        ONPUT_TRY(const Queue* named,
                  find_own(parts_.catalogue, caller, account, request.queue, "sqs:ReceiveMessage"));
        queues = {named};
    }
    const std::size_t letters_max =
        std::clamp<std::size_t>(request.letters_max, 1, schema::dead_letters_listed_max);
    schema::DeadLetterList list;
    for (const Queue* queue : queues) {
        if (queue->name < after.queue) continue;
        const MessageNumber from(queue->name == after.queue ? after.message + 1 : 0);
        ONPUT_TRY(const auto rows, parts_.view.scan(partition, message_rows(queue->number, from),
                                                    {letters_page_rows, letters_page_bytes}));
        for (const store::Row& row : rows) {
            const auto key = parse_message_key(row.key);
            if (!key) return fail(ErrorCode::corruption, "a key of a message");
            list.next_after = format_place({.queue = queue->name, .message = key->message.get()});
            const auto status = queue->messages.status_of(key->message);
            if (!status) continue;
            ONPUT_TRY(const auto letter, schema::decode<MessageRecord>(row.value));
            if (!is_about(letter, request.bucket, request.key)) continue;
            list.letters.push_back(describe(letter));
            list.letters.back().queue = queue->name;
            list.letters.back().is_in_flight = status->state == MessageState::in_flight;
            if (list.letters.size() == letters_max) return list;
        }
        // A page is of one queue; whoever asks goes on behind it.
        if (!rows.empty()) return list;
    }
    list.next_after.clear();
    return list;
}

}  // namespace onput::queue
