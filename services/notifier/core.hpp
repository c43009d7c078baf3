// NotifierCore: the journal of events and who is owed them, as one state machine. No socket, clock,
// disk, thread or log in here.
//
//     append --> writes, published --(shell commits, syncs)--> on_durable --> due --> deliveries
//                                                                               |
//                                     writes (settled) <-- on_delivered <-------+
//
// Commands answer what the caller is told and leave the rest in Effects. The shell commits `writes`
// at once, so that the next command sees them, and keeps the answer, and `published`, until they
// are durable. It then calls on_durable with the head as it was at the commit: nothing is sent to a
// destination before that. After any command, `due` says what to send, and `next_wakeup` when to
// ask again if nothing else happens.
//
// Any failure of a read means that the store is damaged: the process ends.
//
// Not thread-safe; the event loop that owns it is its only caller.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "services/notifier/deliveries.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/journal.hpp"

namespace onput::notifier {

inline constexpr Duration trim_interval = std::chrono::seconds(1);
// Of one batch; an append above either is committed as several, each complete in itself. Engines
// across a network take no larger ones.
inline constexpr std::size_t batch_events_max = 400;
inline constexpr std::size_t batch_event_bytes_max = 1024 * 1024;
inline constexpr std::size_t counted_types_max = 64;  // Event types with a metric of their own.

struct CoreOptions {
    DeliveryOptions deliveries;
    Duration retention_age = std::chrono::hours(168);
    std::uint64_t retention_records_max = 10'000'000;
};

class NotifierCore {
public:
    NotifierCore(const CoreOptions& options, const store::View& view, Random random);
    NotifierCore(const NotifierCore&) = delete;
    NotifierCore& operator=(const NotifierCore&) = delete;

    // Continues from the store. Called once, before anything else; nothing is sent until its writes
    // are durable and on_durable was called.
    Result<void> restore(Effects& effects);

    // Takes outbox rows over; `events` are the attachments. All or nothing: invalid_argument,
    // corruption (an event cannot be read) or resource_exhausted take none.
    Result<schema::EventsAppended> append(const schema::AppendEvents& request,
                                          std::span<const std::string_view> events,
                                          const Caller& caller, Effects& effects);
    // Every record up to this sequence survives a crash. Rises.
    void on_durable(std::uint64_t sequence);

    Result<std::vector<Delivery>> due(Timestamp now) { return deliveries_.due(now); }
    // Exactly one answer per delivery, `timeout` and `unavailable` included; others are ignored.
    Result<void> on_delivered(const DeliveryAnswer& answer, Timestamp now, Effects& effects) {
        return deliveries_.on_delivered(answer, now, effects);
    }

    // Retention and giving up, in bounded steps.
    Result<void> on_time(Timestamp now, Effects& effects);
    // When on_time and due want to be called again.
    [[nodiscard]] Timestamp next_wakeup(Timestamp now) const;

    [[nodiscard]] Result<FetchedPage> fetch(const schema::FetchJournal& request) const {
        return journal_.fetch(request);
    }
    // `bus_endpoint` is left to the shell.
    [[nodiscard]] Result<schema::JournalPosition> find(const schema::FindJournal& request) const {
        return journal_.find(request);
    }
    [[nodiscard]] Result<schema::TraceStory> trace(const schema::TraceQuery& query) const;
    [[nodiscard]] schema::DestinationList list_destinations() const {
        return {.destinations = deliveries_.list()};
    }

    // The heartbeat: the newest record that is durable.
    [[nodiscard]] schema::BusHead durable_head(Timestamp now) const;
    [[nodiscard]] std::uint64_t head() const { return journal_.head(); }
    [[nodiscard]] const std::string& epoch() const { return journal_.epoch(); }
    [[nodiscard]] std::vector<schema::Metric> metrics(Timestamp now) const;

    void check_invariants() const;

private:
    Result<std::vector<schema::ObjectEvent>> decode_new(
        const schema::AppendEvents& request, std::span<const std::string_view> events) const;
    void close_batch(const std::string& source, std::uint64_t through, store::Batch batch,
                     Effects& effects);
    void count(const std::string& type);

    CoreOptions options_;
    const store::View& view_;
    Random random_;
    Journal journal_;
    Deliveries deliveries_;
    std::uint64_t durable_ = 0;
    Timestamp trimmed_at_;
    bool has_more_to_trim_ = false;
    std::map<std::string, std::uint64_t, std::less<>> appended_by_type_;
    std::uint64_t repeated_ = 0;  // Outbox rows that were here already.
};

}  // namespace onput::notifier
