// Core: the queue service as a state machine. No socket, clock, disk, thread or log in here.
//
//     Catalogue        which queues and functions there are
//     Messages         every change of a message, in memory and in its rows      <-- start here
//       MessageIndex     how each message of one queue stands
//     Dispatcher       who gets the next message: waiting receives, workers with credit
//     Lanes, Workers   what workers say; their credit, leases and silence
//     EventSources     queues' messages, in batches for functions
//     Deliveries       events from the notifier, each taken once
//     MoveTasks        dead letters on their way back, some at a time
//     QueueCommands, MessageCommands, DeadLetterCommands, Functions     the requests
//     JobLog           what became of each job
//     Logs, LogReader  lines of functions, and of clients
//     Notifications    messages to topics about it, and their outbox
//     Sweeper          rows that nobody needs any more
//
// Its host (common/service/host.hpp) commits the change of each command at once. Everything else in
// Effects, and every reply, goes out when all commits so far are durable. Messages are handed out
// at the end of a turn, before its sync: one that finds a worker or a receiver waiting is sent and
// leased by one sync.
//
// An error that is_store_fault (rows.hpp) leaves memory ahead of the store or behind it: the
// process must end. All others are the caller's, and changed nothing.
//
// Not thread-safe; the event loop that owns it is its only caller.
#pragma once

#include <string>
#include <tuple>
#include <variant>

#include "common/base/random.hpp"
#include "common/schema/lane.hpp"
#include "common/service/age_record.hpp"
#include "common/service/methods.hpp"
#include "common/service/room.hpp"
#include "services/queue/commands/dead_letter_commands.hpp"
#include "services/queue/commands/event_sources.hpp"
#include "services/queue/commands/function_permissions.hpp"
#include "services/queue/commands/function_urls.hpp"
#include "services/queue/commands/function_versions.hpp"
#include "services/queue/commands/functions.hpp"
#include "services/queue/commands/layers.hpp"
#include "services/queue/commands/lexicons.hpp"
#include "services/queue/commands/message_commands.hpp"
#include "services/queue/commands/queue_commands.hpp"
#include "services/queue/commands/speech_tasks.hpp"
#include "services/queue/lanes/lanes.hpp"
#include "services/queue/logs/log_reader.hpp"
#include "services/queue/logs/logs.hpp"
#include "services/queue/messages/deliveries.hpp"
#include "services/queue/messages/notifications.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {

// Of all queues together; more sends are refused with OverLimit. About 40 bytes of memory each
// while they wait.
inline constexpr std::size_t all_messages_max = 50'000'000;

// How often messages are looked for that have outlived their retention.
inline constexpr Duration expiry_interval = std::chrono::seconds(60);

struct CoreOptions {
    std::string region = "us-east-1";
    std::string account = "000000000000";              // Of callers that have none.
    std::size_t messages_max = all_messages_max;       // Of all queues together.
    std::size_t in_flight_max = queue::in_flight_max;  // Of one queue, functions aside.
    Topics topics = Topics::reachable;
    std::string receipt_key;  // Of a store that has none yet: secret, from the system.
    std::string boot;         // Platform::boot.
    LogLimits log_limits = {};
    std::uint64_t free_bytes_min = 0;  // With less room on the disk nothing is taken in.
};

// What a worker may say.
using Control =
    std::variant<schema::LaneHello, schema::LaneCredit, schema::LaneAck, schema::LaneNack,
                 schema::LaneExtend, schema::LaneBye, schema::LaneSplit>;

// Requests that are refused with `storage_full` while the disk is nearly full. Receiving, removing
// and all that workers do go on.
template <typename M>
inline constexpr bool takes_room =
    std::is_same_v<M, schema::CreateQueue> || std::is_same_v<M, schema::SetQueueAttributes> ||
    std::is_same_v<M, schema::SendMessages> || std::is_same_v<M, schema::StartMoveTask> ||
    std::is_same_v<M, schema::Deliver> || std::is_same_v<M, schema::PutFunction> ||
    std::is_same_v<M, schema::InvokeEvent> || std::is_same_v<M, schema::PublishFunctionVersion> ||
    std::is_same_v<M, schema::PutFunctionAlias> ||
    std::is_same_v<M, schema::PutEventSourceMapping> ||
    std::is_same_v<M, schema::AddFunctionPermission> || std::is_same_v<M, schema::PutLexicon> ||
    std::is_same_v<M, schema::PublishLayerVersion> ||
    std::is_same_v<M, schema::AddLayerPermission> || std::is_same_v<M, schema::StartSpeechTask> ||
    std::is_same_v<M, schema::CreateLogStream> || std::is_same_v<M, schema::PutLogEvents>;

