// Story: what all services remember of one trace, put in order.
#pragma once

#include <string>
#include <vector>

#include "common/schema/notifier.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/record_body.hpp"

namespace onput::ctl {

// How far the chain of events has come.
enum class StoryOutcome {
    nothing_owed,   // No rule matched: the upload is the whole story.
    running,        // Something is still owed or in a worker's hands.
    done,           // Everything owed was delivered, and every job ended well.
    given_up,       // All that is not delivered never will be: nobody has it.
    refused,        // Likewise, but a worker refused its input, and dealt with it.
    dead_lettered,  // A job was given up.
};
std::string_view to_string(StoryOutcome outcome);

struct Story {
    std::string trace_id;
    std::vector<schema::TraceStep> steps;  // By time; never empty.
    std::vector<RecordBody> records;       // Of the journal, by sequence.
    StoryOutcome outcome = StoryOutcome::running;
};

// 32 hexadecimal digits.
bool is_trace_id(std::string_view text);

// `subject` is s3://bucket/key (the trace of its newest version) or a trace id. not_found when
// nobody knows it.
Result<Story> read_story(Peers& peers, const std::string& subject);

// From the steps alone; pure.
StoryOutcome outcome_of(const std::vector<schema::TraceStep>& steps,
                        const std::vector<RecordBody>& records);

}  // namespace onput::ctl
