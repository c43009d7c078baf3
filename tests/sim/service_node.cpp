#include "tests/sim/service_node.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"

namespace onput::sim {

// --- The store --------------------------------------------------------------------------------

// The store as a life of the service has it: the node's, which outlives it.
class ServiceNode::StoreOfLife final : public store::Store {
public:
    explicit StoreOfLife(ServiceNode& node) : node_(node) {}

    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view partition,
                                                         std::string_view key) const override {
        return node_.store_.get(partition, key);
    }
    [[nodiscard]] Result<std::vector<store::Row>> scan(std::string_view partition,
                                                       const store::Range& range,
                                                       store::ScanLimit limit) const override {
        return node_.store_.scan(partition, range, limit);
    }
    [[nodiscard]] Result<std::vector<std::string>> scan_keys(std::string_view partition,
                                                             const store::Range& range,
                                                             std::size_t limit) const override {
        return node_.store_.scan_keys(partition, range, limit);
    }
    [[nodiscard]] Result<store::Ticket> commit(store::Batch batch) override {
        const store::Batch seen = batch;
        auto ticket = node_.store_.commit(std::move(batch));
        if (ticket) node_.on_commit(seen, *ticket);
        return ticket;
    }
    void sync() override { node_.sync_store(); }
    [[nodiscard]] store::Ticket last_ticket() const override { return node_.store_.last_ticket(); }
    [[nodiscard]] store::Ticket durable() const override { return node_.store_.durable(); }
    [[nodiscard]] bool is_complete() const override { return node_.store_.is_complete(); }

private:
    ServiceNode& node_;
};

Result<std::unique_ptr<store::Store>> ServiceNode::open_store(const store::RocksOptions&,
                                                              store::Store::Events events) {
    store_.connect({.on_durable =
                        [this, told = events.on_durable](store::Ticket durable) {
                            on_durable(durable);
                            told(durable);
                        },
                    .on_failed = std::move(events.on_failed)});
    return std::make_unique<StoreOfLife>(*this);
}

void ServiceNode::sync_store() {
    if (world_.chance(world_.faults.sync_failure_permille)) {
        store_.fail_next_sync(
            Error{.code = ErrorCode::internal, .message = "fsync: input/output error"});
    }
    store_.sync();
    arm_sync();
}

void ServiceNode::arm_sync() {
    if (!store_.syncing() || syncing_life_ == life()) return;
    syncing_life_ = life();
    const Duration takes = world_.chance(world_.faults.slow_sync_permille)
                               ? world_.between(milliseconds(10), seconds(2))
                               : world_.between(Duration(50), milliseconds(10));
    if (world_.chance(world_.faults.sync_crash_permille)) {
        // Before its end, so that it is in vain, or just after it, when nobody has been told yet.
        world_.after(world_.between(Duration(1), takes + milliseconds(2)),
                     [this, now_living = life()] {
                         if (is_up() && life() == now_living) crash();
                     });
    }
    world_.after(takes, [this, now_living = life()] {
        if (!is_up() || life() != now_living) return;
        syncing_life_ = 0;
        store_.complete_sync();
        arm_sync();
    });
}

// --- Blobs ------------------------------------------------------------------------------------

class ServiceNode::BlobsOfLife final : public store::BlobStore {
public:
    explicit BlobsOfLife(DiskBlobs& blobs) : blobs_(blobs) {}

    void write(store::Owner owner, std::string bytes, store::BlobSealed done) override {
        blobs_.write(std::move(owner), std::move(bytes), std::move(done));
    }
    Result<std::unique_ptr<store::BlobWriter>> open(store::Owner owner) override {
        return blobs_.open(std::move(owner));
    }
    void read(const store::BlobRef& ref, Piece piece, store::BlobRead done) override {
        blobs_.read(ref, piece, std::move(done));
    }
    void remove(const store::BlobRef& ref) override { blobs_.remove(ref); }
    void verify(const store::BlobRef& ref, store::BlobDone done) override {
        blobs_.verify(ref, std::move(done));
    }
    Result<store::BlobRecovery> recover(const store::BlobReferences& references) override {
        return blobs_.recover(references);
    }

private:
    DiskBlobs& blobs_;
};

Result<std::unique_ptr<store::BlobStore>> ServiceNode::open_blobs(
    const store::FileBlobOptions& options, std::function<void(Error)>) {
    DiskBlobs& blobs = options.directory.ends_with("cold") ? cold_blobs_ : blobs_;
    ONPUT_TRY_VOID(blobs.begin_life());
    return std::make_unique<BlobsOfLife>(blobs);
}

// --- Backups ----------------------------------------------------------------------------------

// Takes what is committed at some time between the call and its answer, durable or not: as much as
// the real one promises, and no more.
class ServiceNode::BackupOfLife final : public store::Backup {
public:
    explicit BackupOfLife(ServiceNode& node) : node_(node) {}

