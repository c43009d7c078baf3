// The numbers by which the queue service knows its own things. Outside it, queues go by name and
// messages by their message id.
#pragma once

#include <cstdint>

#include "common/base/strong_type.hpp"

namespace onput::queue {

// A queue, or a function's invocation queue. Never given twice in the life of a store, so that rows
// of a deleted queue cannot be taken for those of a new one with its name.
using QueueNumber = StrongType<std::uint32_t, struct QueueNumberTag>;

// A message in a queue. Rises through all queues; a dead-lettered message gets a new one.
using MessageNumber = StrongType<std::uint64_t, struct MessageNumberTag>;

// One handing out of one message. Never given twice; 0 is none.
using LeaseId = StrongType<std::uint64_t, struct LeaseIdTag>;

// A receive that waits for messages, in this run of the process.
using WaitId = StrongType<std::uint64_t, struct WaitIdTag>;

// A worker of lanes, in this run of the process; 0 is none.
using WorkerNumber = StrongType<std::uint32_t, struct WorkerNumberTag>;

}  // namespace onput::queue
