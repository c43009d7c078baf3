// SpeechTaskLog: what becomes of speech tasks (common/schema/speech.hpp): a row each, changed in
// the commit that ends the task's job, with the message to its topic.
//
//     scheduled ──leased──> inProgress ──> completed, failed ──speech_task_age_max──> gone
//
// A row says scheduled until the end; that a worker has it is asked of its message.
#pragma once

#include <optional>
#include <string>

#include "common/schema/speech.hpp"
#include "services/queue/effects.hpp"
#include "services/queue/messages/notification_document.hpp"
#include "services/queue/messages/notifications.hpp"

namespace onput::queue {

// Polly's: how long an ended task is known.
inline constexpr Duration speech_task_age_max = std::chrono::hours(72);
inline constexpr std::size_t speech_tasks_pruned_at_once = 256;
inline constexpr std::size_t speech_task_bytes_at_once = 1024 * 1024;
inline constexpr Duration speech_tasks_round_interval = std::chrono::hours(1);

class SpeechTaskLog {
public:
    SpeechTaskLog(const store::View& view, Notifications& notifications)
        : view_(view), notifications_(notifications) {}

    // A new one. `task` is that of the row.
    static void add(const schema::SpeechTask& task, std::string_view account, store::Batch& batch);
    [[nodiscard]] Result<std::optional<schema::SpeechTask>> find(std::string_view account,
                                                                 std::string_view region,
                                                                 std::string_view id) const;

    // The job of a task has ended; `age_now` is when, as ages are counted.
    Result<void> on_end(const JobEnd& end, Timestamp age_now, store::Batch& batch);

    // Removes rows of tasks that ended long ago, a portion at a time.
    Result<void> on_time(Timestamp age_now, store::Batch& batch);

private:
    const store::View& view_;
    Notifications& notifications_;
    std::string next_row_;  // Of the round that is under way; empty: none is.
    Timestamp round_at_;
};

// Whether somebody wants to know of the success of a function's job.
bool is_told_of_success(const schema::FunctionInfo& function);
// Whether a function's jobs are speech tasks.
bool is_speech_task(const schema::FunctionInfo& function);

// The message to a task's topic, in Polly's JSON.
std::string speech_task_document(const schema::SpeechTask& task);

}  // namespace onput::queue
