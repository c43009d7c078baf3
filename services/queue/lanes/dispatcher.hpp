// Dispatcher: who gets the next message. Receives that wait come first, in the order of their
// arrival; then workers with credit, the one with the fewest leases first, so that an idle worker
// never watches a busy one collect. Queues take turns.
//
// Places are given by age, to small and large jobs alike, so none waits for ever. A worker whose
// places are all taken by large jobs or parts gets one small job beside them: so small ones do not
// wait for the end of large ones.
//
// Parts of split jobs take turns with whole jobs, one place to each, and while whole jobs wait,
// parts get no more than half of the places. So a job that comes behind a long one gets the next
// place that is free, and neither keeps the other from its work:
//
//     only parts wait .................................. a part
//     only whole jobs wait ............................. the oldest
//     parts have half of the places, or had the last ... the oldest whole job
//     otherwise ........................................ the oldest part
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "services/queue/messages/messages.hpp"

namespace onput::queue {

// SQS's limit for a standard queue: more than this in flight, and receives are refused.
inline constexpr std::size_t in_flight_max = 120'000;

inline constexpr std::size_t waiters_max = 10'000;  // Of one queue.

// Grants of one queue in a row while others have messages too.
inline constexpr std::size_t grants_per_turn = 16;

// While whole jobs wait, parts get one of so many places.
inline constexpr std::size_t parts_share = 2;

// Of one frame of grants: the largest frame is 16 MiB, and one grant always goes.
inline constexpr std::size_t grants_bytes_max = 4UL * 1024 * 1024;

// How long a receive that does not want to wait does so all the same, while messages that nobody
// gets any more are cleared from before those that it may have.
inline constexpr Duration clearing_wait = std::chrono::seconds(1);

struct ReceiveTerms {
    std::uint32_t messages_max = 1;
    Duration visibility{};
    Duration wait{};
    std::string wait_name;  // For cancel.
};

class Dispatcher {
public:
    Dispatcher(Messages& messages, Catalogue& catalogue, const Counters& counters, Workers& workers,
               Agenda& agenda, std::size_t in_flight_limit)
        : in_flight_max_(in_flight_limit),
          messages_(messages),
          catalogue_(catalogue),
          counters_(counters),
          workers_(workers),
          agenda_(agenda) {}

    // Answers at once when there are messages or no wait is wanted; else when a message comes or
    // the wait is over. The answer is in some Effects under this id.
    Result<WaitId> receive(Queue& queue, const ReceiveTerms& terms, Timestamp now,
                           Effects& effects);

    // Answers the receives of this name empty-handed.
    void cancel(std::string_view wait_name, Effects& effects);
    // Answers all receives that wait at a queue empty-handed: it is being deleted.
    void cancel_all(Queue& queue, Effects& effects);

    // Hands out what can be handed out.
    Result<void> serve(Timestamp now, Effects& effects);

    // Answers the receives whose wait is over.
    void on_time(Timestamp now, Effects& effects);
    [[nodiscard]] std::optional<Timestamp> next_time() const;

    // Messages that nobody gets any more were cleared away, and there are more of them before those
    // that somebody waits for: `serve` wants to be called again at once.
    [[nodiscard]] bool is_clearing() const { return is_clearing_; }
    // The wall clock was set by so much.
    void shift(Duration by);

    // Workers or functions have changed: queues that nobody served may be served now.
    void reconsider();

    // A call takes a place of a function's reserved concurrency until it is given back, or until a
    // time: whoever was to give it back may be gone. In memory only: after a restart none is taken.
    void take_place(const Queue& function, std::string place, Timestamp until);
    void give_back(const std::string& place);

    // How many jobs and calls more of a function, or of any of its versions, may run now.
    [[nodiscard]] std::size_t free_concurrency(const Queue& function) const;

    [[nodiscard]] std::size_t waiters() const { return deadlines_.size(); }

private:
    Result<schema::MessagesReceived> take(Queue& queue, const Waiter& waiter, Timestamp now,
                                          Effects& effects);
    Result<void> serve_waiters(Queue& queue, Timestamp now, Effects& effects);
    // Grants at most `limit`; how many it granted.
    Result<std::size_t> serve_workers(Queue& queue, std::vector<Worker*>& takers, std::size_t limit,
                                      Timestamp now, Effects& effects);
    [[nodiscard]] std::vector<Worker*> takers_of(const Queue& queue) const;
    // Who gets the queue's next message, and of which sizes.
    struct Pick {
        std::size_t taker = 0;
        std::span<const JobSize> among = all_sizes;
        bool is_beside = false;  // All places.
    };
    // Of which sizes a place is given that is free.
    [[nodiscard]] static std::span<const JobSize> next_turn(Queue& queue,
                                                            const std::vector<Worker*>& takers);
    [[nodiscard]] std::optional<Pick> pick(Queue& queue, const std::vector<Worker*>& takers) const;
    [[nodiscard]] bool may_take(const Queue& queue) const {
        return queue.messages.count(MessageState::visible) > 0 &&
               queue.messages.count(MessageState::in_flight) < in_flight_max_;
    }
    void answer_empty(Queue& queue, std::deque<Waiter>::iterator waiter, Effects& effects);

    const std::size_t in_flight_max_;  // Of one queue.
    Messages& messages_;
    Catalogue& catalogue_;
    const Counters& counters_;
    Workers& workers_;
    Agenda& agenda_;

    struct Place {
        QueueNumber queue;
        std::string name;
    };
    struct Call {
        QueueNumber function;
        Timestamp until;
    };
    std::map<std::string, Call, std::less<>> calls_;
    std::map<QueueNumber, std::size_t> calls_of_;  // Of those that have some.
    std::map<WaitId, Place> places_;
    std::set<std::pair<Timestamp, WaitId>> deadlines_;
    std::uint64_t last_wait_ = 0;
    bool is_clearing_ = false;
    std::size_t first_taker_ = 0;  // Where the search for the least loaded worker begins.
};

}  // namespace onput::queue
