// What a client of /_onput/events asks for. Pure; everything in here is hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/query.hpp"
#include "common/events/filter.hpp"
#include "common/schema/notifier.hpp"

namespace onput::gateway {

enum class StreamForm : std::uint8_t { json, cloud_event };

// Where a stream is: everything up to `sequence` was sent.
struct StreamPosition {
    std::string epoch = {};  // Of the journal; empty: whichever is there.
    std::uint64_t sequence = 0;

    friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};
// "<epoch>/<sequence>": the id of an event, which Last-Event-ID repeats.
std::string format_event_id(const StreamPosition& position);
// Nothing: it is none.
std::optional<StreamPosition> parse_event_id(std::string_view text);

struct StreamQuery {
    events::RecordFilter filter;
    StreamForm form = StreamForm::json;
    std::optional<StreamPosition> after;  // Nothing: `since`, or the present end.
    std::optional<Timestamp> since;
};

// Parameters: type, bucket, key, prefix, suffix, status, trace, pattern, format, since, from-seq
// and lastEventId; those of a signature (X-Amz-...) are nobody's here. `last_event_id` is the
// header's, empty without one, and comes before the parameters. invalid_argument names the one that
// is wrong, or not known.
Result<StreamQuery> read_stream_query(std::span<const QueryParameter> parameters,
                                      std::string_view last_event_id, Timestamp now);

// A record as text/event-stream has it: its id, and the form as data. Nothing: it is not wanted, or
// another account's. An empty account sees all.
std::optional<std::string> stream_text(const StreamQuery& query, std::string_view account,
                                       const std::string& epoch,
                                       const schema::JournalRecord& record);

}  // namespace onput::gateway
