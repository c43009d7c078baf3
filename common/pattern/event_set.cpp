#include "common/pattern/event_set.hpp"

#include <array>
#include <string>

namespace onput::pattern {
namespace {

constexpr std::string_view service_prefix = "s3:";

constexpr EventSet events(unsigned first, unsigned count) {
    return EventSet(((1U << count) - 1) << first);
}

// The single events hold bits 0 to 22, families the bits of the rows that follow them.
constexpr std::array<EventName, 30> event_names{{
    {"ReducedRedundancyLostObject", events(0, 1)},
    {"ObjectCreated:*", events(1, 4)},
    {"ObjectCreated:Put", events(1, 1)},
    {"ObjectCreated:Post", events(2, 1)},
    {"ObjectCreated:Copy", events(3, 1)},
    {"ObjectCreated:CompleteMultipartUpload", events(4, 1)},
    {"ObjectRemoved:*", events(5, 2)},
    {"ObjectRemoved:Delete", events(5, 1)},
    {"ObjectRemoved:DeleteMarkerCreated", events(6, 1)},
    {"ObjectRestore:*", events(7, 3)},
    {"ObjectRestore:Post", events(7, 1)},
    {"ObjectRestore:Completed", events(8, 1)},
    {"ObjectRestore:Delete", events(9, 1)},
    {"Replication:*", events(10, 4)},
    {"Replication:OperationFailedReplication", events(10, 1)},
    {"Replication:OperationNotTracked", events(11, 1)},
    {"Replication:OperationMissedThreshold", events(12, 1)},
    {"Replication:OperationReplicatedAfterThreshold", events(13, 1)},
    {"LifecycleTransition", events(14, 1)},
    {"LifecycleExpiration:*", events(15, 2)},
    {"LifecycleExpiration:Delete", events(15, 1)},
    {"LifecycleExpiration:DeleteMarkerCreated", events(16, 1)},
    {"IntelligentTiering", events(17, 1)},
    {"ObjectAcl:Put", events(18, 1)},
    {"ObjectTagging:*", events(19, 2)},
    {"ObjectTagging:Put", events(19, 1)},
    {"ObjectTagging:Delete", events(20, 1)},
    {"ObjectAnnotation:*", events(21, 2)},
    {"ObjectAnnotation:Put", events(21, 1)},
    {"ObjectAnnotation:Delete", events(22, 1)},
}};

constexpr std::array<EventSet, 3> absent{events(0, 1), events(17, 1), events(21, 2)};

const EventName* find(std::string_view bare_name) {
    for (const EventName& row : event_names) {
        if (row.name == bare_name) return &row;
    }
    return nullptr;
}

std::unexpected<Error> unsupported(std::string_view name) {
    // The name comes from outside: enough of it is echoed to recognise it.
    constexpr std::size_t echo_bytes_max = 128;
    Error error{.code = ErrorCode::invalid_argument,
                .message = "A specified event is not supported for notifications.",
                .reason = "unsupported_event"};
    error.details.emplace_back("ArgumentName", "Event");
    error.details.emplace_back("ArgumentValue", std::string(name.substr(0, echo_bytes_max)));
    return std::unexpected(std::move(error));
}

}  // namespace

std::span<const EventName> configurable_events() {
    return event_names;
}

Result<EventSet> parse_configured_event(std::string_view name) {
    if (!name.starts_with(service_prefix)) return unsupported(name);
    const EventName* row = find(name.substr(service_prefix.size()));
    if (row == nullptr) return unsupported(name);
    return row->events;
}

bool never_happens(EventSet wanted) {
    EventSet all = wanted;
    EventSet none;
    for (const EventSet set : absent) none |= set;
    all |= none;
    return all == none;
}

Result<EventSet> parse_new_event(std::string_view name) {
    ONPUT_TRY(const EventSet wanted, parse_configured_event(name));
    if (never_happens(wanted)) return unsupported(name);
    return wanted;
}

Result<EventSet> parse_occurred_event(std::string_view name) {
    const EventName* row =
        find(name.starts_with(service_prefix) ? name.substr(service_prefix.size()) : name);
    if (row == nullptr || row->events.size() != 1) return unsupported(name);
    return row->events;
}

}  // namespace onput::pattern
