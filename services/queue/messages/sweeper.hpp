// Sweeper: removes the rows of deleted queues and purged messages, some at a time, so that no
// command has to wait for millions of them. What it has to do survives a crash without rows of its
// own: rows of a queue number that nobody has, or of messages up to a queue's `purged_through`.
#pragma once

#include <deque>

#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

inline constexpr std::size_t rows_swept_at_once = 1000;

class Sweeper {
public:
    // All rows of the queue's messages up to this number.
    void add(QueueNumber queue, MessageNumber through) { tasks_.push_back({queue, through}); }

    // Does one portion.
    Result<void> sweep(const store::View& view, store::Batch& batch);

    [[nodiscard]] bool is_done() const { return tasks_.empty(); }

private:
    struct Task {
        QueueNumber queue;
        MessageNumber through;
    };
    std::deque<Task> tasks_;
};

}  // namespace onput::queue
