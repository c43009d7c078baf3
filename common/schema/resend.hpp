// Requests to the notifier about replays: recorded events, sent once more to one destination.
//
// A client reads the journal, or what a bucket holds, and hands over page by page what is to be
// sent. A page, what it owes and the position behind it are durable in one commit before it is
// answered: whoever is interrupted asks FindResend, and goes on from there with nothing left out
// and nothing twice.
//
// Reasons: resend_position (conflict; details: Position), resend_done (conflict), resend_differs
// (conflict: the name is that of another replay), resend_unknown (not_found),
// destination_unknown (not_found), event_unfit (invalid_argument), resends_max
// (resource_exhausted).
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/events.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t resend_events_max = 200;  // Of one page.
inline constexpr std::size_t resend_bytes_max = 1024 * 1024;
inline constexpr std::size_t resend_name_bytes_max = 64;  // Letters, digits, '.', '_' and '-'.
inline constexpr std::size_t resend_source_bytes_max = 8 * 1024;
inline constexpr std::size_t resend_position_bytes_max = 4 * 1024;
// Beyond them the one that ended longest ago is forgotten; when none has ended, a new one is
// refused.
inline constexpr std::size_t resends_max = 1000;

// How far a replay has come. Kept by the notifier under its name.
struct Resend {
    static constexpr MessageInfo info{.kind = Kind::resend};

    std::string name = {};
    std::string destination = {};
    std::string source = {};    // What it reads and chooses from that, in the client's words.
    std::string position = {};  // Behind the last page, in the client's words; empty: none yet.
    std::uint64_t events = 0;   // Owed so far.
    bool is_done = false;
    Timestamp began_at = {};
    Timestamp changed_at = {};

    ONPUT_FIELDS(name, destination, source, position, events, is_done, began_at, changed_at)
    friend bool operator==(const Resend&, const Resend&) = default;
};

// One page, which may be empty. Each attachment is an encoded ObjectEvent, TopicMessage or BusEvent
// as the journal has it. The destination is a queue, a function or a topic (events of objects), a
// target of a rule, other than a bus, as "<rule arn>#<target id>" (events of objects and of buses),
// or a subscription (messages): it alone is owed them. `after` is the position that the notifier
// has, and `position` the one behind this page.
struct ResendEvents {
    static constexpr MessageInfo info{.kind = Kind::resend_events};
    static constexpr std::string_view method = "notifier.resend";
    using Reply = Resend;

    std::string name = {};
    std::string destination = {};
    std::string source = {};
    std::string after = {};  // Empty: the first page.
    std::string position = {};
    bool is_last = false;

    ONPUT_FIELDS(name, destination, source, after, position, is_last)
    friend bool operator==(const ResendEvents&, const ResendEvents&) = default;
};

struct FindResend {
    static constexpr MessageInfo info{.kind = Kind::find_resend};
    static constexpr std::string_view method = "notifier.find_resend";
    using Reply = Resend;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const FindResend&, const FindResend&) = default;
};

struct ResendList {
    static constexpr MessageInfo info{.kind = Kind::resend_list};

    std::vector<Resend> resends = {};  // By name.

    ONPUT_FIELDS(resends)
    friend bool operator==(const ResendList&, const ResendList&) = default;
};

struct ListResends {
    static constexpr MessageInfo info{.kind = Kind::list_resends};
    static constexpr std::string_view method = "notifier.list_resends";
    using Reply = ResendList;

    ONPUT_FIELDS()
    friend bool operator==(const ListResends&, const ListResends&) = default;
};

}  // namespace onput::schema
