// What is said about the end of a job: the message to a topic with the JSON of README.md, and the
// event of a failure. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/base/time.hpp"
#include "common/schema/events.hpp"
#include "common/schema/function.hpp"
#include "common/schema/lane.hpp"
#include "common/schema/topics.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

// Of the JSON; the rest of what a topic takes is for the attributes.
inline constexpr std::size_t notification_bytes_max = schema::topic_message_bytes_max - 1024;
// Of the body of a message that is no S3 record.
inline constexpr std::size_t notification_body_bytes_max = 1024;

// How a job ended. Used at once: it refers to what its maker has.
struct JobEnd {
    const schema::FunctionInfo& function;
    const MessageRecord& job;
    std::uint32_t attempts = 0;
    Timestamp time;
    std::span<const schema::JobOutput> outputs;
    std::span<const schema::JobOmission> omitted{};
    const Failure* failure = nullptr;  // Nothing: it succeeded.
};

// The topic that gets a message about this end; empty: none.
const std::string& topic_of(const JobEnd& end);

std::string notification_document(const JobEnd& end);

// The message to topic_of(end), without event_id and message_id.
schema::TopicMessage notification_of(const JobEnd& end);

// The event of a failure, without event_id and dead_letter_arn.
schema::JobFailed job_failed_of(const JobEnd& end);

// How far a job has come.
struct JobAdvance {
    const schema::FunctionInfo& function;
    const MessageRecord& job;
    std::uint32_t parts_done = 0;
    std::uint32_t parts = 0;
    Timestamp time;

    // Whether there is an event of this part's end: one in so many that a job has no more than
    // job_progress_events_max.
    [[nodiscard]] bool is_told() const;
};

// Its event, without event_id.
schema::JobProgress job_progress_of(const JobAdvance& advance);

}  // namespace onput::queue
