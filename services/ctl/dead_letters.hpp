// Dead letters as the queue service knows them, for the commands that show them and send them back.
#pragma once

#include <string>

#include "common/schema/dead_letters.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {

// What `subject` names: s3://bucket/key, a queue, or, empty, every dead-letter queue.
Result<schema::ListDeadLetters> which_letters(const std::string& subject);

// Page by page, up to so many; `next_after` is not empty when there may be more.
Result<schema::DeadLetterList> list_letters(Peers& peers, schema::ListDeadLetters request,
                                            std::size_t letters_max);

}  // namespace onput::ctl
