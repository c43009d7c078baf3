// Replicator: drives the core's replication (replication.hpp), destination by destination, so that
// one that is stuck delays none of the others. Small objects and what is beside the bytes are done
// by the core in one commit; the bytes of larger ones are copied here, opened and sealed anew.
//
//     due ──> look_at ──> read a piece ──> write ... ──> seal ──> the next blob ... ──> finish
//                │             ^──── as fast as bytes_per_second ──┘
//                └──> postpone, after an error ──> held in memory, if that fails too
//
// Small copies have places of their own, so they do not wait for large ones (lanes.hpp). A row that
// is damaged is named in the log once, and the others pass it.
//
// What goes to an endpoint is sent (remote_sender.hpp). An endpoint that cannot be reached is left
// alone for a while, longer each time, and with it its buckets only.
//
// A crash leaves copies that no row names, which the next start removes. Loop thread only, but for
// the ciphers, which run where the bytes were read.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/base/histogram.hpp"
#include "common/schema/replication.hpp"
#include "services/storage/host.hpp"
#include "services/storage/housekeeping/background.hpp"
#include "services/storage/replication/lanes.hpp"
#include "services/storage/replication/remote_sender.hpp"
#include "services/storage/replication/replication.hpp"
#include "services/storage/transfers/paced_writer.hpp"

namespace onput::storage {

// Copies under way to one destination, of each size.
inline constexpr std::size_t replica_copies_max = 2;
inline constexpr std::size_t replica_piece_bytes = 1024 * 1024;
// The same of what is sent to one bucket of an endpoint, by ReplicaSize.
inline constexpr std::array<std::size_t, 3> replica_sends_max{16, 4, 2};
// Whether such a bucket has versions is asked again after this.
inline constexpr Duration replica_versions_asked_period = std::chrono::minutes(1);
inline constexpr Duration replication_period = std::chrono::milliseconds(20);
// One look takes so many commits, and so many destinations; the next goes on after a moment.
inline constexpr std::size_t replicas_in_look_max = 64;
inline constexpr std::size_t replicas_in_shared_look_max = 2;  // While requests come.
inline constexpr std::size_t destinations_in_look_max = 100;
inline constexpr Duration look_pause = std::chrono::milliseconds(1);

class Replicator {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
        Background& background;
        std::uint64_t bytes_per_second = 0;     // Of each copy.
        std::uint64_t versions_per_second = 0;  // To each destination.
        std::uint64_t inline_bytes_max = 0;
        RemoteSender* remote = nullptr;  // Null: there are no endpoints.
    };
    explicit Replicator(const Parts& parts) : parts_(parts) {}

    // To be called now and then, and at the end of each turn: looks at what is due, soon after it
    // came and as long as there is something.
    void start();
    void on_turn_end();
    [[nodiscard]] bool is_idle() const { return in_hand_.empty(); }
    void add_metrics(std::vector<schema::Metric>& metrics) const;
    // What is known of each endpoint, in the order of the configuration.
    [[nodiscard]] schema::ReplicationEndpointList endpoints() const;

private:
    struct Copy {
        ReplicaWork work;
        ReplicaSize size = ReplicaSize::large;
        std::size_t piece = 0;     // That is copied,
        std::uint64_t offset = 0;  // from here on; of the object.
        std::unique_ptr<PacedWriter> writer{};
        std::vector<std::optional<store::BlobRef>> copies{};
    };
    // Shared with the blob store's threads, which have it while they read or write for it.
    using CopyPtr = std::shared_ptr<Copy>;

    struct Destination {
        explicit Destination(std::uint64_t versions_per_second) : allowance(versions_per_second) {}

        std::array<RowCursor, 3> lanes;
        std::array<std::size_t, 3> copies{};  // Under way.
        std::size_t first_lane = 0;           // Each in turn, so that none takes all of the rate.
        Allowance allowance;
        std::string failure_reason;  // The last that was logged.
        // Of an endpoint's bucket: keys that are sent, and what was passed because of them.
        std::set<std::string> keys_in_hand;
        bool has_passed = false;
        RemoteSession::Knowledge known;
        Duration versions_asked{};
        HoldOff hold_off;  // After it could not be reached.
    };
    // What an endpoint answered last, to whatever bucket of its.
    struct EndpointNews {
        Timestamp answered_at{};
        Timestamp failed_at{};
        std::string last_error;
    };
    struct Look {
        Duration now{};
        std::size_t left = replicas_in_look_max;
        bool has_more = false;  // Something is due that this look does not come to.
    };

    void arm(Duration delay);
    void look();
    std::vector<std::string> next_destinations();
    void tell_late(Look& look);
    void look_at_destination(const std::string& name, Look& look);
    void look_at_lane(const std::string& name, Destination& destination, ReplicaSize size,
                      Look& look);
    bool may_begin(const DueReplica& due, Destination& destination, Duration now) const;
    [[nodiscard]] std::size_t places_of(const std::string& name, std::size_t lane) const;
    void begin_sending(ReplicaWork work, Destination& destination, ReplicaSize size);
    void on_sent(const ReplicaWork& work, const RemoteSession& session, ReplicaSize size);
    void end_sending(const ReplicaWork& work, const RemoteSession& session, ReplicaSize size);
    ReplicaOutcome::Kind begin(const DueReplica& due, Destination& destination, ReplicaSize size);
    void next_piece(const CopyPtr& copy);
    void read(const CopyPtr& copy);
    void write(const CopyPtr& copy, std::string bytes);
    void seal(const CopyPtr& copy);
    void on_sealed(const CopyPtr& copy, const Result<store::BlobRef>& sealed);
    void finish(const CopyPtr& copy);
    void fail(const CopyPtr& copy, const Error& error);
    // Of a copy that comes to nothing: its blobs that are sealed already.
    void discard(const CopyPtr& copy);
    void end(const CopyPtr& copy);
    void postpone(const DueReplica& due, const Error& error);
    void hold(const std::string& row, const std::string& name, const Error& error);
    void note_news(const std::string& destination, const RemoteEnd& end);
    void count(const DueReplica& due, const ReplicaOutcome& outcome);

    Parts parts_;
    std::map<std::string, Destination> destinations_;
    std::map<std::string, EndpointNews> news_;  // By what endpoints are configured for.
    std::string last_destination_;              // Of the last look.
    std::size_t unlooked_ = 0;  // Destinations since something was written, or a while passed.
    RowCursor late_;
    std::set<std::string> in_hand_;  // Rows whose bytes are copied.
    std::set<std::string> sent_;     // Rows that are being sent: nothing here waits for their end.
    HeldRows held_;
    bool has_logged_beyond_ = false;
    bool is_armed_ = false;
    std::uint64_t written_ = 0;  // Rows, seen so far.
    std::uint64_t completed_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t postponed_ = 0;
    Histogram latency_;  // From the request to the replica.
};

}  // namespace onput::storage
