// AccessLogCore: records of access logs between requests and the objects that they are delivered
// in. No socket, clock or thread in here.
//
//     record ──> is its bucket logged?
//
//       not known   it is looked up, and the record kept
//       no          the record is dropped, and the bucket not asked about for a while
//       yes         collected; delivered after `interval`, at log_object_bytes_max, at the end
//
// Everything is best effort, as with S3: what is beyond the bounds is dropped and counted, and so
// is what cannot be delivered. Deliveries are no requests of clients and have no records, so a
// bucket may be its own target. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/gateway/s3/site/logging_rules.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t log_object_bytes_max = 256 * 1024;  // One message to storage.
inline constexpr std::size_t log_bytes_max = 16 * 1024 * 1024;   // Of all records that wait.
inline constexpr std::size_t logged_buckets_max = 10'000;        // Whose state is remembered.
inline constexpr Duration log_recheck_period = std::chrono::seconds(10);

struct LogDelivery {
    LogTarget target;
    std::string source_bucket;
    std::string key;
    std::string body;
};

// What has to happen in the world.
struct LogEffects {
    std::vector<std::string> lookups;  // Buckets; each is answered by `configured`.
    std::vector<LogDelivery> deliveries;
};

class AccessLogCore {
public:
    AccessLogCore(Duration interval, Random random) : interval_(interval), random_(random) {}

    struct Entry {
        std::string bucket;
        Timestamp time;
        std::string line;  // format_access_record
    };
    void record(Entry entry, Timestamp now, LogEffects& effects);

    // The answer to a lookup: nothing when the bucket is not logged. After a failed one the records
    // are lost, and it is made again with the next record; not_found: there is no such bucket.
    void configured(const std::string& bucket, const Result<std::optional<LogTarget>>& target,
                    Timestamp now, LogEffects& effects);

    // Now and then: delivers what has waited long enough, and forgets states that may have changed.
    void tick(Timestamp now, LogEffects& effects);
    // Delivers everything, at the end; what still waits for a lookup, with its answer.
    void flush(Timestamp now, LogEffects& effects);

    // Buckets whose requests need no records for the time being; the count grows with each change.
    [[nodiscard]] std::set<std::string, std::less<>> unlogged() const;
    [[nodiscard]] std::uint64_t unlogged_changes() const { return unlogged_changes_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::size_t waiting_bytes() const { return bytes_; }

private:
    struct Bucket {
        bool is_asked = false;
        std::optional<Timestamp> known_at{};
        std::optional<LogTarget> target{};
        // In the order of arrival.
        std::vector<Entry> entries{};
        std::size_t bytes = 0;
    };

    void ask(const std::string& name, Bucket& bucket, LogEffects& effects);
    void deliver(const std::string& name, Bucket& bucket, Timestamp now, LogEffects& effects);
    void drop(Bucket& bucket);

    Duration interval_;
    Random random_;
    bool is_ending_ = false;
    std::map<std::string, Bucket, std::less<>> buckets_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t unlogged_changes_ = 0;
};

}  // namespace onput::gateway::s3
