// ServiceNode: a simulated process that runs a real service on its real host (common/service). It
// gives the host its platform: a loop in simulated time, a store that forgets what was not synced,
// the real blobs, the simulated network.
//
// A checker looks from outside: at requests and replies (RequestWatch), at what is committed, and
// at what survives a crash.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/service.hpp"
#include "common/service/platform.hpp"
#include "tests/sim/disk_blobs.hpp"
#include "tests/sim/requests.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::sim {

// All rows of a store, by partition and key.
using TakenRows = std::map<std::pair<std::string, std::string>, std::string>;

class ServiceNode : public Node, protected service::Platform, private transport::EventLoop {
public:
    struct Parts {
        World& world;
        Requests& requests;
    };
    ServiceNode(const Parts& parts, std::string name)
        : Node(parts.world, std::move(name)), requests_(parts.requests) {}

    [[nodiscard]] const support::MemoryStore& store() const { return store_; }
    // What its last backup took.
    [[nodiscard]] const TakenRows& taken() const { return taken_; }
    // Its disk is nearly full for so long.
    void fill_disk(Duration time) { full_until_ = world_.elapsed() + time; }
    [[nodiscard]] Duration full_until() const { return full_until_; }

protected:
    // Opens the service of a new life on this platform.
    virtual Result<std::unique_ptr<runtime::Service>> open_service() = 0;
    // Its own, at the end of a turn: what must always hold of the service.
    virtual void check_turn() = 0;
    // The node that answers at an endpoint.
    virtual Node& peer(const std::string& endpoint) = 0;

    // What a checker sees. `ticket`: the commit's.
    virtual void on_commit(const store::Batch& /*batch*/, store::Ticket /*ticket*/) {}
    virtual void on_durable(store::Ticket /*durable*/) {}
    // Commits up to this ticket survived the crash.
    virtual void on_survived(store::Ticket /*survives*/) {}
    // Its disk is as a crash has left it.
    virtual void on_down() {}
    virtual void on_call(std::string_view /*method*/, const std::string& /*body*/) {}
    RequestWatch watch_;

    // A block of its rows goes bad.
    void damage_row(std::string_view partition, std::string_view key) {
        store_.damage(partition, key);
    }
    // All of them are good again.
    void heal_rows() { store_.heal(); }

    [[nodiscard]] runtime::Service* service() { return service_.get(); }
    [[nodiscard]] DiskBlobs& blobs() { return blobs_; }
    [[nodiscard]] DiskBlobs& cold_blobs() { return cold_blobs_; }
    [[nodiscard]] Requests& requests() { return requests_; }

    // The platform's, but for what only one service uses.
    [[nodiscard]] transport::EventLoop& loop() override { return *this; }
    [[nodiscard]] Random& random() override { return world_.random; }
    [[nodiscard]] std::string new_secret(std::size_t bytes) override { return secret_of(bytes); }
    static std::string secret_of(std::size_t bytes) { return std::string(bytes, 's'); }
    [[nodiscard]] const std::string& name() const override { return Node::name(); }
    [[nodiscard]] Timestamp started_at() const override { return started_at_; }
    [[nodiscard]] std::string boot() const override { return "boot"; }
    [[noreturn]] void fail(const Error& error) override { throw ProcessEnds{error.message}; }
    Result<std::unique_ptr<store::Store>> open_store(const store::RocksOptions& options,
                                                     store::Store::Events events) override;
    Result<std::unique_ptr<store::BlobStore>> open_blobs(
        const store::FileBlobOptions& options, std::function<void(Error)> on_failed) override;
    std::unique_ptr<store::Backup> open_backup(store::BackupOptions, store::Store&,
                                               std::vector<store::BackupBlobs>) override;
    [[nodiscard]] std::optional<std::uint64_t> free_bytes(const std::string&) const override {
        return world_.elapsed() < full_until_ ? 0 : UINT64_MAX;
    }
    Result<std::unique_ptr<transport::RequestServer>> serve(
        const std::vector<std::string>& endpoints,
        transport::RequestServer::Handler handler) override;
    std::unique_ptr<transport::RequestClient> connect(const std::string& endpoint) override;
    Result<std::unique_ptr<transport::BusPublisher>> bind_bus(
        const std::vector<std::string>& endpoints) override;
    Result<std::unique_ptr<transport::LaneHub>> bind_lanes(
        const std::vector<std::string>& endpoints, transport::LaneHub::Handler handler) override;

private:
    class StoreOfLife;
    class BlobsOfLife;
    class BackupOfLife;

    void on_start() final;
    void on_crash() final;
    void on_turn_end() final;

    // The loop's.
    void post(UniqueFunction<void()> work) override { Node::post(std::move(work)); }
    transport::TimerId after(Duration delay, UniqueFunction<void()> work) override;
    transport::TimerId every(Duration period, std::function<void()> work) override;
    void cancel(transport::TimerId timer) override { timers_.erase(timer.get()); }
    void at_turn_end(UniqueFunction<void()> work) override {
        turn_ends_.push_back(std::move(work));
    }
    [[nodiscard]] Timestamp now() const override { return world_.wall(); }
    [[nodiscard]] Duration monotonic() const override { return world_.elapsed(); }
    void repeat(std::uint64_t timer, Duration period, const std::function<void()>& work);

    void sync_store();
    void take_rows();
    void arm_sync();
    void run_blobs();

    Requests& requests_;
    support::MemoryStore store_{{.sync = support::MemoryStoreOptions::Sync::manual}};
    DiskBlobs blobs_{[this] { run_blobs(); }};
    DiskBlobs cold_blobs_{[this] { run_blobs(); }};
    std::uint64_t syncing_life_ = 0;
    bool is_running_blobs_ = false;

    TakenRows taken_;
    Duration full_until_{};
    Timestamp started_at_;
    std::vector<UniqueFunction<void()>> turn_ends_;
    std::set<std::uint64_t> timers_;
    std::uint64_t last_timer_ = 0;
    std::unique_ptr<runtime::Service> service_;
};

}  // namespace onput::sim
