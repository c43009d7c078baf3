#include "common/store/directory_syncer.hpp"

#include <map>
#include <utility>

#include "common/store/file_io.hpp"

namespace onput::store {

DirectorySyncer::DirectorySyncer() : thread_([this] { run(); }) {}

DirectorySyncer::~DirectorySyncer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void DirectorySyncer::sync(std::string directory, Done done) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({.directory = std::move(directory), .done = std::move(done)});
    }
    changed_.notify_one();
}

Result<void> DirectorySyncer::make(const std::string& directory) {
    const std::lock_guard lock(made_mutex_);
    if (made_.contains(directory)) return {};
    ONPUT_TRY_VOID(make_directory(directory));
    made_.insert(directory);
    return {};
}

void DirectorySyncer::run() {
    for (;;) {
        std::vector<Request> requests;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            requests.swap(waiting_);
        }
        sync_all(requests);
    }
}

void DirectorySyncer::sync_all(const std::vector<Request>& requests) {
    std::map<std::string, Result<void>> results;
    for (const Request& request : requests) {
        if (results.contains(request.directory)) continue;
        results.emplace(request.directory, sync_directory(request.directory));
    }
    for (const Request& request : requests) request.done(results.at(request.directory));
}

}  // namespace onput::store
