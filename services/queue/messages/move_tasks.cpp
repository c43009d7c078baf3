#include "services/queue/messages/move_tasks.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/queue/commands/access.hpp"
#include "services/queue/messages/dead_letter.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

std::size_t portion_rows(const MoveTaskRecord& task) {
    if (!task.rate) return move_portion_rows;
    return std::clamp<std::size_t>(*task.rate / move_portions_per_second, 1, move_portion_rows);
}

// After this long, what was moved now is within the task's rate.
Duration pause_after(const MoveTaskRecord& task, std::size_t moved) {
    if (!task.rate || moved == 0) return move_pause_min;
    return Duration(std::chrono::seconds(1)) * moved / *task.rate;
}

}  // namespace

// --- Tasks ------------------------------------------------------------------------------------

Result<void> MoveTasks::restore(Timestamp now) {
    return for_each_row(parts_.view, move_task_rows(), [&](const store::Row& row) -> Result<void> {
        const auto key = parse_move_task_key(row.key);
        if (!key) return fail(ErrorCode::corruption, "a key of a move task");
        ONPUT_TRY(auto record, schema::decode<MoveTaskRecord>(row.value));
        // The row of its queue could not be read: a repair may bring it back.
        if (parts_.catalogue.find(key->queue) == nullptr) return {};
        if (record.state == MoveTaskState::running) due_.emplace(now, *key);
        tasks_.emplace(*key, Task{.record = std::move(record), .next = {}});
        return {};
    });
}

void MoveTasks::start(const Queue& source, MoveTaskRecord task, Timestamp now, Effects& effects) {
    ONPUT_CHECK(running(source) == nullptr);
    const auto after = tasks_.lower_bound({.queue = QueueNumber(source.number.get() + 1)});
    const bool is_first = after == tasks_.begin() || std::prev(after)->first.queue != source.number;
    const MoveTaskKey key{.queue = source.number,
                          .task = is_first ? 1 : std::prev(after)->first.task + 1};
    tasks_.emplace(key, Task{.record = std::move(task), .next = {}});
    due_.emplace(now, key);
    write(key, effects);
    drop_old(source.number, effects);
}

void MoveTasks::cancel(const Queue& source, Effects& effects) {
    const auto found = find_running(source);
    ONPUT_CHECK(found != tasks_.end());
    end(found->first, MoveTaskState::cancelled, effects);
}

void MoveTasks::forget(const Queue& source, Effects& effects) {
    std::erase_if(tasks_, [&](const auto& entry) {
        const MoveTaskKey& key = entry.first;
        if (key.queue != source.number) return false;
        effects.batch().remove(move_task_key(key));
        std::erase_if(due_, [&key](const auto& due) { return due.second == key; });
        return true;
    });
}

MoveTasks::Tasks::const_iterator MoveTasks::find_running(const Queue& source) const {
    for (auto task = tasks_.lower_bound({.queue = source.number});
         task != tasks_.end() && task->first.queue == source.number; ++task) {
        if (task->second.record.state == MoveTaskState::running) return task;
    }
    return tasks_.end();
}

const MoveTaskRecord* MoveTasks::running(const Queue& source) const {
    const auto found = find_running(source);
    return found == tasks_.end() ? nullptr : &found->second.record;
}

std::vector<const MoveTaskRecord*> MoveTasks::list(const Queue& source) const {
    std::vector<const MoveTaskRecord*> found;
    for (auto task = tasks_.lower_bound({.queue = source.number});
         task != tasks_.end() && task->first.queue == source.number; ++task) {
        found.push_back(&task->second.record);
    }
    std::ranges::reverse(found);
    return found;
}

std::size_t MoveTasks::count_running(const std::string& account) const {
    return static_cast<std::size_t>(std::ranges::count_if(due_, [&](const auto& due) {
        const Queue* source = parts_.catalogue.find(due.second.queue);
        return source != nullptr && source->account == account;
    }));
}

void MoveTasks::end(const MoveTaskKey& key, MoveTaskState state, Effects& effects) {
    tasks_.at(key).record.state = state;
    std::erase_if(due_, [&key](const auto& due) { return due.second == key; });
    write(key, effects);
}

void MoveTasks::write(const MoveTaskKey& key, Effects& effects) const {
    effects.batch().put(move_task_key(key), schema::encode(tasks_.at(key).record));
}

