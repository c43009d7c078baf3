// NotifierCore: the journal of events and messages and who is owed them, as one state machine. No
// socket, clock, disk, thread or log in here.
//
//     append, publish ──> changes, published ──(host: commit, sync)──> on_durable
//                                                                          │
//                                                                          v
//     changes (settled) <── on_delivered, on_sent <── peers <── due, outbound_due
//
// Its host (common/service/host.hpp) commits the changes of a command at once, so that the next
// command sees them, and keeps the answer, and `published`, until they are durable. on_durable then
// names the head as it was at the commit: nothing is sent to a destination before that. At the end
// of each turn `due` and `outbound_due` say what to send, and `next_wakeup` when to ask again if
// nothing else happens.
//
// Any failure of a read means that the store is damaged: the process ends.
//
// Not thread-safe; the event loop that owns it is its only caller.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/service/age_record.hpp"
#include "common/service/room.hpp"
#include "services/notifier/archives/archive_book.hpp"
#include "services/notifier/delivery/check.hpp"
#include "services/notifier/delivery/deliveries.hpp"
#include "services/notifier/delivery/event_router.hpp"
#include "services/notifier/delivery/fanout.hpp"
#include "services/notifier/delivery/resend_book.hpp"
#include "services/notifier/destinations/connection_book.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/journal/journal.hpp"
#include "services/notifier/schedules/schedule_book.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "services/notifier/writer.hpp"

namespace onput::notifier {

inline constexpr Duration trim_interval = std::chrono::seconds(1);
// Of one batch; an append above either is committed as several, each complete in itself. Engines
// across a network take no larger ones.
inline constexpr std::size_t batch_events_max = 400;
inline constexpr std::size_t batch_event_bytes_max = 1024 * 1024;
// Due times of schedules that are taken at once; the others follow in the next turn.
inline constexpr std::size_t schedules_per_turn = 20;

struct CoreOptions {
    DeliveryOptions deliveries;
    TopicBookOptions topics;
    RuleBookOptions rules;
    ScheduleBookOptions schedules;
    ArchiveBookOptions archives;
    ConnectionBookOptions connections;
    Duration retention_age = std::chrono::hours(168);
    std::uint64_t retention_records_max = 10'000'000;
    std::uint64_t retention_bytes_max = journal_bytes_max_default;
    std::uint64_t free_bytes_min = 0;  // With less room on the disk nothing is taken in.
    std::string boot;                  // Platform::boot.
};

class NotifierCore {
public:
    using Effects = notifier::Effects;

    // `writer` and `view` outlive it.
    NotifierCore(const CoreOptions& options, const store::View& view, Random random,
                 MessageWriter& writer);
    NotifierCore(const NotifierCore&) = delete;
    NotifierCore& operator=(const NotifierCore&) = delete;

    // Both clocks, before each command: what is trimmed, given up or forgotten for its age goes by
    // AgeClock.
    void on_clock(Timestamp wall, Duration monotonic) { age_.observe(wall, monotonic); }

    // Told how much room the disk has. Below free_bytes_min events, messages, topics and
    // subscriptions are refused with `storage_full`: outboxes keep theirs. Delivering, removing and
    // trimming go on.
    [[nodiscard]] service::Room& room() { return room_; }
    [[nodiscard]] bool has_room() const { return room_.is_there(); }

    // Continues from the store. Called once, before anything else; nothing is sent until its
    // changes are durable and on_durable was called.
    Result<void> restore(Timestamp now, Effects& effects);

    // Takes outbox rows over; `events` are the attachments (core_append.cpp). A request that makes
    // no sense is invalid_argument. A row that cannot be taken (it cannot be read, it is too large)
    // is journaled as a failed attempt with an UndeliveredRecord: its outbox would send it for
    // ever, before anything else. A limit concerns the event alone that reaches it.
    Result<schema::EventsAppended> append(const schema::AppendEvents& request,
                                          std::span<const std::string_view> events,
                                          const Caller& caller, Effects& effects);

