// EventSources: event source mappings (common/schema/event_source.hpp). They hand a queue's
// messages to a function: as many batches as workers have places for, one waiting at a time.
//
// A batch is a job of the function that is tried once: what fails of it comes back to the queue
// when the visibility of its messages ends, and goes to the queue's dead letters in the end. How
// many batches of a mapping run is kept in memory: after a restart those from before it are not
// counted.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/pattern/filter_policy.hpp"
#include "common/schema/event_source.hpp"
#include "common/service/caller.hpp"
#include "services/queue/lanes/dispatcher.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

// Of the bodies of a batch: with one more message it is full.
inline constexpr std::size_t batch_bytes_max = 1024UL * 1024;
// Messages that a filter refuses are removed; so many at a time.
inline constexpr std::size_t batch_looked_at_max = 1000;

// What it shares with the rest of Core. All outlive it.
struct EventSourceParts {
    const store::View& view;
    Catalogue& catalogue;
    const Counters& counters;
    Messages& messages;
    Dispatcher& dispatcher;
    Workers& workers;
    Random& random;
};

class EventSources {
public:
    explicit EventSources(const EventSourceParts& parts) : parts_(parts) {}

    // Puts back what the store holds, after the catalogue.
    Result<void> restore();

    Result<schema::EventSourceMapping> put(const schema::PutEventSourceMapping& request,
                                           const Caller& caller, Effects& effects);
    Result<schema::EventSourceMapping> get(const schema::GetEventSourceMapping& request,
                                           const Caller& caller) const;
    Result<schema::EventSourceMappingList> list(const schema::ListEventSourceMappings& request,
                                                const Caller& caller) const;
    Result<schema::EventSourceMapping> remove(const schema::DeleteEventSourceMapping& request,
                                              const Caller& caller, Effects& effects);

    // Makes the batches that are due, one for each function. True: there may be more when these
    // are handed out.
    Result<bool> serve(Timestamp now, Effects& effects);
    // When the next window of a batch ends. One that has ended waits for a worker's place.
    [[nodiscard]] std::optional<Timestamp> next_time(Timestamp now) const;
    // The wall clock was set by so much.
    void shift(Duration by);

private:
    struct Mapping {
        schema::EventSourceMapping record;
        std::vector<pattern::FilterPolicy> filters;
        std::optional<Timestamp> waiting_since{};  // For more messages.
        // Its batches, until they have ended: the function's queue, and the job.
        std::set<std::pair<QueueNumber, MessageNumber>> running{};
    };
    using Mappings = std::map<std::string, Mapping>;  // By id.

    Result<Mapping> make(const schema::EventSourceMapping& record) const;
    [[nodiscard]] Result<void> check(const schema::EventSourceMapping& mapping) const;
    [[nodiscard]] Result<void> check_numbers(const schema::EventSourceMapping& mapping) const;
    Result<const Mapping*> find(const std::string& id, const Caller& caller) const;
    void mark_function(const Mapping& mapping);

    // The function that gets a batch of this mapping now; null: none is to be made.
    Queue* target_of(Mapping& mapping, Queue& source, Timestamp now);
    [[nodiscard]] bool has_worker_for(const Queue& function) const;
    static bool is_due(Mapping& mapping, const Queue& source, Timestamp now);
    Result<bool> make_batch(Mapping& mapping, Queue& source, Queue& target, Timestamp now,
                            Effects& effects);

    EventSourceParts parts_;
    Mappings mappings_;
};

}  // namespace onput::queue
