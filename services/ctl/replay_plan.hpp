// What `onput replay` decides: where it sends to, what it is called, and where it goes on. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/ctl/record_body.hpp"

namespace onput::ctl {

// Whose names are short for ARNs.
struct NameScope {
    std::string region;
    std::string account;
};

// An ARN, "<rule arn>#<target id>", or a short name: sqs:jobs, function:speech, sns:media (queue:
// and topic: mean the same), rule:photos/target or rule:bus/photos/target. invalid_argument for
// anything else.
Result<std::string> resolve_destination(std::string_view text, const NameScope& scope);

// Whether a destination takes such records: queues, functions and topics events of objects, a
// target of a rule those and events of buses, a subscription messages of its topic. Of what a
// replay sent no replay makes anything.
bool takes(std::string_view destination, const schema::JournalRecord& record,
           const RecordBody& body);

// Of a replay that nobody gave a name: the same for the same source and destination.
std::string default_replay_name(std::string_view source, std::string_view destination);

// Where a replay of the journal is: everything up to `done` is behind it, and it ends behind
// `last`, the newest record when it began: what it adds itself is not for it.
struct ReplaySpan {
    std::string epoch = {};
    std::uint64_t done = 0;
    std::uint64_t last = 0;

    friend bool operator==(const ReplaySpan&, const ReplaySpan&) = default;
};
std::string format_span(const ReplaySpan& span);
// corruption for anything that is none.
Result<ReplaySpan> parse_span(std::string_view text);

}  // namespace onput::ctl