    void prepare(Done done) override { later(milliseconds(50), said(std::move(done))); }
    void take(Done done) override {
        // Sometimes longer than the others wait for it.
        const bool is_slow = node_.world_.chance(50);
        later(is_slow ? seconds(6) : milliseconds(300), [this] { node_.take_rows(); });
        later(milliseconds(20), said(std::move(done)));
    }
    void copy(Done done) override { later(seconds(2), said(std::move(done))); }
    void finish(Done done) override { later(milliseconds(50), said(std::move(done))); }
    void abandon(Done done) override { later(milliseconds(50), said(std::move(done))); }
    [[nodiscard]] const store::CopyProgress& progress() const override { return progress_; }

private:
    static UniqueFunction<void()> said(Done done) {
        return [done = std::move(done)] { done({}); };
    }
    // Behind what was asked before: it has one thread.
    void later(Duration most, UniqueFunction<void()> work) {
        const Duration now = node_.world_.elapsed();
        free_at_ = std::max(free_at_, now) + node_.world_.between(Duration(50), most);
        node_.Node::after(free_at_ - now, std::move(work));
    }

    Duration free_at_{};
    ServiceNode& node_;
    store::CopyProgress progress_;
};

std::unique_ptr<store::Backup> ServiceNode::open_backup(store::BackupOptions, store::Store&,
                                                        std::vector<store::BackupBlobs>) {
    return std::make_unique<BackupOfLife>(*this);
}

void ServiceNode::take_rows() {
    taken_.clear();
    for (const auto& partition : store_.partitions()) {
        for (const auto& key : store_.keys(partition)) {
            // A row that is damaged is copied damaged: it is no part of the check.
            if (auto value = store_.get(partition, key); value && *value) {
                taken_.emplace(std::pair(partition, key), **std::move(value));
            }
        }
    }
}

// One operation after the other, each after a while.
void ServiceNode::run_blobs() {
    if (std::exchange(is_running_blobs_, true)) return;
    world_.after(world_.between(Duration(50), milliseconds(20)), [this, living = life()] {
        if (!is_up() || life() != living) return;
        is_running_blobs_ = false;
        static_cast<void>(blobs_.run_one() || cold_blobs_.run_one());
        if (blobs_.waiting() + cold_blobs_.waiting() > 0) run_blobs();
    });
}

// --- Lives ------------------------------------------------------------------------------------

void ServiceNode::on_start() {
    started_at_ = world_.wall();
    auto opened = open_service();
    ONPUT_CHECK(opened.has_value());
    service_ = *std::move(opened);
    check_turn();
}

void ServiceNode::on_crash() {
    // First, so that nothing tidies up that a process would leave behind.
    blobs_.crash();
    cold_blobs_.crash();
    service_.reset();
    turn_ends_.clear();
    timers_.clear();
    is_running_blobs_ = false;
    // What was written may have reached the disk although nobody was told.
    const store::Ticket unsynced = store_.last_ticket() - store_.durable();
    const store::Ticket lucky = world_.chance(500) ? world_.random.below(unsynced + 1) : 0;
    const store::Ticket survives = store_.durable() + lucky;
    store_.crash_keeping(survives);
    on_survived(survives);
    on_down();
}

void ServiceNode::on_turn_end() {
    for (std::size_t i = 0; i < turn_ends_.size(); ++i) turn_ends_[i]();
    check_turn();
}

transport::TimerId ServiceNode::after(Duration delay, UniqueFunction<void()> work) {
    const std::uint64_t timer = ++last_timer_;
    timers_.insert(timer);
    Node::after(delay, [this, timer, work = std::move(work)]() mutable {
        if (timers_.erase(timer) > 0) work();
    });
    return transport::TimerId(timer);
}

transport::TimerId ServiceNode::every(Duration period, std::function<void()> work) {
    const std::uint64_t timer = ++last_timer_;
    timers_.insert(timer);
    repeat(timer, period, work);
    return transport::TimerId(timer);
}

void ServiceNode::repeat(std::uint64_t timer, Duration period, const std::function<void()>& work) {
    Node::after(period, [this, timer, period, work] {
        if (!timers_.contains(timer)) return;
        repeat(timer, period, work);
        work();
    });
}

// --- Peers ------------------------------------------------------------------------------------

Result<std::unique_ptr<transport::RequestServer>> ServiceNode::serve(
    const std::vector<std::string>&, transport::RequestServer::Handler handler) {
    return requests_.serve(*this, std::move(handler), watch_);
}

std::unique_ptr<transport::RequestClient> ServiceNode::connect(const std::string& endpoint) {
    return requests_.connect(
        *this, peer(endpoint),
        [this](std::string_view method, const std::string& body) { on_call(method, body); });
}

Result<std::unique_ptr<transport::BusPublisher>> ServiceNode::bind_bus(
    const std::vector<std::string>&) {
    return onput::fail(ErrorCode::unimplemented, name() + " has no bus");
}

Result<std::unique_ptr<transport::LaneHub>> ServiceNode::bind_lanes(const std::vector<std::string>&,
                                                                    transport::LaneHub::Handler) {
    return onput::fail(ErrorCode::unimplemented, name() + " has no lanes");
}

}  // namespace onput::sim
