// Agenda: which queues have something to do, now or at a time, so that nobody goes through all of
// them.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "services/queue/messages/queue.hpp"

namespace onput::queue {

class Agenda {
public:
    // To be called after every change of a queue's messages.
    void note(Queue& queue);
    // The queue may have something to hand out, and someone may want it.
    void activate(Queue& queue);

    // Takes the next active queue off the ring.
    std::optional<QueueNumber> pop_active();
    [[nodiscard]] std::size_t active() const { return active_.size(); }

    // Takes off the next queue whose messages wake at or before now. Numbers may be of queues that
    // are gone, or have nothing to wake by now.
    std::optional<QueueNumber> pop_due(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> next_time() const;
    // The wall clock was set by so much. `Queue::armed_at` is the caller's.
    void shift(Duration by) {
        for (Appointment& appointment : appointments_) appointment.time += by;
    }

private:
    struct Appointment {
        Timestamp time;
        QueueNumber queue;
    };
    static bool is_later(const Appointment& a, const Appointment& b) { return a.time > b.time; }

    std::deque<QueueNumber> active_;
    std::vector<Appointment> appointments_;  // A heap by time; each queue's earliest is in it.
};

}  // namespace onput::queue
