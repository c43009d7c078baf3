#include "common/transport/loop.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include <zmq.hpp>

#include "common/base/check.hpp"

namespace onput::transport {
namespace {

using namespace std::chrono_literals;
using Monotonic = std::chrono::steady_clock;

// Counts while the machine sleeps, as the wall clock does.
Duration monotonic_now() {
    timespec time{};
    ONPUT_CHECK(clock_gettime(CLOCK_BOOTTIME, &time) == 0);
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

// What the loop waits for: a socket or a file descriptor. An entry that is removed amid a turn
// stays, dead, until the turn is over, so that the turn's list of ready entries stays valid.
struct Entry {
    Pollable* pollable = nullptr;
    int fd = -1;
    UniqueFunction<void()> work;
    bool is_alive = true;
    short ready = 0;  // In this turn: POLLIN, POLLOUT.
};

// What a socket can do of what is wanted of it.
short ask(Pollable& pollable) {
    const short events = pollable.signal().ask();
    const int wanted = pollable.wants_writable() ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
    return static_cast<short>(events & wanted);
}

struct Timer {
    UniqueFunction<void()> work;
    Duration period{0};  // 0: once.
};

}  // namespace

struct Loop::State {
    explicit State(Context& of) : context(of) {}

    Context& context;
    int wake_fd = -1;

    // Shared with other threads.
    std::mutex mutex;
    std::vector<UniqueFunction<void()>> posted;
    bool is_sleeping = false;  // The loop waits, or is about to, and nobody has woken it.
    std::atomic<bool> is_stopping = false;

    std::vector<std::unique_ptr<Entry>> entries;
    bool has_dead_entries = false;
    std::vector<pollfd> descriptors;  // wake_fd, and one of each entry.
    std::vector<UniqueFunction<void()>> running;

    // By due time, then by order of creation.
    using Due = std::pair<Monotonic::time_point, std::uint64_t>;
    std::map<Due, Timer> timers;
    std::unordered_map<std::uint64_t, Monotonic::time_point> timer_due;
    std::uint64_t last_timer = 0;
    std::vector<Due> due;

    std::deque<UniqueFunction<void()>> turn_ends;
    bool is_in_turn = false;
    Timestamp turn_now;
    Duration turn_monotonic{};

