// AccessLog: collects records of requests on any thread, and delivers them as objects
// (access_log_core.hpp) from the loop's. A gateway that ends delivers what it has; one that is
// killed loses what it had collected, as S3's logs may.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "common/transport/request.hpp"
#include "services/gateway/s3/site/access_log_core.hpp"

namespace onput::gateway::s3 {

inline constexpr Duration log_tick_period = std::chrono::milliseconds(250);

class AccessLog {
public:
    struct Options {
        std::string storage_endpoint;
        Duration interval;
    };
    // On the loop's thread, as everything but `needs` and `record`.
    AccessLog(transport::Loop& loop, const Options& options);
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    // Any thread. Whether a request for the bucket must be recorded, as far as is known.
    [[nodiscard]] bool needs(std::string_view bucket) const;
    void record(AccessLogCore::Entry entry);

    // Delivers what there is, then calls `done`.
    void flush(std::function<void()> done);

    // Any thread.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

private:
    void perform(LogEffects effects);
    void look_up(const std::string& bucket);
    void deliver(LogDelivery delivery);
    void publish();
    void end_if_done();

    using Names = std::set<std::string, std::less<>>;

    transport::Loop& loop_;
    std::unique_ptr<transport::RequestClient> storage_;
    AccessLogCore core_;
    transport::TimerId tick_;
    std::size_t under_way_bytes_ = 0;  // At most log_bytes_max.
    std::size_t lookups_ = 0;          // Under way.
    std::function<void()> flushed_;
    std::uint64_t failed_ = 0;
    std::uint64_t published_ = 0;  // core_.unlogged_changes()
    // Shared with all connections' threads, which may still read the old one when it is replaced:
    // the last user frees it.
    std::atomic<std::shared_ptr<const Names>> unlogged_;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> delivered_ = 0;
};

}  // namespace onput::gateway::s3
