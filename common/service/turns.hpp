// Turns: the part of a service's host that does not depend on its core: the loop's turn, when
// commits are synced, when replies leave, requests, drain, readiness and metrics. host.hpp puts a
// core on top of it; read that first.
//
// Loop thread only. A fault of the store ends the process (Platform::fail); its supervisor starts
// it again from what is durable.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/outbox/relay.hpp"
#include "common/runtime/reply_gate.hpp"
#include "common/runtime/service.hpp"
#include "common/service/backups.hpp"
#include "common/service/methods.hpp"
#include "common/service/platform.hpp"
#include "common/service/room.hpp"
#include "common/store/readable_view.hpp"

namespace onput::service {

// How long changes may wait for a sync that is not theirs.
inline constexpr Duration lazy_sync_interval = std::chrono::milliseconds(200);

// How often a service that drains looks whether it is idle, at least.
inline constexpr Duration drain_turn_interval = std::chrono::milliseconds(100);

// What every stateful service is configured with.
struct HostOptions {
    store::RocksOptions store;
    std::vector<std::string> endpoints;  // Where requests are answered.
    std::string notifier_endpoint;       // Takes the outbox over; empty: nobody does.
    struct MetricNames {
        std::string fsync;         // A histogram: what one sync takes.
        std::string replies_held;  // Replies and effects that wait for a sync.
    } metrics;
};

class Turns : public runtime::Service {
public:
    ~Turns() override;

    // Refuses requests from now on. `done` is called once nothing is in hand (is_idle) and
    // everything that was committed is durable and answered.
    void drain(std::function<void()> done) final;
    // Its peers, and room on the disk.
    [[nodiscard]] std::vector<std::string> waiting_for() const final;
    [[nodiscard]] std::vector<schema::Metric> metrics() const final;

    // The first call of all others: opens the store. Fails when it is in use or damaged.
    Result<void> open_store();
    // The last call of a start: binds the endpoints and takes part in the loop's turns.
    Result<void> listen();

    // Leaves when everything committed so far is durable, after all replies held before it. An
    // error that says resource_exhausted without a reason becomes `storage_full`.
    void reply(const transport::ReplyTo& to, Result<transport::Reply> reply);
    // Leaves when the commits up to `ticket` are durable, whatever waits for later ones: for what
    // shows nothing newer.
    void reply_after(store::Ticket ticket, const transport::ReplyTo& to,
                     Result<transport::Reply> reply);
    // Leaves at once: for what says nothing about any commit.
    void reply_now(const transport::ReplyTo& to, Result<transport::Reply> reply);
    template <schema::Message M>
    void reply(const transport::ReplyTo& to, const Result<M>& message) {
        reply(to, encode(message));
    }
    template <schema::Message M>
    void reply_now(const transport::ReplyTo& to, const Result<M>& message) {
        reply_now(to, encode(message));
    }
    template <schema::Message M>
    void reply(const transport::ReplyTo& to, const M& message) {
        reply(to, transport::Reply{.body = schema::encode(message)});
    }
    template <schema::Message M>
    void reply_now(const transport::ReplyTo& to, const M& message) {
        reply_now(to, transport::Reply{.body = schema::encode(message)});
    }
    // Runs `work` when everything committed so far is durable: at once when it already is and
    // nothing waits before it.
    void when_durable(UniqueFunction<void()> work) { gate_->when_durable(std::move(work)); }

    [[nodiscard]] Platform& platform() { return platform_; }
    [[nodiscard]] const Platform& platform() const { return platform_; }
    [[nodiscard]] transport::EventLoop& loop() { return platform_.loop(); }
    // The wall clock at the start of this turn.
    [[nodiscard]] Timestamp now() const { return loop_.now(); }
    [[nodiscard]] store::Store& store() { return *store_; }
    // Its rows without those that are damaged; each gap is logged and counted.
    [[nodiscard]] const store::ReadableView& readable() const { return *readable_; }
    // A new source of chance, of the platform's.
    [[nodiscard]] Random new_random() { return Random(platform_.random().next()); }
    // The notifier, when one is configured: takes the outbox over.
    [[nodiscard]] transport::RequestClient& notifier() { return *notifier_; }
    [[nodiscard]] bool is_draining() const { return drained_ != nullptr; }
    // How many came so far, those about the service's own state aside.
    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    // Nothing of this service's replies or effects waits for a sync.
    [[nodiscard]] bool is_at_rest() const { return gate_->held() == 0; }

protected:
    Turns(Platform& platform, HostOptions options);

