// How much work a job is, by the size of its object: small jobs need not wait until large ones are
// done. Pure.
#pragma once

#include <string_view>

#include "services/queue/messages/queue.hpp"

namespace onput::queue {

// Of a message that comes into this queue with this body. Small: whatever is no job, and a job
// whose body names no size, such as one about a deleted object.
JobSize size_of_job(const Queue& queue, std::string_view body);

// Likewise, of a message: a part of a split job is one, and its join is small.
JobSize size_of_message(const Queue& queue, const MessageRecord& record);

}  // namespace onput::queue
