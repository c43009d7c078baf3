// Makes the names of new files durable. One thread: it syncs each directory once for all that wait
// at that moment, and never waits for more. Destroying it does what is queued. Internal to store.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/result.hpp"

namespace onput::store {

class DirectorySyncer {
public:
    using Done = std::function<void(const Result<void>&)>;

    DirectorySyncer();
    ~DirectorySyncer();
    DirectorySyncer(const DirectorySyncer&) = delete;
    DirectorySyncer& operator=(const DirectorySyncer&) = delete;

    // `done` is called on the syncer's thread. Any thread.
    void sync(std::string directory, Done done);

private:
    struct Request {
        std::string directory;
        Done done;
    };
    void run();
    static void sync_all(const std::vector<Request>& requests);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Request> waiting_;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace onput::store