class Core {
public:
    using Effects = queue::Effects;

    Core(const store::View& view, Random random, CoreOptions options);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    // Both clocks, before each command: ages go by AgeClock, and what hides or waits is moved when
    // the wall clock was set.
    void on_clock(Timestamp wall, Duration monotonic);

    // Told how much room the disk has.
    [[nodiscard]] service::Room& room() { return room_; }

    // Puts back what the store holds. Called before anything else; asks for no commit.
    Result<void> restore(Timestamp now, Effects& effects);

    // Runs a request of schema/queue.hpp, function.hpp, call.hpp, speech.hpp or logs.hpp: the
    // function that `methods` names for it. The answer to ReceiveMessages is a WaitId; what was
    // received is in some Effects under it: in these, or in later ones.
    template <schema::Message M>
    auto execute(const M& request, const Caller& caller, Effects& effects) {
        using Answered =
            decltype(service::entry_for<M>(methods())(*this, request, caller, effects));
        if constexpr (takes_room<M>) {
            if (auto room = room_.check(); !room) return Answered(std::unexpected(room.error()));
        }
        return service::entry_for<M>(methods())(*this, request, begin(caller, effects), effects);
    }

    // Which part answers what.
    static constexpr auto function_methods() {
        using service::on;
        return std::tuple{
            on(&Core::functions_, &Functions::put),
            on(&Core::functions_, &Functions::get),
            on(&Core::functions_, &Functions::list),
            on(&Core::functions_, &Functions::find_workers),
            on(&Core::functions_, &Functions::remove),
            on(&Core::functions_, &Functions::prepare),
            on(&Core::functions_, &Functions::end_invocation),
            on(&Core::functions_, &Functions::invoke_event),
            on(&Core::function_versions_, &FunctionVersions::publish),
            on(&Core::function_versions_, &FunctionVersions::list),
            on(&Core::function_versions_, &FunctionVersions::put_alias),
            on(&Core::function_versions_, &FunctionVersions::get_alias),
            on(&Core::function_versions_, &FunctionVersions::list_aliases),
            on(&Core::function_versions_, &FunctionVersions::remove_alias),
            on(&Core::function_permissions_, &FunctionPermissions::add),
            on(&Core::function_permissions_, &FunctionPermissions::remove),
            on(&Core::function_permissions_, &FunctionPermissions::get),
            on(&Core::function_urls_, &FunctionUrls::put),
            on(&Core::function_urls_, &FunctionUrls::remove),
            on(&Core::function_urls_, &FunctionUrls::list),
            on(&Core::function_urls_, &FunctionUrls::find),
            on(&Core::function_urls_, &FunctionUrls::prepare),
            on(&Core::event_sources_, &EventSources::put),
            on(&Core::event_sources_, &EventSources::get),
            on(&Core::event_sources_, &EventSources::list),
            on(&Core::event_sources_, &EventSources::remove),
            on(&Core::layers_, &Layers::publish),
            on(&Core::layers_, &Layers::get),
            on(&Core::layers_, &Layers::list),
            on(&Core::layers_, &Layers::remove),
            on(&Core::layers_, &Layers::add_permission),
            on(&Core::layers_, &Layers::remove_permission),
        };
    }
    static constexpr auto queue_methods() {
        using service::on;
        return std::tuple{
            on(&Core::queue_commands_, &QueueCommands::create),
            on(&Core::queue_commands_, &QueueCommands::remove),
            on(&Core::queue_commands_, &QueueCommands::list),
            on(&Core::queue_commands_, &QueueCommands::list_sources),
            on(&Core::queue_commands_, &QueueCommands::describe),
            on(&Core::queue_commands_, &QueueCommands::set_attributes),
            on(&Core::queue_commands_, &QueueCommands::purge),
            on(&Core::message_commands_, &MessageCommands::send),
            on(&Core::message_commands_, &MessageCommands::receive),
            on(&Core::message_commands_, &MessageCommands::cancel_receive),
            on(&Core::message_commands_, &MessageCommands::remove),
            on(&Core::message_commands_, &MessageCommands::change_visibility),
            on(&Core::message_commands_, &MessageCommands::peek),
            on(&Core::dead_letter_commands_, &DeadLetterCommands::start),
            on(&Core::dead_letter_commands_, &DeadLetterCommands::list),
            on(&Core::dead_letter_commands_, &DeadLetterCommands::cancel),
            on(&Core::dead_letter_commands_, &DeadLetterCommands::letters),
            on(&Core::deliveries_, &Deliveries::authorize),
            on(&Core::deliveries_, &Deliveries::deliver),
            on(&Core::job_log_, &JobLog::trace),
            on(&Core::speech_tasks_, &SpeechTasks::start),
            on(&Core::speech_tasks_, &SpeechTasks::get),
            on(&Core::speech_tasks_, &SpeechTasks::list),
            on(&Core::lexicons_, &Lexicons::put),
            on(&Core::lexicons_, &Lexicons::get),
            on(&Core::lexicons_, &Lexicons::list),
            on(&Core::lexicons_, &Lexicons::remove),
            on(&Core::logs_, &Logs::create),
            on(&Core::logs_, &Logs::remove),
            on(&Core::logs_, &Logs::list_groups),
            on(&Core::logs_, &Logs::list_streams),
            on(&Core::logs_, &Logs::set),
            on(&Core::logs_, &Logs::put),
            on(&Core::log_reader_, &LogReader::get),
            on(&Core::log_reader_, &LogReader::filter),
        };
    }
    static constexpr auto methods() { return std::tuple_cat(queue_methods(), function_methods()); }

