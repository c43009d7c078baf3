// WorkerChoice: which worker of a kind gets a call. Pure; owned by the gateway's loop.
//
// Calls begin with one worker after the other, so each gets its share; a call that a worker does
// not take goes on with the next one, until it has been to all.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/schema/call.hpp"

namespace onput::gateway {

inline constexpr Duration workers_fresh = std::chrono::seconds(1);

class WorkerChoice {
public:
    // Who is there now.
    void set(std::vector<schema::CallPlace> workers, Duration now) {
        workers_ = std::move(workers);
        listed_at_ = now;
    }
    // False: they are to be asked for. Nobody is worth asking again at once.
    [[nodiscard]] bool is_fresh(Duration now) const {
        return !workers_.empty() && listed_at_ && now - *listed_at_ < workers_fresh;
    }
    [[nodiscard]] const std::vector<schema::CallPlace>& workers() const { return workers_; }

    // The first turn of a new call.
    std::size_t begin() { return next_++; }
    // The endpoint for a call that began so and has been to `tried` workers; nothing: to all.
    [[nodiscard]] std::optional<std::string> endpoint(std::size_t begun, std::size_t tried) const {
        if (tried >= workers_.size()) return {};
        return workers_[(begun + tried) % workers_.size()].endpoint;
    }

private:
    std::vector<schema::CallPlace> workers_;
    std::optional<Duration> listed_at_;
    std::size_t next_ = 0;
};

}  // namespace onput::gateway
