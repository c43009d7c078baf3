#include "common/runtime/supervisor.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>

#include "common/base/log.hpp"
#include "common/runtime/child.hpp"

namespace onput::runtime {
namespace {

using Monotonic = std::chrono::steady_clock;

// A child that has lived this long is well; its next death starts the delays over.
constexpr Duration well_after = std::chrono::seconds(10);
constexpr std::size_t children_max = 256;

struct Supervised {
    ChildCommand command;
    std::uint32_t stop_stage = 0;
    ChildState state;
    std::unique_ptr<Child> child;  // None: it does not run now.
    Duration delay = restart_delay_min;
    Monotonic::time_point started_at;
    std::optional<transport::TimerId> restart;
};

class LoopSupervisor final : public Supervisor {
public:
    LoopSupervisor(transport::Loop& loop, OnChange on_change)
        : loop_(loop), on_change_(std::move(on_change)) {}
    ~LoopSupervisor() override;

    Result<void> start(ChildSpec spec) override;
    void stop_all(Duration grace, std::function<void()> done) override;
    [[nodiscard]] std::vector<ChildState> children() const override;

private:
    Result<void> launch(Supervised& supervised);
    void relaunch(Supervised& supervised);
    void restart_later(Supervised& supervised);
    void on_end(Supervised& supervised);
    // Ends the next stage when none of the last one is left, and says so when there is none.
    void stop_next();
    void kill_rest();
    void cancel(std::optional<transport::TimerId>& timer) {
        if (timer) loop_.cancel(*timer);
        timer.reset();
    }
    void notify(const Supervised& supervised) {
        if (on_change_) on_change_(supervised.state);
    }

    transport::Loop& loop_;
    OnChange on_change_;
    std::vector<std::unique_ptr<Supervised>> all_;
    bool is_stopping_ = false;
    Duration grace_{};
    std::optional<std::uint32_t> stage_;  // That is being ended.
    std::function<void()> stopped_;
    std::optional<transport::TimerId> kill_timer_;
};

LoopSupervisor::~LoopSupervisor() {
    cancel(kill_timer_);
    for (const auto& supervised : all_) {
        cancel(supervised->restart);
        if (supervised->child) loop_.unwatch(supervised->child->end_fd());
    }
}

Result<void> LoopSupervisor::start(ChildSpec spec) {
    if (is_stopping_) return fail(ErrorCode::unavailable, "start " + spec.name + ": stopping");
    if (all_.size() >= children_max || spec.arguments.empty()) {
        return fail(ErrorCode::invalid_argument, "start " + spec.name +
                                                     ": too many children, or "
                                                     "no command");
    }
    auto supervised = std::make_unique<Supervised>();
    supervised->stop_stage = spec.stop_stage;
    supervised->state.name = std::move(spec.name);
    supervised->command = {.arguments = std::move(spec.arguments),
                           .environment = std::move(spec.environment),
                           .withheld = std::move(spec.withheld),
                           .log_file = std::move(spec.log_file)};
    ONPUT_TRY_VOID(launch(*supervised));
    all_.push_back(std::move(supervised));
    notify(*all_.back());
    return {};
}

Result<void> LoopSupervisor::launch(Supervised& supervised) {
    ONPUT_TRY(Child child, Child::start(supervised.command));
    supervised.child = std::make_unique<Child>(std::move(child));
    supervised.state.pid = supervised.child->pid();
    supervised.started_at = Monotonic::now();
    loop_.watch(supervised.child->end_fd(), [this, &supervised] { on_end(supervised); });
    return {};
}

void LoopSupervisor::on_end(Supervised& supervised) {
    auto end = supervised.child->take_end();
    if (!end) return;
    loop_.unwatch(supervised.child->end_fd());
    supervised.child.reset();
    supervised.state.pid = 0;
    supervised.state.last_end = std::move(*end);
    if (is_stopping_) {
        notify(supervised);
        return stop_next();
    }
    log::warn("child ended", {{"child", supervised.state.name},
                              {"end", supervised.state.last_end},
                              {"restarts", supervised.state.restarts}});
    if (Monotonic::now() - supervised.started_at >= well_after) {
        supervised.delay = restart_delay_min;
    }
    restart_later(supervised);
    notify(supervised);
}

void LoopSupervisor::restart_later(Supervised& supervised) {
    supervised.restart =
        loop_.after(supervised.delay, [this, &supervised] { relaunch(supervised); });
    supervised.delay = std::min(2 * supervised.delay, restart_delay_max);
}

void LoopSupervisor::relaunch(Supervised& supervised) {
    supervised.restart.reset();
    ++supervised.state.restarts;
    if (auto launched = launch(supervised); !launched) {
        log::error("child not started again",
                   {{"child", supervised.state.name}, {"why", launched.error().message}});
        supervised.state.last_end = launched.error().message;
        restart_later(supervised);
    }
    notify(supervised);
}

void LoopSupervisor::stop_all(Duration grace, std::function<void()> done) {
    is_stopping_ = true;
    grace_ = grace;
    stopped_ = std::move(done);
    for (const auto& supervised : all_) cancel(supervised->restart);
    stop_next();
}

void LoopSupervisor::stop_next() {
    std::optional<std::uint32_t> next;
    for (const auto& supervised : all_) {
        if (!supervised->child) continue;
        if (supervised->stop_stage == stage_) return;  // Not all of it has ended.
        next = std::min(next.value_or(supervised->stop_stage), supervised->stop_stage);
    }
    cancel(kill_timer_);
    stage_ = next;
    if (!next) {
        const auto stopped = std::exchange(stopped_, nullptr);
        if (stopped) stopped();
        return;
    }
    for (const auto& supervised : all_) {
        if (supervised->child && supervised->stop_stage == stage_)
            supervised->child->signal(SIGTERM);
    }
    kill_timer_ = loop_.after(grace_, [this] { kill_rest(); });
}

void LoopSupervisor::kill_rest() {
    kill_timer_.reset();
    for (const auto& supervised : all_) {
        if (!supervised->child || supervised->stop_stage != stage_) continue;
        log::warn("child killed after the grace", {{"child", supervised->state.name}});
        supervised->child->signal(SIGKILL);
    }
}

std::vector<ChildState> LoopSupervisor::children() const {
    std::vector<ChildState> states;
    states.reserve(all_.size());
    for (const auto& supervised : all_) states.push_back(supervised->state);
    return states;
}

}  // namespace

std::unique_ptr<Supervisor> Supervisor::create(transport::Loop& loop, OnChange on_change) {
    return std::make_unique<LoopSupervisor>(loop, std::move(on_change));
}

}  // namespace onput::runtime
