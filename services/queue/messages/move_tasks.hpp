// MoveTasks: SQS's message move tasks, some messages at a time, so that no command has to wait for
// millions of them.
//
//     start --> running --> completed       everything that waited has been moved
//                  |  +--> failed           some could not be: they are where they were
//                  +--> cancelled
//
// A portion is one commit: its messages leave one queue and enter others, and the task's row says
// how many. So a crash neither loses a message nor doubles one, and a restart goes on with the
// tasks that ran. A task goes through the rows of its source once, in order; what is in flight or
// came later stays.
//
// The rows of a queue's newest tasks are kept; they go with the queue.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/schema/dead_letters.hpp"
#include "services/queue/commands/catalogue.hpp"
#include "services/queue/effects.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

// Rows looked at in one portion, and bytes of them.
inline constexpr std::size_t move_portion_rows = 100;
inline constexpr std::size_t move_portion_bytes = 1024UL * 1024;

// Portions of a task with a rate come this often a second, or as often as it has messages.
inline constexpr std::uint32_t move_portions_per_second = 10;
// Between portions of one task, so that tasks take turns.
inline constexpr Duration move_pause_min = std::chrono::microseconds(1);

// Tasks of one queue that are remembered, the one that runs included.
inline constexpr std::size_t move_tasks_kept = schema::move_tasks_listed_max;

struct MoveTaskParts {
    const store::View& view;
    Catalogue& catalogue;
    Messages& messages;
    const AgeClock& age;
};

class MoveTasks {
public:
    explicit MoveTasks(const MoveTaskParts& parts) : parts_(parts) {}

    // After the catalogue's.
    [[nodiscard]] Result<void> restore(Timestamp now);

    // None may be running from this queue.
    void start(const Queue& source, MoveTaskRecord task, Timestamp now, Effects& effects);
    // Ends the one that runs; it must be there.
    void cancel(const Queue& source, Effects& effects);
    // The queue is deleted.
    void forget(const Queue& source, Effects& effects);

    [[nodiscard]] const MoveTaskRecord* running(const Queue& source) const;
    // Of this source, the newest first.
    [[nodiscard]] std::vector<const MoveTaskRecord*> list(const Queue& source) const;
    [[nodiscard]] std::size_t count_running(const std::string& account) const;

    // Does a portion of the task that has been due longest.
    [[nodiscard]] Result<void> on_time(Timestamp now, Effects& effects);
    [[nodiscard]] std::optional<Timestamp> next_time() const;
    // The wall clock was set by so much.
    void shift(Duration by);

private:
    struct Task {
        MoveTaskRecord record;
        MessageNumber next;  // Rows before it have been looked at, in this run of the process.
    };
    using Tasks = std::map<MoveTaskKey, Task>;

    [[nodiscard]] Tasks::const_iterator find_running(const Queue& source) const;
    void end(const MoveTaskKey& key, MoveTaskState state, Effects& effects);
    void write(const MoveTaskKey& key, Effects& effects) const;
    void drop_old(QueueNumber source, Effects& effects);

    struct Portion {
        std::size_t moved = 0;
        bool is_last = false;
    };
    Result<Portion> move_portion(Queue& source, Task& task, Timestamp now, Effects& effects);
    // Where a message of this task goes. Its error's reason is the task's FailureReason.
    [[nodiscard]] Result<Queue*> target_of(const Queue& source, const MoveTaskRecord& task,
                                           const MessageRecord& letter, Timestamp now) const;

    MoveTaskParts parts_;
    Tasks tasks_;
    std::set<std::pair<Timestamp, MoveTaskKey>> due_;  // Of each task that runs.
};

}  // namespace onput::queue
