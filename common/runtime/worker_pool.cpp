#include "common/runtime/worker_pool.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/check.hpp"

namespace onput::runtime {
namespace {

struct Job {
    std::function<void()> work;
    std::function<void()> done;
};

// Results on their way to the loop. Shared with the function posted to the loop, which may run
// after the pool has gone: it finds `is_open` false then.
struct Results {
    std::mutex mutex;
    std::vector<std::function<void()>> done;
    bool is_posted = false;
    bool is_open = true;
};

// Signals are the loop thread's business, by signalfd: no pool thread may take one.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    ONPUT_CHECK(pthread_sigmask(SIG_BLOCK, &all, nullptr) == 0);
}

void deliver(const std::shared_ptr<Results>& results) {
    std::vector<std::function<void()>> done;
    {
        const std::scoped_lock lock(results->mutex);
        results->is_posted = false;
        done.swap(results->done);
    }
    for (const auto& work : done) {
        // Only the loop's thread closes, so between two of them this does not change unseen.
        if (!results->is_open) return;
        work();
    }
}

}  // namespace

struct WorkerPool::State {
    State(transport::Loop& to, Options with) : loop(to), options(with) {}

    transport::Loop& loop;
    Options options;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> waiting;
    bool is_ending = false;
    std::shared_ptr<Results> results = std::make_shared<Results>();
    std::vector<std::jthread> threads;

    void work();
    void finish(std::function<void()> done);
};

void WorkerPool::State::work() {
    block_signals();
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [this] { return is_ending || !waiting.empty(); });
            if (is_ending) return;
            job = std::move(waiting.front());
            waiting.pop_front();
        }
        job.work();
        job.work = nullptr;
        finish(std::move(job.done));
    }
}

// Results that come close together reach the loop by one post.
void WorkerPool::State::finish(std::function<void()> done) {
    {
        const std::scoped_lock lock(results->mutex);
        results->done.push_back(std::move(done));
        if (std::exchange(results->is_posted, true)) return;
    }
    loop.post([results = results] { deliver(results); });
}

WorkerPool::WorkerPool(transport::Loop& loop, Options options)
    : state_(std::make_unique<State>(loop, options)) {
    ONPUT_CHECK(options.threads > 0);
    for (unsigned i = 0; i < options.threads; ++i) {
        state_->threads.emplace_back([state = state_.get()] { state->work(); });
    }
}

WorkerPool::~WorkerPool() {
    {
        const std::scoped_lock lock(state_->mutex);
        state_->is_ending = true;
        state_->waiting.clear();
    }
    state_->changed.notify_all();
    state_->threads.clear();
    const std::scoped_lock lock(state_->results->mutex);
    state_->results->is_open = false;
    state_->results->done.clear();
}

Result<void> WorkerPool::run(std::function<void()> job, std::function<void()> done) {
    {
        const std::scoped_lock lock(state_->mutex);
        if (state_->waiting.size() >= state_->options.jobs_max) {
            return fail(ErrorCode::resource_exhausted,
                        std::to_string(state_->options.jobs_max) + " jobs are waiting already");
        }
        state_->waiting.push_back({.work = std::move(job), .done = std::move(done)});
    }
    state_->changed.notify_one();
    return {};
}

}  // namespace onput::runtime
