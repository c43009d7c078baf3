// TestPlatform: the platform of a host under test. Its loop turns when told to; its store syncs
// when told to; its one peer is the test.
#pragma once

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/service/platform.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::service {

struct ProcessEnded : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class TestLoop final : public transport::EventLoop {
public:
    void post(UniqueFunction<void()> work) override { posted_.push_back(std::move(work)); }
    transport::TimerId after(Duration delay, UniqueFunction<void()> work) override {
        timers_.push_back({now_ + delay, ++last_, std::move(work)});
        return transport::TimerId(last_);
    }
    transport::TimerId every(Duration period, std::function<void()> work) override {
        return after(period, [this, period, work = std::move(work)]() mutable {
            work();
            every(period, std::move(work));
        });
    }
    void cancel(transport::TimerId timer) override {
        std::erase_if(timers_, [&](const Timer& known) { return known.id == timer.get(); });
    }
    void at_turn_end(UniqueFunction<void()> work) override { ends_.push_back(std::move(work)); }
    [[nodiscard]] Timestamp now() const override { return now_; }
    [[nodiscard]] Duration monotonic() const override { return now_.time_since_epoch(); }

    // Runs what was posted and what is due, then the end of the turn.
    void turn() {
        for (auto& work : std::exchange(posted_, {})) work();
        std::vector<Timer> due;
        std::erase_if(timers_, [&](Timer& timer) {
            if (timer.at > now_) return false;
            due.push_back(std::move(timer));
            return true;
        });
        for (Timer& timer : due) timer.work();
        for (auto& end : ends_) end();
    }
    void pass(Duration time) { now_ += time; }
    [[nodiscard]] bool has_work() const { return !posted_.empty(); }

private:
    struct Timer {
        Timestamp at;
        std::uint64_t id = 0;
        UniqueFunction<void()> work;
    };
    std::vector<UniqueFunction<void()>> posted_;
    std::vector<Timer> timers_;
    std::vector<UniqueFunction<void()>> ends_;
    std::uint64_t last_ = 0;
    Timestamp now_ = from_seconds(1'800'000'000);
};

// Answers when the test says so.
class TestBackup final : public store::Backup {
public:
    explicit TestBackup(TestBackup*& newest) : newest_(newest) { newest_ = this; }
    TestBackup(const TestBackup&) = delete;
    TestBackup& operator=(const TestBackup&) = delete;
    ~TestBackup() override {
        if (newest_ == this) newest_ = nullptr;
    }
    void prepare(Done done) override { waiting = std::move(done); }
    void take(Done done) override { waiting = std::move(done); }
    void copy(Done done) override { waiting = std::move(done); }
    void finish(Done done) override { waiting = std::move(done); }
    void abandon(Done done) override {
        is_abandoned = true;
        if (is_slow) {
            abandons.push_back(std::move(done));
        } else {
            done({});
        }
    }
    [[nodiscard]] const store::CopyProgress& progress() const override { return progress_; }
    void answer(Result<void> result = {}) { std::exchange(waiting, {})(std::move(result)); }
    void answer_abandons() {
        for (const Done& done : std::exchange(abandons, {})) done({});
    }

    Done waiting;
    bool is_slow = false;  // `abandon` is answered when the test says so, too.
    std::vector<Done> abandons;
    bool is_abandoned = false;

private:
    TestBackup*& newest_;
    store::CopyProgress progress_;
};

class TestPlatform : public Platform {
public:
    [[nodiscard]] TestLoop& loop() override { return loop_; }
    [[nodiscard]] Random& random() override { return random_; }
    [[nodiscard]] std::string new_secret(std::size_t bytes) override {
        return std::string(bytes, 's');
    }
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] Timestamp started_at() const override { return loop_.now(); }
    [[nodiscard]] std::string boot() const override { return "boot"; }
    [[noreturn]] void fail(const Error& error) override { throw ProcessEnded(error.message); }

    Result<std::unique_ptr<store::Store>> open_store(const store::RocksOptions&,
                                                     store::Store::Events events) override {
        auto opened = std::make_unique<support::MemoryStore>(
            support::MemoryStoreOptions{.sync = support::MemoryStoreOptions::Sync::manual},
            std::move(events));
        store = opened.get();
        return opened;
    }
    Result<std::unique_ptr<store::BlobStore>> open_blobs(const store::FileBlobOptions&,
                                                         std::function<void(Error)>) override {
        return onput::fail(ErrorCode::unimplemented, "no blobs");
    }
    std::unique_ptr<store::Backup> open_backup(store::BackupOptions, store::Store&,
                                               std::vector<store::BackupBlobs>) override {
        return std::make_unique<TestBackup>(backup);
    }
    [[nodiscard]] std::optional<std::uint64_t> free_bytes(const std::string&) const override {
        return free;
    }
    Result<std::unique_ptr<transport::RequestServer>> serve(
        const std::vector<std::string>&, transport::RequestServer::Handler handler) override {
        handler_ = std::move(handler);
        return std::make_unique<Server>(*this);
    }
    std::unique_ptr<transport::RequestClient> connect(const std::string&) override { return {}; }
    Result<std::unique_ptr<transport::BusPublisher>> bind_bus(
        const std::vector<std::string>&) override {
        return onput::fail(ErrorCode::unimplemented, "no bus");
    }
    Result<std::unique_ptr<transport::LaneHub>> bind_lanes(const std::vector<std::string>&,
                                                           transport::LaneHub::Handler) override {
        return onput::fail(ErrorCode::unimplemented, "no lanes");
    }

    // A request arrives, in no turn of its own: follow it with loop().turn().
    template <schema::Message M>
    void ask(const M& message, schema::Principal principal = {}) {
        ask(M::method, schema::encode(message), std::move(principal));
    }
    void ask(std::string_view method, std::string body, schema::Principal principal = {}) {
        transport::Request request;
        request.header.method = std::string(method);
        request.header.principal = std::move(principal);
        request.body = std::move(body);
        handler_(std::move(request));
    }
    // Everything that was committed becomes durable, if a sync was asked for.
    bool sync() { return store->complete_sync(); }

    support::MemoryStore* store = nullptr;
    TestBackup* backup = nullptr;  // The newest, while it lasts.
    std::optional<std::uint64_t> free;
    std::deque<Result<std::string>> replies;  // Bodies, as they left.

private:
    class Server final : public transport::RequestServer {
    public:
        explicit Server(TestPlatform& platform) : platform_(platform) {}
        void reply(const transport::ReplyTo&, Result<transport::Reply> reply) override {
            if (reply) {
                platform_.replies.emplace_back(std::move(reply->body));
            } else {
                platform_.replies.emplace_back(std::unexpected(reply.error()));
            }
        }
        [[nodiscard]] std::vector<std::string> endpoints() const override { return {}; }

    private:
        TestPlatform& platform_;
    };

    TestLoop loop_;
    Random random_{1};
    std::string name_ = "toy";
    transport::RequestServer::Handler handler_;
};

}  // namespace onput::service
