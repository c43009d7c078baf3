#include "tests/sim/world.hpp"

#include <cstdio>
#include <utility>

#include "common/service/age_record.hpp"

namespace onput::sim {

World::World(std::uint64_t seed) : random(seed) {}

void World::after(Duration delay, UniqueFunction<void()> work) {
    // The number keeps events of one moment in the order in which they were made.
    events_.emplace(std::pair(elapsed_ + delay, ++last_event_), std::move(work));
}

bool World::step() {
    if (failure_ || events_.empty()) return false;
    auto next = events_.extract(events_.begin());
    elapsed_ = next.key().first;
    next.mapped()();
    return !failure_;
}

void World::jump(Duration by) {
    offset_ += by;
    if (by > -service::jump_min && by < service::jump_min) ++small_jumps_;
    note("clock set by " + std::to_string(by.count() / 1000) + " ms");
}

void World::note(std::string what) {
    if (trace_.size() == trace_steps_max) trace_.pop_front();
    std::string time = std::to_string(elapsed_.count());
    time.insert(0, time.size() < 10 ? 10 - time.size() : 0, ' ');
    if (is_tracing_all_) std::fprintf(stderr, "%s us  %s\n", time.c_str(), what.c_str());
    trace_.push_back(time + " us  " + std::move(what));
}

void World::broken(const std::string& promise) {
    if (!failure_) failure_ = promise;
}

void World::print_trace() const {
    for (const auto& line : trace_) std::fprintf(stderr, "  %s\n", line.c_str());
}

Duration World::between(Duration low, Duration high) {
    return low + Duration(random.below(static_cast<std::uint64_t>((high - low).count())));
}

}  // namespace onput::sim
