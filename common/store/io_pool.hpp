// A few threads that make blocking calls on files. Jobs start in order of submission and must not
// throw. Destroying the pool does every job, also those that jobs still submit. Internal to store.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace onput::store {

inline constexpr std::size_t pool_jobs_max = 16 * 1024;  // Waiting ones.

class IoPool {
public:
    explicit IoPool(unsigned threads);
    ~IoPool();
    IoPool(const IoPool&) = delete;
    IoPool& operator=(const IoPool&) = delete;

    // False when pool_jobs_max jobs wait already; the job is then not taken.
    [[nodiscard]] bool try_submit(std::function<void()> job);

    // For who holds his own bound.
    void submit(std::function<void()> job);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace onput::store
