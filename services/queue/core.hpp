// Core: the queue service as a state machine. No socket, clock, disk, thread or log in here.
//
//     Catalogue        which queues and functions there are
//     Messages         every change of a message, in memory and in its rows      <-- start here
//       MessageIndex     how each message of one queue stands
//     Dispatcher       who gets the next message: waiting receives, workers with credit
//     Lanes, Workers   what workers say; their credit, leases and silence
//     Deliveries       events from the notifier, each taken once
//     QueueCommands, MessageCommands, Functions     the requests
//     JobLog           what became of each job
//     Notifications    what topics are told of it, and their outbox
//     Sweeper          rows that nobody needs any more
//
// How it is driven, once per turn of the loop:
//
//     for each request:   execute(request, caller, effects)      commit effects.writes
//     for each control:   control(message, now, effects)         commit effects.writes
//     if due:             on_time(now, effects)                  commit effects.writes
//     at the end:         serve(now, effects)                    commit effects.writes, then sync
//
// Everything else in Effects, and every reply, goes out when all commits so far are durable. A
// message that finds a worker or a receiver waiting is therefore sent and leased by one sync.
//
// An error that is_store_fault (rows.hpp) leaves memory ahead of the store or behind it: the
// process must end. All others are the caller's, and changed nothing.
//
// Not thread-safe; the event loop that owns it is its only caller.
#pragma once

#include <string>
#include <variant>

#include "common/base/random.hpp"
#include "common/schema/lane.hpp"
#include "services/queue/commands/functions.hpp"
#include "services/queue/commands/message_commands.hpp"
#include "services/queue/commands/queue_commands.hpp"
#include "services/queue/lanes/lanes.hpp"
#include "services/queue/messages/deliveries.hpp"
#include "services/queue/messages/notifications.hpp"

namespace onput::queue {

// Of all queues together; more sends are refused with OverLimit. About 40 bytes of memory each
// while they wait.
inline constexpr std::size_t all_messages_max = 50'000'000;

// How often messages are looked for that have outlived their retention.
inline constexpr Duration expiry_interval = std::chrono::seconds(60);

struct CoreOptions {
    std::string region = "us-east-1";
    std::string account = "000000000000";         // Of callers that have none.
    std::size_t messages_max = all_messages_max;  // Of all queues together.
    Topics topics = Topics::reachable;
};

// What a worker may say.
using Control = std::variant<schema::LaneHello, schema::LaneCredit, schema::LaneAck,
                             schema::LaneNack, schema::LaneExtend, schema::LaneBye>;

class Core {
public:
    Core(const store::View& view, Random random, CoreOptions options);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    // Puts back what the store holds. Called before anything else.
    Result<void> restore(Timestamp now);

    // One for each request of schema/queue.hpp and schema/function.hpp.
    Result<schema::QueueInfo> execute(const schema::CreateQueue&, const Caller&, Effects&);
    Result<schema::Empty> execute(const schema::DeleteQueue&, const Caller&, Effects&);
    Result<schema::QueueList> execute(const schema::ListQueues&, const Caller&, Effects&);
    Result<schema::QueueInfo> execute(const schema::DescribeQueue&, const Caller&, Effects&);
    Result<schema::Empty> execute(const schema::SetQueueAttributes&, const Caller&, Effects&);
    Result<schema::Empty> execute(const schema::PurgeQueue&, const Caller&, Effects&);
    Result<schema::MessagesSent> execute(const schema::SendMessages&, const Caller&, Effects&);
    // The answer is in some Effects under this id: in these, or in later ones.
    Result<WaitId> execute(const schema::ReceiveMessages&, const Caller&, Effects&);
    Result<schema::Empty> execute(const schema::CancelReceive&, const Caller&, Effects&);
    Result<schema::EntriesDone> execute(const schema::RemoveMessages&, const Caller&, Effects&);
    Result<schema::EntriesDone> execute(const schema::ChangeVisibility&, const Caller&, Effects&);
    Result<schema::MessagesReceived> execute(const schema::PeekMessages&, const Caller&, Effects&);
    Result<schema::Empty> execute(const schema::AuthorizeDelivery&, const Caller&, Effects&);
    Result<schema::Delivered> execute(const schema::Deliver&, const Caller&, Effects&);
    Result<schema::TraceStory> execute(const schema::QueueTraceQuery&, const Caller&, Effects&);
    Result<schema::FunctionInfo> execute(const schema::PutFunction&, const Caller&, Effects&);
    Result<schema::FunctionInfo> execute(const schema::GetFunction&, const Caller&, Effects&);
    Result<schema::FunctionList> execute(const schema::ListFunctions&, const Caller&, Effects&);
    Result<schema::Empty> execute(const schema::DeleteFunction&, const Caller&, Effects&);

    // What a worker says. Nothing is answered; refusals are for the log.
    Result<void> control(const Control& message, Timestamp now, Effects& effects);
    // Grants of some Effects go out now, being durable.
    void sent(const schema::LaneGrants& grants, Timestamp now) { lanes_.sent(grants, now); }
    // The lane of a worker could not be opened.
    void lane_failed(std::string_view worker_id) { lanes_.lane_failed(worker_id); }

    // Hands out what can be handed out: at the end of each turn.
    Result<void> serve(Timestamp now, Effects& effects);

    // Does what is due. Call it at next_wakeup(), and no harm in between.
    Result<void> on_time(Timestamp now, Effects& effects);
    [[nodiscard]] Timestamp next_wakeup(Timestamp now) const;

    // What topics are told goes to the notifier through this outbox, named by `source`. Its
    // on_durable is for whoever commits; next, on_appended and on_failed are the relay's.
    [[nodiscard]] outbox::Outbox& outbox() { return notifications_.outbox(); }
    [[nodiscard]] const outbox::Outbox& outbox() const { return notifications_.outbox(); }
    [[nodiscard]] const std::string& source() const { return notifications_.source(); }

    [[nodiscard]] std::vector<schema::Metric> metrics(Timestamp now) const;
    void check_invariants() const;

private:
    Caller begin(const Caller& caller);
    void observe(Timestamp now);
    [[nodiscard]] Result<void> check_room(std::size_t messages) const;
    Result<void> restore_catalogue();
    Result<void> restore_sweeps();
    bool expire(Timestamp now, Effects& effects);

    const store::View& view_;
    Random random_;
    CoreOptions options_;
    Counters counters_;
    Catalogue catalogue_;
    Workers workers_;
    JobLog log_;
    Agenda agenda_;
    Sweeper sweeper_;
    Notifications notifications_;
    Messages messages_;
    Dispatcher dispatcher_;
    Lanes lanes_;
    Deliveries deliveries_;
    QueueCommands queue_commands_;
    MessageCommands message_commands_;
    Functions functions_;

    Timestamp last_seen_;  // The latest `now` of any call.
    Timestamp expiry_at_;  // When to look for old messages next.
};

}  // namespace onput::queue
