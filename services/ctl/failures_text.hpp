// Dead letters, and what became of their way back, as `onput` shows them. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/schema/dead_letters.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {

// Queue by queue, 80 columns; "" when there are none.
std::string failures_text(const std::vector<schema::DeadLetter>& letters,
                          bool is_coloured = has_colours());
std::string failures_json(const std::vector<schema::DeadLetter>& letters, bool is_complete);

// "moved 2 of 3 messages from speech-dead-letters back to where they came from", and why the others
// stayed.
std::string redrive_text(const schema::MoveTaskInfo& task);

}  // namespace onput::ctl
