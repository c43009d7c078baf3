// Requests to the queue service about dead letters: which there are, and SQS's message move tasks,
// which send them back to where they came from, or elsewhere.
//
// Reasons beside those of queue.hpp: ResourceNotFoundException (a source, a destination or a task
// that is not there).
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::uint32_t move_rate_max = 500;         // Messages a second, as on SQS.
inline constexpr std::uint32_t move_tasks_listed_max = 10;  // As on SQS.
inline constexpr std::uint32_t dead_letters_listed_max = 1000;

struct MoveTaskStarted {
    static constexpr MessageInfo info{.kind = Kind::move_task_started};

    std::string task_handle;

    ONPUT_FIELDS(task_handle)
    friend bool operator==(const MoveTaskStarted&, const MoveTaskStarted&) = default;
};

// Moves the messages that wait in a dead-letter queue now. Those in flight stay.
struct StartMoveTask {
    static constexpr MessageInfo info{.kind = Kind::start_move_task};
    static constexpr std::string_view method = "queue.start_move_task";
    using Reply = MoveTaskStarted;

    std::string source_arn;
    std::string destination_arn;  // Empty: each goes back to the queue or function it came from.
    std::optional<std::uint32_t> rate;  // Messages a second; nothing: as fast as it goes.
    // Only messages about this object; both empty: all.
    std::string bucket;
    std::string key;

    ONPUT_FIELDS(source_arn, destination_arn, rate, bucket, key)
    friend bool operator==(const StartMoveTask&, const StartMoveTask&) = default;
};

struct MoveTaskInfo {
    std::string task_handle;  // While it runs.
    std::string status;       // RUNNING, COMPLETED, CANCELLED or FAILED.
    std::string source_arn;
    std::string destination_arn;
    std::optional<std::uint32_t> rate;
    std::uint64_t moved = 0;
    std::uint64_t to_move = 0;   // Visible when it started.
    std::string failure_reason;  // Of the first message that could not be moved: SQS's code.
    Timestamp started_at;

    ONPUT_FIELDS(task_handle, status, source_arn, destination_arn, rate, moved, to_move,
                 failure_reason, started_at)
    friend bool operator==(const MoveTaskInfo&, const MoveTaskInfo&) = default;
};

struct MoveTaskList {
    static constexpr MessageInfo info{.kind = Kind::move_task_list};

    std::vector<MoveTaskInfo> tasks;  // The newest first.

    ONPUT_FIELDS(tasks)
    friend bool operator==(const MoveTaskList&, const MoveTaskList&) = default;
};

struct ListMoveTasks {
    static constexpr MessageInfo info{.kind = Kind::list_move_tasks};
    static constexpr std::string_view method = "queue.list_move_tasks";
    using Reply = MoveTaskList;

    std::string source_arn;
    std::uint32_t tasks_max = 1;

    ONPUT_FIELDS(source_arn, tasks_max)
    friend bool operator==(const ListMoveTasks&, const ListMoveTasks&) = default;
};

struct MoveTaskCancelled {
    static constexpr MessageInfo info{.kind = Kind::move_task_cancelled};

    std::uint64_t moved = 0;  // Before that; they stay where they are now.

    ONPUT_FIELDS(moved)
    friend bool operator==(const MoveTaskCancelled&, const MoveTaskCancelled&) = default;
};

struct CancelMoveTask {
    static constexpr MessageInfo info{.kind = Kind::cancel_move_task};
    static constexpr std::string_view method = "queue.cancel_move_task";
    using Reply = MoveTaskCancelled;

    std::string task_handle;

    ONPUT_FIELDS(task_handle)
    friend bool operator==(const CancelMoveTask&, const CancelMoveTask&) = default;
};

struct DeadLetter {
    std::string queue;  // Where it is: a name.
    std::string message_id;
    std::string source_arn;  // The queue or function it came from; empty: not known.
    std::string bucket;      // The object it is about; empty: its body is no S3 record.
    std::string key;
    std::string code;  // Why it is here.
    std::string reason;
    Timestamp dead_lettered_at;
    std::uint32_t attempts = 0;  // Before it came here; 0: not known.
    bool is_in_flight = false;   // Handed to a receiver now.

    ONPUT_FIELDS(queue, message_id, source_arn, bucket, key, code, reason, dead_lettered_at,
                 attempts, is_in_flight)
    friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

struct DeadLetterList {
    static constexpr MessageInfo info{.kind = Kind::dead_letter_list};

    std::vector<DeadLetter> letters;  // By queue and age; may be empty before the end.
    std::string next_after;           // Not empty: there may be more after this place.

    ONPUT_FIELDS(letters, next_after)
    friend bool operator==(const DeadLetterList&, const DeadLetterList&) = default;
};

// A look that leaves receive counts and visibility alone.
struct ListDeadLetters {
    static constexpr MessageInfo info{.kind = Kind::list_dead_letters};
    static constexpr std::string_view method = "queue.list_dead_letters";
    using Reply = DeadLetterList;

    std::string queue;   // Of the principal; empty: every queue that is a dead-letter queue.
    std::string bucket;  // Only messages about this object; both empty: all.
    std::string key;
    std::string after;  // A `next_after`; empty: from the beginning.
    std::uint32_t letters_max = 100;

    ONPUT_FIELDS(queue, bucket, key, after, letters_max)
    friend bool operator==(const ListDeadLetters&, const ListDeadLetters&) = default;
};

// The queues that give up messages into this one, by name.
struct ListDeadLetterSources {
    static constexpr MessageInfo info{.kind = Kind::list_dead_letter_sources};
    static constexpr std::string_view method = "queue.list_dead_letter_sources";
    using Reply = QueueList;

    std::string account;  // Empty: the principal's.
    std::string name;
    std::string after;  // A `next_after`; empty: from the beginning.
    std::uint32_t queues_max = 1000;

    ONPUT_FIELDS(account, name, after, queues_max)
    friend bool operator==(const ListDeadLetterSources&, const ListDeadLetterSources&) = default;
};

}  // namespace onput::schema