    void wake();
    bool list_descriptors();
    std::chrono::milliseconds prepare();
    bool wait();
    bool run_ready();
    bool run_timers();
    bool run_posted();
    void turn();
    TimerId add_timer(Duration delay, Duration period, UniqueFunction<void()> work);
    void run_timer(const Due& at);
};

void Loop::State::wake() {
    const std::uint64_t one = 1;
    // The counter cannot overflow: it is written at most once per sleep.
    ONPUT_CHECK(::write(wake_fd, &one, sizeof(one)) == sizeof(one));
}

// Returns whether an entry is ready, whatever the descriptors say.
bool Loop::State::list_descriptors() {
    bool is_ready = false;
    descriptors.clear();
    descriptors.push_back({.fd = wake_fd, .events = POLLIN, .revents = 0});
    for (const auto& entry : entries) {
        entry->ready = 0;
        int fd = entry->fd;
        if (entry->pollable != nullptr) {
            Pollable& pollable = *entry->pollable;
            fd = pollable.signal().descriptor();
            if (pollable.signal().was_used() || pollable.wants_writable())
                entry->ready = ask(pollable);
            is_ready = is_ready || entry->ready != 0;
        }
        descriptors.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    return is_ready;
}

// Returns how long to wait; -1 ms: until something happens.
std::chrono::milliseconds Loop::State::prepare() {
    if (has_dead_entries) {
        std::erase_if(entries, [](const auto& entry) { return !entry->is_alive; });
        has_dead_entries = false;
    }
    const bool is_ready = list_descriptors();
    const std::scoped_lock lock(mutex);
    if (is_ready || !posted.empty() || is_stopping) return 0ms;
    is_sleeping = true;
    if (timers.empty()) return -1ms;
    // Rounded up: a timer never runs early, and the loop never spins toward one.
    const auto wait = timers.begin()->first.first - Monotonic::now();
    return std::clamp<std::chrono::milliseconds>(std::chrono::ceil<std::chrono::milliseconds>(wait),
                                                 0ms, 60s);
}

// Returns whether an entry may be ready.
bool Loop::State::wait() {
    const auto wait_max = prepare();
    const int count =
        ::poll(descriptors.data(), descriptors.size(), static_cast<int>(wait_max.count()));
    // A signal: the turn does what is due.
    ONPUT_CHECK(count >= 0 || errno == EINTR);
    if (count < 0) {
        for (auto& descriptor : descriptors) descriptor.revents = 0;
    }
    bool is_ready = false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        Entry& entry = *entries[i];
        if (descriptors[i + 1].revents != 0)
            entry.ready = entry.pollable != nullptr ? ask(*entry.pollable) : POLLIN;
        is_ready = is_ready || entry.ready != 0;
    }
    return is_ready;
}

bool Loop::State::run_ready() {
    bool did = false;
    // Handlers may add entries: those come after the ones that were waited for.
    const std::size_t count = descriptors.size() - 1;
    for (std::size_t i = 0; i < count; ++i) {
        Entry& entry = *entries[i];
        const short ready = std::exchange(entry.ready, short{0});
        if (ready == 0) continue;
        did = true;
        if (entry.pollable == nullptr) {
            if (entry.is_alive) entry.work();
            continue;
        }
        if ((ready & ZMQ_POLLOUT) != 0 && entry.is_alive) entry.pollable->on_writable();
        if ((ready & ZMQ_POLLIN) != 0 && entry.is_alive) entry.pollable->on_readable();
    }
    return did;
}

void Loop::State::run_timer(const Due& at) {
    const auto found = timers.find(at);
    if (found == timers.end()) return;  // Cancelled by a timer of this turn.
    if (found->second.period == Duration(0)) {
        auto work = std::move(found->second.work);
        timers.erase(found);
        timer_due.erase(at.second);
        work();
        return;
    }
    // Re-armed before it runs, so that it can cancel itself. Periods that were missed are skipped.
    auto node = timers.extract(found);
    const auto now = Monotonic::now();
    const Duration period = node.mapped().period;
    const auto next = std::max(at.first + period, now);
    node.key().first = next;
    auto work = std::move(node.mapped().work);
    timers.insert(std::move(node));
    timer_due[at.second] = next;
    work();
    // Back into its timer, unless it cancelled that.
    if (const auto timer = timers.find(Due{next, at.second}); timer != timers.end())
        timer->second.work = std::move(work);
}

bool Loop::State::run_timers() {
    if (timers.empty()) return false;
    // Those due now; what they start waits for the next turn, even when it is due at once.
    const auto now = Monotonic::now();
    due.clear();
    for (auto timer = timers.begin(); timer != timers.end() && timer->first.first <= now; ++timer) {
        due.push_back(timer->first);
    }
    for (const Due& at : due) run_timer(at);
    return !due.empty();
}

bool Loop::State::run_posted() {
    {
        const std::scoped_lock lock(mutex);
        running.swap(posted);
    }
    const bool did = !running.empty();
    for (auto& work : running) {
        work();
        work = nullptr;
    }
    running.clear();
    return did;
}

void Loop::State::turn() {
    const bool is_ready = wait();
    {
        const std::scoped_lock lock(mutex);
        is_sleeping = false;
    }
    if (descriptors[0].revents != 0) {
        std::uint64_t count = 0;
        ONPUT_CHECK(::read(wake_fd, &count, sizeof(count)) == sizeof(count));
    }
    turn_now = wall_now();
    turn_monotonic = monotonic_now();
    is_in_turn = true;
    bool did = is_ready && run_ready();
    did = run_timers() || did;
    did = run_posted() || did;
    if (did) {
        // NOLINTNEXTLINE(modernize-loop-convert): one that runs may register another.
        for (std::size_t i = 0; i < turn_ends.size(); ++i) turn_ends[i]();
    }
    is_in_turn = false;
}

TimerId Loop::State::add_timer(Duration delay, Duration period, UniqueFunction<void()> work) {
    const auto at = Monotonic::now() + std::max(delay, Duration(0));
    const std::uint64_t id = ++last_timer;
    timers.emplace(Due{at, id}, Timer{.work = std::move(work), .period = period});
    timer_due.emplace(id, at);
    return TimerId(id);
}

Loop::Loop(Context& context) : state_(std::make_unique<State>(context)) {
    state_->wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ONPUT_CHECK(state_->wake_fd >= 0);
}

Loop::~Loop() {
    ::close(state_->wake_fd);
}

void Loop::run() {
    while (!state_->is_stopping) state_->turn();
    state_->is_stopping = false;
}

void Loop::stop() {
    const std::scoped_lock lock(state_->mutex);
    state_->is_stopping = true;
    if (std::exchange(state_->is_sleeping, false)) state_->wake();
}

void Loop::post(UniqueFunction<void()> work) {
    const std::scoped_lock lock(state_->mutex);
    state_->posted.push_back(std::move(work));
    if (std::exchange(state_->is_sleeping, false)) state_->wake();
}

TimerId Loop::after(Duration delay, UniqueFunction<void()> work) {
    return state_->add_timer(delay, Duration(0), std::move(work));
}

TimerId Loop::every(Duration period, std::function<void()> work) {
    ONPUT_CHECK(period > Duration(0));
    return state_->add_timer(period, period, std::move(work));
}

void Loop::cancel(TimerId timer) {
    const auto found = state_->timer_due.find(timer.get());
    if (found == state_->timer_due.end()) return;
    state_->timers.erase({found->second, timer.get()});
    state_->timer_due.erase(found);
}

void Loop::watch(int fd, std::function<void()> work) {
    ONPUT_CHECK(fd >= 0);
    auto entry = std::make_unique<Entry>();
    entry->fd = fd;
    entry->work = std::move(work);
    state_->entries.push_back(std::move(entry));
}

void Loop::unwatch(int fd) {
    for (const auto& entry : state_->entries) {
        if (entry->pollable == nullptr && entry->fd == fd) entry->is_alive = false;
    }
    state_->has_dead_entries = true;
}

void Loop::at_turn_end(UniqueFunction<void()> work) {
    state_->turn_ends.push_back(std::move(work));
}

Duration Loop::monotonic() const {
    return state_->is_in_turn ? state_->turn_monotonic : monotonic_now();
}

Timestamp Loop::now() const {
    return state_->is_in_turn ? state_->turn_now : wall_now();
}

Context& Loop::context() const {
    return state_->context;
}

void Loop::add(Pollable& pollable) {
    auto entry = std::make_unique<Entry>();
    entry->pollable = &pollable;
    state_->entries.push_back(std::move(entry));
}

void Loop::remove(Pollable& pollable) {
    for (const auto& entry : state_->entries) {
        if (entry->pollable == &pollable) entry->is_alive = false;
    }
    state_->has_dead_entries = true;
}

}  // namespace onput::transport