    template <schema::Message M>
    static Result<transport::Reply> encode(const Result<M>& message) {
        if (!message) return std::unexpected(message.error());
        return transport::Reply{.body = schema::encode(*message)};
    }

    // Commits one batch. resource_exhausted (the disk is full): it did not happen. Any other
    // failure ends the process.
    enum class Sync { soon, late };
    Result<void> commit(store::Batch batch, Sync sync);

    // What Host adds.
    virtual void end_core_turn() = 0;
    [[nodiscard]] virtual Timestamp next_wakeup() const = 0;
    // The number of the newest commit that something waits for (an event's, a record's), and who is
    // told once it is durable.
    [[nodiscard]] virtual std::uint64_t last_number() const = 0;
    virtual void on_number_durable(std::uint64_t number) = 0;
    virtual void add_core_metrics(std::vector<schema::Metric>& metrics) const = 0;
    // Of its core; nothing when it has none.
    [[nodiscard]] virtual Room* room() const = 0;

    // --- For a service to override --------------------------------------------------------------

    // Right before a commit, its rows; right after it, its ticket, unless it was refused.
    virtual void before_commit(const store::Batch& /*batch*/) {}
    virtual void after_commit(store::Ticket /*ticket*/) {}
    // The methods it answers.
    [[nodiscard]] virtual Methods methods() = 0;
    // The end of a turn, after the core's and before the sync.
    virtual void on_turn_end() {}
    // The peers without which it is not ready.
    [[nodiscard]] virtual std::vector<std::string> waiting_for_peers() const;
    // SIGTERM has come. From then on, drain ends as soon as is_idle.
    virtual void on_drain() {}
    // Its blobs, for backups.
    [[nodiscard]] virtual std::vector<store::BackupBlobs> backup_blobs() { return {}; }
    // No work of its own is in hand.
    [[nodiscard]] virtual bool is_idle() const { return true; }
    virtual void add_metrics(std::vector<schema::Metric>& /*metrics*/) const {}

    // Answers the open calls to the notifier, and ends a backup. First in the destructor of a
    // service whose callbacks, or blobs, are members of its own.
    void end_calls() {
        backups_.reset();
        notifier_.reset();
    }

    // Hands `outbox` to the notifier from now on.
    void relay(outbox::Outbox& outbox, std::string source);
    [[nodiscard]] const outbox::Relay* relay() const { return relay_.get(); }
    [[nodiscard]] const HostOptions& options() const { return options_; }

private:
    void on_request(transport::Request request);
    void on_backup(const transport::Request& request);
    void look_at_disk();
    void end_turn();
    void follow();
    void sync_if_needed();
    void arm_timer();
    void finish_drain();

    Platform& platform_;
    transport::EventLoop& loop_;
    HostOptions options_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<store::ReadableView> readable_;
    std::unique_ptr<runtime::ReplyGate> gate_;
    std::unique_ptr<Backups> backups_;  // Before its gate and store end.
    std::unique_ptr<outbox::Relay> relay_;
    std::unique_ptr<transport::RequestServer> server_;
    Methods methods_;
    std::uint64_t requests_ = 0;

    store::Ticket synced_ = 0;    // Newest ticket that a sync was asked for.
    bool needs_sync_ = false;     // A commit, or a reply, since.
    Timestamp unsynced_since_;    // When the oldest commit without a sync was made.
    std::uint64_t followed_ = 0;  // The last_number whose durability is waited for, or was.
    transport::TimerId timer_;
    Timestamp timer_at_ = Timestamp::max();
    std::function<void()> drained_;
    bool is_over_ = false;  // The end of the drain is on its way.
    // Last: at its end it answers open calls, and those callbacks use all of the above.
    std::unique_ptr<transport::RequestClient> notifier_;
};

// `error` as a caller shall see it: a full disk has its own reason.
Error for_caller(Error error);

}  // namespace onput::service
