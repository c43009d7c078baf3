// Makes the names of new files and directories durable. One thread: it syncs each directory once
// for all that wait at that moment, and never waits for more. Destroying it does what is queued.
// Internal to store.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
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

    // Creates the directory unless it is there; its name is durable when this returns, whoever
    // created it. The parent is synced once for each directory. Blocks; any thread.
    Result<void> make(const std::string& directory);

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

    std::mutex made_mutex_;  // Held over the sync: nobody goes on with a name that is not durable.
    std::set<std::string> made_;
    std::jthread thread_;
};

}  // namespace onput::store
