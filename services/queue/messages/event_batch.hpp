// What a function gets of a queue's messages that an event source mapping hands it, and what its
// answer says of them, in Lambda's forms. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/pattern/filter_policy.hpp"
#include "common/schema/queue.hpp"

namespace onput::queue {

struct EventSourceName {
    const std::string& queue_arn;
    const std::string& region;
};
// One record of the event.
std::string batch_record(const schema::ReceivedMessage& message, const EventSourceName& source);

// {"Records":[...]}
std::string batch_event(const std::vector<std::string>& records);

// Whether one of the filters takes the message, or there are none. A filter sees the record, with
// the body as JSON if it is an object.
bool passes(const std::vector<pattern::FilterPolicy>& filters, const std::string& record,
            const std::string& body);

// The messages, of `ids`, that a handler reports as failed (ReportBatchItemFailures). Nothing: all
// of them: the answer is not of the form, or names none of the batch.
std::optional<std::set<std::string>> reported_failures(std::string_view response,
                                                       const std::set<std::string>& ids);

}  // namespace onput::queue