    // What a worker says. Nothing is answered; refusals are for the log.
    Result<void> control(const Control& message, Timestamp now, Effects& effects);
    // Grants of some Effects go out now, being durable.
    void sent(const schema::LaneGrants& grants, Timestamp now) { lanes_.sent(grants, now); }
    // The lane of a worker could not be opened.
    void lane_failed(std::string_view worker_id) { lanes_.lane_failed(worker_id); }

    // Does what is due, and hands out what can be handed out.
    Result<void> end_turn(Timestamp now, Effects& effects);
    // When a turn is wanted by itself.
    [[nodiscard]] Timestamp next_wakeup(Timestamp now) const;

    // Messages to topics go to the notifier through this outbox, named by `source`; its next,
    // on_appended and on_failed are the relay's.
    [[nodiscard]] outbox::Outbox& outbox() { return notifications_.outbox(); }
    [[nodiscard]] const outbox::Outbox& outbox() const { return notifications_.outbox(); }
    [[nodiscard]] const std::string& source() const { return notifications_.source(); }

    [[nodiscard]] std::uint64_t last_number() const { return outbox().last(); }
    void on_durable(std::uint64_t number) { outbox().on_durable(number); }

    // What receipt handles are signed with.
    [[nodiscard]] const std::string& receipt_key() const { return counters_.receipt_key(); }

    static bool is_fatal(const Error& error) { return is_store_fault(error); }

    [[nodiscard]] std::vector<schema::Metric> metrics(Timestamp now) const;
    void check_invariants() const;

private:
    // Before each command.
    void begin(Timestamp now, Effects& effects);
    Caller begin(const Caller& caller, Effects& effects);
    void observe(Timestamp now);
    Result<void> restore_catalogue();
    Result<void> hand_out(Timestamp now, Effects& effects);
    // Answers the highest number of a queue that is there or was.
    Result<QueueNumber> restore_sweeps();
    Result<void> on_time(Timestamp now, Effects& effects);
    bool expire(Timestamp now, Effects& effects);

    const store::View& view_;
    Random random_;
    CoreOptions options_;
    service::KeptAge age_;
    service::Room room_;
    Counters counters_;
    Catalogue catalogue_;
    Workers workers_;
    JobLog job_log_;
    Agenda agenda_;
    Sweeper sweeper_;
    Notifications notifications_;
    SpeechTaskLog speech_task_log_;
    Messages messages_;
    Dispatcher dispatcher_;
    Lanes lanes_;
    Deliveries deliveries_;
    MoveTasks move_tasks_;
    QueueCommands queue_commands_;
    MessageCommands message_commands_;
    DeadLetterCommands dead_letter_commands_;
    Functions functions_;
    FunctionVersions function_versions_;
    FunctionPermissions function_permissions_;
    FunctionUrls function_urls_;
    EventSources event_sources_;
    Layers layers_;
    Lexicons lexicons_;
    Logs logs_;
    LogReader log_reader_;
    SpeechTasks speech_tasks_;

    Timestamp last_seen_;  // The latest `now` of any call.
    Timestamp expiry_at_;  // When to look for old messages next.
    // By how much the wall clock was set since times were shifted last; less than jump_min.
    Duration unshifted_{};
};

}  // namespace onput::queue