    // Commands about topics (core_topics.cpp). One that fails has changed nothing.
    Result<schema::MessagesPublished> apply(const schema::PublishMessages& request,
                                            const Caller& caller, Effects& effects);
    Result<schema::TopicInfo> apply(const schema::CreateTopic& request, const Caller& caller,
                                    Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteTopic& request, const Caller& caller,
                                Effects& effects);
    Result<schema::Empty> apply(const schema::SetTopicAttribute& request, const Caller& caller,
                                Effects& effects);
    Result<schema::Empty> apply(const schema::ChangeTopicTags& request, const Caller& caller,
                                Effects& effects);
    Result<schema::SubscriptionInfo> apply(const schema::Subscribe& request, const Caller& caller,
                                           Effects& effects);
    Result<schema::SubscriptionInfo> apply(const schema::ConfirmSubscription& request,
                                           const Caller& caller, Effects& effects);
    Result<schema::Empty> apply(const schema::Unsubscribe& request, const Caller& caller,
                                Effects& effects);
    Result<schema::Empty> apply(const schema::SetSubscriptionAttribute& request,
                                const Caller& caller, Effects& effects);
    // Queries about them.
    [[nodiscard]] const TopicBook& topics() const { return topics_; }
    // Commands about buses, rules and events (core_rules.cpp), likewise.
    Result<schema::EventsPut> apply(const schema::PutEvents& request, const Caller& caller,
                                    Effects& effects);
    Result<schema::BusInfo> apply(const schema::CreateBus& request, const Caller& caller,
                                  Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteBus& request, const Caller& caller,
                                Effects& effects);
    Result<schema::RuleInfo> apply(const schema::PutRule& request, const Caller& caller,
                                   Effects& effects);
    Result<schema::BusInfo> apply(const schema::UpdateBus& request, const Caller& caller,
                                  Effects& effects);
    Result<schema::Empty> apply(const schema::PutBusPermission& request, const Caller& caller,
                                Effects& effects);
    Result<schema::Empty> apply(const schema::RemoveBusPermission& request, const Caller& caller,
                                Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteRule& request, const Caller& caller,
                                Effects& effects);
    Result<schema::Empty> apply(const schema::SetRuleState& request, const Caller& caller,
                                Effects& effects);
    Result<schema::TargetsChanged> apply(const schema::PutTargets& request, const Caller& caller,
                                         Effects& effects);
    Result<schema::TargetsChanged> apply(const schema::RemoveTargets& request, const Caller& caller,
                                         Effects& effects);
    Result<schema::EventTags> apply(const schema::ChangeEventTags& request, const Caller& caller,
                                    Effects& effects);
    [[nodiscard]] const RuleBook& rules() const { return rules_; }
    // Commands about schedules (core_schedules.cpp), likewise.
    Result<schema::ScheduleInfo> apply(const schema::PutSchedule& request, const Caller& caller,
                                       Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteSchedule& request, const Caller& caller,
                                Effects& effects);
    Result<schema::ScheduleGroup> apply(const schema::CreateScheduleGroup& request,
                                        const Caller& caller, Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteScheduleGroup& request, const Caller& caller,
                                Effects& effects);
    [[nodiscard]] const ScheduleBook& schedules() const { return schedules_; }
    // Commands about archives and replays (core_archives.cpp), likewise.
    Result<schema::ArchiveInfo> apply(const schema::CreateArchive& request, const Caller& caller,
                                      Effects& effects);
    Result<schema::ArchiveInfo> apply(const schema::UpdateArchive& request, const Caller& caller,
                                      Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteArchive& request, const Caller& caller,
                                Effects& effects);
    Result<schema::ReplayInfo> apply(const schema::StartReplay& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::ReplayInfo> apply(const schema::CancelReplay& request, const Caller& caller,
                                     Effects& effects);
    [[nodiscard]] const ArchiveBook& archives() const { return archives_; }
    // Commands about connections and API destinations (core_destinations.cpp), likewise.
    Result<schema::ConnectionInfo> apply(const schema::CreateConnection& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::ConnectionInfo> apply(const schema::UpdateConnection& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::ConnectionInfo> apply(const schema::DeleteConnection& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::ConnectionInfo> apply(const schema::DeauthorizeConnection& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::ApiDestinationInfo> apply(const schema::CreateApiDestination& request,
                                             const Caller& caller, Effects& effects);
    Result<schema::ApiDestinationInfo> apply(const schema::UpdateApiDestination& request,
                                             const Caller& caller, Effects& effects);
    Result<schema::Empty> apply(const schema::DeleteApiDestination& request, const Caller& caller,
                                Effects& effects);
    [[nodiscard]] const ConnectionBook& connections() const { return connections_; }
    // Tags of buses, rules and groups of schedules.
    [[nodiscard]] Result<schema::EventTags> event_tags(const schema::GetEventTags& request,
                                                       const Caller& caller) const;
    // A page of a replay (core_resend.cpp): `events` are the attachments. Either all of it is owed,
    // and the position moves, or nothing has changed. The errors are those of resend.hpp.
    Result<schema::Resend> resend(const schema::ResendEvents& request,
                                  std::span<const std::string_view> events, const Caller& caller,
                                  Effects& effects);
    [[nodiscard]] const ResendBook& resends() const { return resends_; }
    // Publishes the test events of a check of destinations.
    Result<void> publish_test_events(std::vector<schema::TopicMessage> messages, Timestamp now,
                                     Effects& effects);

    // Every record up to this sequence survives a crash. Rises.
    void on_durable(std::uint64_t sequence);
    [[nodiscard]] std::uint64_t last_number() const { return journal_.head(); }

    // A command that fails has changed nothing.
    static bool is_fatal(const Error&) { return false; }

    Result<std::vector<Delivery>> due(Timestamp now);
    // Exactly one answer per delivery, `timeout` and `unavailable` included; others are ignored.
    // Its changes may sync late: losing one only repeats a delivery. The queue service recognises
    // it, an endpoint outside sees the same message id again.
    Result<void> on_delivered(const DeliveryAnswer& answer, Timestamp now, Effects& effects) {
        effects.may_sync_late = true;
        keep_jump(effects);
        return deliveries_.on_answer(answer, now, effects);
    }
    // The same for the outside.
    Result<std::vector<OutboundDelivery>> outbound_due(Timestamp now, Effects& effects);
    Result<void> on_sent(const OutboundAnswer& answer, Timestamp now, Effects& effects) {
        effects.may_sync_late = true;
        keep_jump(effects);
        return deliveries_.on_answer(answer, now, effects);
    }

    // Does on_time, when it is due.
    Result<void> end_turn(Timestamp now, Effects& effects);
    // Retention, giving up and the rows of subscriptions, in bounded steps.
    Result<void> on_time(Timestamp now, Effects& effects);
    // When on_time, due and outbound_due want to be called again.
    [[nodiscard]] Timestamp next_wakeup(Timestamp now) const;

    [[nodiscard]] Result<FetchedPage> fetch(const schema::FetchJournal& request) const {
        return journal_.fetch(request);
    }
    // `bus_endpoint` is left to the shell.
    [[nodiscard]] Result<schema::JournalPosition> find(const schema::FindJournal& request) const {
        return journal_.find(request);
    }
    [[nodiscard]] Result<schema::TraceStory> trace(const schema::TraceQuery& query) const;
    [[nodiscard]] schema::DestinationList list_destinations() const { return deliveries_.list(); }

    // Of DeliveryOptions::destinations_max.
    [[nodiscard]] std::size_t destinations_by_rules() const { return deliveries_.named_by_rules(); }

    // The heartbeat: the newest record that is durable.
    [[nodiscard]] schema::BusHead durable_head(Timestamp now) const;
    [[nodiscard]] std::uint64_t head() const { return journal_.head(); }
    [[nodiscard]] const std::string& epoch() const { return journal_.epoch(); }
    [[nodiscard]] std::vector<schema::Metric> metrics(Timestamp now) const;

    void check_invariants() const;

private:
    // How many records, and of how many bytes, rows of an outbox became.
    struct Added {
        std::size_t records = 0;
        std::size_t bytes = 0;
    };
    struct OutboxRow {
        std::string_view source;
        std::uint64_t number = 0;
        std::string_view bytes;
    };
    Added add(const OutboxRow& row, Timestamp now, store::Batch& batch, Effects& effects);
    Added add_event(schema::ObjectEvent event, std::string bytes, Timestamp now,
                    store::Batch& batch, Effects& effects);
    Added add_bus_event(schema::BusEvent event, const OutboxRow& row, Timestamp now,
                        store::Batch& batch, Effects& effects);
    Added add_unreadable(const OutboxRow& row, const Error& error, Timestamp now,
                         store::Batch& batch, Effects& effects);
    Result<void> close_batch(store::Batch batch, Effects& effects);
    Result<void> restore_owed();
    // Before what is kept by AgeClock::steady.
    void keep_jump(Effects& effects);
    // Where a page of a replay goes.
    struct ResendTarget {
        const BusTarget* target = nullptr;  // Of a rule.
        std::uint64_t subscription = 0;     // Its number; 0: it is none.
        std::string arn;                    // A queue's, function's or topic's; empty: it is none.
    };
    [[nodiscard]] Result<ResendTarget> find_resend_target(const std::string& destination) const;
    void resend_one(const schema::ResendEvents& request, const ResendTarget& to, JournalBody body,
                    Timestamp now, store::Batch& batch, Effects& effects);
    schema::EventEntryResult put_event(const schema::EventEntry& entry, const Caller& caller,
                                       store::Batch& batch, Effects& effects);
    Result<void> restore_schedules(Timestamp now, store::Batch& batch);
    void restore_own_targets(store::Batch& batch);
    void set_rule_schedule(const schema::RuleInfo& rule, Timestamp now, store::Batch& batch);
    void remove_schedule(const std::string& arn, store::Batch& batch);
    Result<void> fire_due(Timestamp now, Effects& effects);
    void fire(const Timetable::Due& due, Timestamp now, store::Batch& batch, Effects& effects);
    void fire_rule(const schema::RuleInfo& rule, const Timetable::Due& due, Timestamp now,
                   store::Batch& batch, Effects& effects);
    void fire_schedule(const schema::ScheduleInfo& schedule, const Timetable::Due& due,
                       Timestamp now, store::Batch& batch, Effects& effects);
    void end_schedules(store::Batch& batch);
    Result<void> replay_some(Timestamp now, Effects& effects);
    [[nodiscard]] Result<void> check_publish(const schema::PublishMessages& request) const;
    Result<bool> write_owed_rows(store::Batch& batch);
    Result<void> trim(Timestamp now, store::Batch& batch);
    [[nodiscard]] std::uint64_t needed_from() const;

    CoreOptions options_;
    const store::View& view_;
    Random random_;
    service::KeptAge age_;
    service::Room room_;
    Journal journal_;
    Recorder recorder_;
    TopicBook topics_;
    RuleBook rules_;
    ArchiveBook archives_;
    ConnectionBook connections_;
    ScheduleBook schedules_;
    Timetable timetable_;           // Of rules and schedules.
    std::set<std::string> ending_;  // Schedules that are over, and go when nothing is owed.
    OwedRows owed_rows_;
    DeliveryParts parts_;
    Deliveries deliveries_;
    Fanout fanout_;
    EventRouter router_;
    ResendBook resends_;
    std::uint64_t durable_ = 0;
    Timestamp trimmed_at_;
    bool has_more_to_do_ = false;  // Of what on_time does in steps.
    std::uint64_t repeated_ = 0;   // Outbox rows that were here already.
    std::uint64_t fired_ = 0;      // Due times of schedules.
};

}  // namespace onput::notifier
