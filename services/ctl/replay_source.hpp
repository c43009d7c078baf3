// What a replay sends, page by page: records of the journal, or what exists in a bucket. A page
// says where the next one begins, in words that the notifier keeps.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/events/filter.hpp"
#include "common/pattern/event_filter.hpp"
#include "common/schema/resend.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/replay_plan.hpp"

namespace onput::ctl {

struct ReplayPage {
    std::vector<std::string> events;  // Encoded; at most resend_events_max, resend_bytes_max.
    std::string position;             // Behind the page.
    bool is_last = false;
    std::string progress;  // "4,500 of 9,000 records".
};

class ReplaySource {
public:
    virtual ~ReplaySource() = default;
    // `position`: behind the page before; empty: the first page is asked for.
    virtual Result<ReplayPage> read(Peers& peers, const std::string& position) = 0;
};

struct JournalChoice {
    events::RecordFilter filter;
    std::string destination;
    // Of the rule whose destination it is: events of objects that do not match it are left out.
    std::optional<pattern::EventFilter> rule;
    std::optional<Timestamp> since;
    std::optional<Timestamp> until;
    std::uint64_t from_sequence = 0;                   // 0: from `since` on.
    std::function<void(const std::string& line)> say;  // That records are no longer kept.
};
std::unique_ptr<ReplaySource> replay_journal(JournalChoice choice);

// The event of the write that made an object, as far as its row tells.
std::string event_of_upload(const schema::ObjectList& list, const schema::ObjectInfo& info);

// Hands one page to the notifier. `unavailable` also when a signal stopped the wait.
Result<schema::Resend> send_page(Peers& peers, const schema::ResendEvents& page,
                                 std::vector<std::string> events);

struct BucketChoice {
    std::string bucket;
    std::string prefix;
    std::string suffix;
    std::string key;  // A glob; empty: all.
    std::optional<pattern::EventFilter> rule;
};
// Every object's newest version, as the event of the write that made it. An object that goes away
// meanwhile is left out.
std::unique_ptr<ReplaySource> replay_bucket(BucketChoice choice);

}  // namespace onput::ctl