void MoveTasks::drop_old(QueueNumber source, Effects& effects) {
    const auto first = tasks_.lower_bound({.queue = source});
    const auto last = tasks_.lower_bound({.queue = QueueNumber(source.get() + 1)});
    const auto count = static_cast<std::size_t>(std::distance(first, last));
    if (count <= move_tasks_kept) return;
    const auto kept_from = std::next(first, static_cast<std::ptrdiff_t>(count - move_tasks_kept));
    for (auto old = first; old != kept_from; old = tasks_.erase(old)) {
        effects.batch().remove(move_task_key(old->first));
    }
}

// --- Time -------------------------------------------------------------------------------------

Result<void> MoveTasks::on_time(Timestamp now, Effects& effects) {
    if (due_.empty() || due_.begin()->first > now) return {};
    const MoveTaskKey key = due_.begin()->second;
    Task& task = tasks_.at(key);
    Queue* source = parts_.catalogue.find(key.queue);
    ONPUT_CHECK(source != nullptr);
    ONPUT_TRY(const Portion portion, move_portion(*source, task, now, effects));
    if (portion.is_last) {
        const bool is_complete = task.record.failure_reason.empty();
        end(key, is_complete ? MoveTaskState::completed : MoveTaskState::failed, effects);
        return {};
    }
    due_.erase(due_.begin());
    due_.emplace(now + pause_after(task.record, portion.moved), key);
    if (portion.moved > 0) write(key, effects);
    return {};
}

std::optional<Timestamp> MoveTasks::next_time() const {
    if (due_.empty()) return {};
    return due_.begin()->first;
}

void MoveTasks::shift(Duration by) {
    decltype(due_) shifted;
    for (const auto& [time, key] : due_) shifted.emplace(time + by, key);
    due_ = std::move(shifted);
}

// --- Moving -----------------------------------------------------------------------------------

Result<MoveTasks::Portion> MoveTasks::move_portion(Queue& source, Task& task, Timestamp now,
                                                   Effects& effects) {
    ONPUT_TRY(const auto rows, parts_.view.scan(partition, message_rows(source.number, task.next),
                                                {portion_rows(task.record), move_portion_bytes}));
    Portion portion{.moved = 0, .is_last = rows.empty()};
    std::vector<MessageNumber> moved;
    for (const store::Row& row : rows) {
        const auto key = parse_message_key(row.key);
        if (!key) return fail(ErrorCode::corruption, "a key of a message");
        if (key->message.get() > task.record.through) {
            portion.is_last = true;
            break;
        }
        task.next = MessageNumber(key->message.get() + 1);
        // A row of what is gone already has no status: it was purged.
        const auto status = source.messages.status_of(key->message);
        if (!status || status->state != MessageState::visible) continue;
        if (source.is_expired(status->sent_at, parts_.age.at(now))) continue;
        ONPUT_TRY(auto letter, schema::decode<MessageRecord>(row.value));
        if (!is_about(letter, task.record.bucket, task.record.key)) continue;
        const auto target = target_of(source, task.record, letter, now);
        if (!target) {
            if (task.record.failure_reason.empty()) {
                task.record.failure_reason = target.error().reason;
            }
            continue;
        }
        parts_.messages.move(source, {key->message, *status}, std::move(letter), **target, now,
                             effects);
        moved.push_back(key->message);
    }
    source.messages.remove_visible(moved);
    portion.moved = moved.size();
    task.record.moved += moved.size();
    return portion;
}

Result<Queue*> MoveTasks::target_of(const Queue& source, const MoveTaskRecord& task,
                                    const MessageRecord& letter, Timestamp now) const {
    const std::string arn = task.destination_arn.empty() ? origin_of(letter) : task.destination_arn;
    if (arn.empty()) {
        return fail(ErrorCode::not_found, "nobody here gave this message up",
                    "CouldNotDetermineMessageSource");
    }
    Queue* target = parts_.catalogue.find_arn(arn);
    if (target == nullptr || target == &source) {
        return fail(ErrorCode::not_found, arn + " does not exist",
                    "AWS.SimpleQueueService.NonExistentQueue");
    }
    if (target->account != source.account) {
        return fail(ErrorCode::permission_denied, arn + " is of another account", "AccessDenied");
    }
    if (target->function) return target;
    // The task acts for the account of its source.
    const Caller account{.principal = {.account = source.account}, .trace = {}, .now = now};
    return find_allowed(parts_.catalogue, account, target->account, target->name,
                        "sqs:SendMessage");
}

}  // namespace onput::queue
