// WorkerPool: threads for heavy or blocking pure jobs; each result comes back to the loop as an
// event.
#pragma once

#include <functional>
#include <memory>

#include "common/base/result.hpp"
#include "common/transport/loop.hpp"

namespace onput::runtime {

class WorkerPool {
public:
    struct Options {
        unsigned threads = 2;
        std::size_t jobs_max = 10'000;  // Waiting; more are refused with resource_exhausted.
    };
    WorkerPool(transport::Loop& loop, Options options);
    // Waits for running jobs; waiting ones are dropped. No `done` is called any more.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Runs `job` on a pool thread, then `done` on the loop's thread. `job` touches nothing that
    // others change.
    Result<void> run(std::function<void()> job, std::function<void()> done);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace onput::runtime
