// CallExecutor: what does the work of a worker's calls. CallServer has the callers, their places
// and the pieces; an executor has the work. Both are on the loop's thread.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/base/unique_function.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_process.hpp"

namespace onput::worker {

// What is done for a call.
struct CallWork {
    std::string parameters;  // For the executor: of the zygote's function, for instance.
    std::string input;       // The content of a child's input file.
    JobLimits limits{};      // Of a child.
};

struct CallEnd {
    std::string result;      // A message of the worker's kind.
    std::string bytes = {};  // What the caller gets before it, after all that went into the pipe.
};

class CallExecutor {
public:
    using Ended = UniqueFunction<void(Result<CallEnd>)>;

    virtual ~CallExecutor() = default;

    // Whether it writes what it makes to a pipe, while it works. Otherwise all of it comes with the
    // end.
    [[nodiscard]] virtual bool writes_to_pipe() const = 0;

    // Begins the work and returns; `ended` is called once, later, or at once. `output` is the pipe,
    // or not open.
    virtual void start(JobId id, CallWork work, FileDescriptor output, Ended ended) = 0;

    // Ends the work early; `ended` is called all the same. Harmless when it has ended.
    virtual void cancel(JobId id) = 0;
    // Likewise, and `ended` is not called any more.
    virtual void forget(JobId id) = 0;
};

}  // namespace onput::worker
