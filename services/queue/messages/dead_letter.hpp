// What a message in a dead-letter queue says of itself: where it came from, and why. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/schema/dead_letters.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

// AWS's form of a dead letter of an asynchronous invocation, and the function's ARN beside it. Its
// sender is no client. Without an id.
MessageRecord letter_of_job(MessageRecord job, const Failure& failure,
                            const schema::FunctionInfo& function);

// A letter that a function's job became, and no message that a queue gave up.
bool is_letter_of_function(const MessageRecord& letter);

// ARN of the queue or function that gave it up; empty when nobody here did: it was sent to the
// dead-letter queue, or a topic's subscription gave it up.
std::string origin_of(const MessageRecord& letter);

// What goes back to where the letter came from: a new message, as on SQS.
MessageRecord redriven(MessageRecord letter, std::string message_id);

// Is it about this object? Any is, when both are empty.
bool is_about(const MessageRecord& letter, const std::string& bucket, const std::string& key);

// Without the queue, and whether it is in flight.
schema::DeadLetter describe(const MessageRecord& letter);

}  // namespace onput::queue
