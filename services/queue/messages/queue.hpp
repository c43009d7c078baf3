// Queue: one queue of messages with all that belongs to it. A function's invocation queue is one
// too: it differs in how often and how soon failed messages are tried again.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/auth/policy.hpp"
#include "services/queue/commands/settings.hpp"
#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/message_index.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

// How long a function's job may go without its worker extending the lease. Not the job's own time
// limit, which is the worker's business.
inline constexpr Duration function_visibility = std::chrono::seconds(30);

// A queue whose VisibilityTimeout is 0 would take a grant back while it is on its way.
inline constexpr Duration lane_visibility_min = std::chrono::seconds(1);

// A receive that waits for a message to come.
struct Waiter {
    WaitId wait;
    std::string name;  // What CancelReceive calls it.
    std::uint32_t messages_max = 1;
    Duration visibility{};
    Timestamp deadline;
};

struct Queue {
    QueueNumber number;
    std::string account;
    std::string name;
    std::string arn;

    QueueRecord record;                      // Of a plain queue.
    Settings settings;                       // Of a plain queue.
    std::optional<FunctionRecord> function;  // Of a function's queue.
    // Of a function, by qualifier: its policies, parsed.
    std::map<std::string, auth::Policy> permissions;

    MessageIndex messages;
    std::deque<Waiter> waiters;  // In the order of their arrival.
    // Jobs of a function that go on as parts, by the numbers that their messages had.
    std::map<std::uint64_t, SplitStateRecord> splits;
    // The last place went to a whole job: the next may go to a part (dispatcher.hpp).
    bool is_turn_of_parts = false;

    // Of a function: some of its jobs may be batches (event_sources.hpp).
    bool has_batches = false;

    // Kept by Agenda.
    bool is_active = false;
    std::optional<Timestamp> armed_at;

    // Messages sent at or before this have outlived the queue's retention. A job of a function is
    // owed however long its worker stays away.
    [[nodiscard]] bool is_expired(Timestamp sent_at, Timestamp now) const {
        return !function && sent_at + std::chrono::seconds(settings.retention_s) <= now;
    }
    // An event of a function that says how old they may be.
    [[nodiscard]] bool is_event_too_old(Timestamp sent_at, Timestamp now) const {
        if (!function || !function->function.management.has_event_configuration) return false;
        const auto most = std::chrono::seconds(function->function.management.event_age_s_max);
        return sent_at + most <= now;
    }
    [[nodiscard]] Duration lane_visibility() const {
        if (function) return function_visibility;
        return std::max(Duration(std::chrono::seconds(settings.visibility_s)), lane_visibility_min);
    }
    // After this many receives a message goes to the dead letters. 0: never.
    [[nodiscard]] std::uint32_t receives_max() const {
        if (function) return function->function.retries_max + 1;
        return settings.redrive ? settings.redrive->receives_max : 0;
    }
    [[nodiscard]] const std::string& dead_letter_arn() const {
        static const std::string none;
        if (function) return function->function.dead_letter_arn;
        return settings.redrive ? settings.redrive->dead_letter_arn : none;
    }
};

}  // namespace onput::queue
