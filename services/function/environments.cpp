#include "services/function/environments.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"

namespace onput::function {

void Environments::invoke(Invocation invocation, Duration now, Effects& effects) {
    const auto idle = std::ranges::find_if(environments_, [&](const Entry& entry) {
        return entry.second.state == State::idle && entry.second.key == invocation.key;
    });
    if (idle != environments_.end()) return send(*idle, std::move(invocation), now, effects);
    waiting_.push_back(std::move(invocation));
    fill(now, effects);
}

void Environments::cancel(InvocationId id, Effects& effects) {
    const auto found = std::ranges::find(waiting_, id, &Invocation::id);
    if (found == waiting_.end()) return;
    waiting_.erase(found);
    effects.emplace_back(Finish{.invocation = id,
                                .environment = std::nullopt,
                                .ending = {.kind = Ending::Kind::cancelled}});
}

Verdict Environments::next(EnvironmentId id, Duration now, Effects& effects) {
    const auto found = environments_.find(id);
    if (found == environments_.end()) return Verdict::wrong_state;
    Environment& environment = found->second;
    switch (environment.state) {
        case State::starting: environment.init_duration = now - environment.started_at; break;
        case State::idle:
        case State::answered: break;
        case State::busy:
        case State::ending: return Verdict::wrong_state;
    }
    if (now - environment.started_at > limits_.age_max) {
        stop(*found, effects);
        fill(now, effects);
        return Verdict::accepted;
    }
    environment.state = State::idle;
    environment.invocation.reset();
    environment.deadline = now + limits_.idle_max;
    if (auto invocation = take_waiting(environment.key)) {
        send(*found, *std::move(invocation), now, effects);
    } else {
        // It may have to make room for another function.
        fill(now, effects);
    }
    return Verdict::accepted;
}

Verdict Environments::answer(EnvironmentId id, InvocationId invocation, Answer answer, Duration now,
                             Effects& effects) {
    const auto found = environments_.find(id);
    if (found == environments_.end()) return Verdict::wrong_state;
    Environment& environment = found->second;
    if (environment.invocation != invocation) return Verdict::wrong_invocation;
    if (environment.state != State::busy) return Verdict::wrong_state;
    finish(*found, {.kind = answer.kind, .payload = std::move(answer.payload)}, now, effects);
    environment.state = State::answered;
    return Verdict::accepted;
}

Verdict Environments::init_error(EnvironmentId id, std::string payload, Duration now,
                                 Effects& effects) {
    const auto found = environments_.find(id);
    if (found == environments_.end() || found->second.state != State::starting)
        return Verdict::wrong_state;
    fail_waiting(*found, {.kind = Ending::Kind::init_failed, .payload = std::move(payload)}, now,
                 effects);
    stop(*found, effects);
    return Verdict::accepted;
}

void Environments::ended(EnvironmentId id, const std::string& how, Duration now, Effects& effects) {
    const auto found = environments_.find(id);
    if (found == environments_.end()) return;
    Ending ending{.kind = Ending::Kind::exited, .how = how};
    switch (found->second.state) {
        case State::starting: fail_waiting(*found, std::move(ending), now, effects); break;
        case State::busy: finish(*found, std::move(ending), now, effects); break;
        case State::idle:
        case State::answered:
        case State::ending: break;
    }
    environments_.erase(found);
    fill(now, effects);
}

void Environments::not_started(EnvironmentId id, const std::string& why, Duration now,
                               Effects& effects) {
    const auto found = environments_.find(id);
    if (found == environments_.end()) return;
    fail_waiting(*found, {.kind = Ending::Kind::not_started, .how = why}, now, effects);
    environments_.erase(found);
    fill(now, effects);
}

void Environments::exceeded_memory(EnvironmentId id, Duration now, Effects& effects) {
    const auto found = environments_.find(id);
    if (found == environments_.end() || found->second.state == State::ending) return;
    const Ending ending{.kind = Ending::Kind::out_of_memory};
    if (found->second.state == State::busy) finish(*found, ending, now, effects);
    if (found->second.state == State::starting) fail_waiting(*found, ending, now, effects);
    stop(*found, effects);
}

void Environments::abandoned(EnvironmentId id, Effects& effects) {
    const auto found = environments_.find(id);
    if (found != environments_.end() && found->second.state == State::idle) stop(*found, effects);
}

void Environments::tick(Duration now, Effects& effects) {
    std::vector<EnvironmentId> due;
    for (const auto& [id, environment] : environments_) {
        if (environment.deadline && *environment.deadline <= now) due.push_back(id);
    }
    for (const EnvironmentId id : due) expire(*environments_.find(id), now, effects);
    fill(now, effects);
}

std::optional<Duration> Environments::next_deadline() const {
    std::optional<Duration> first;
    for (const auto& [id, environment] : environments_) {
        if (environment.deadline && (!first || *environment.deadline < *first))
            first = environment.deadline;
    }
    return first;
}

std::size_t Environments::busy() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        environments_, [](const Entry& entry) { return entry.second.invocation.has_value(); }));
}

bool Environments::is_idle(EnvironmentId id) const {
    const auto found = environments_.find(id);
    return found != environments_.end() && found->second.state == State::idle;
}

void Environments::start(std::string key, Duration now, Effects& effects,
                         std::optional<Duration> deadline) {
    const EnvironmentId id(++last_id_);
    Environment environment{.key = key, .started_at = now};
    environment.is_second_start = deadline.has_value();
    environment.deadline = deadline.value_or(now + limits_.init_max);
    environments_.emplace(id, std::move(environment));
    effects.emplace_back(Start{.environment = id, .key = std::move(key)});
}

void Environments::stop(Entry& entry, Effects& effects) {
    entry.second.state = State::ending;
    entry.second.deadline.reset();
    entry.second.invocation.reset();
    effects.emplace_back(Stop{.environment = entry.first});
}

void Environments::send(Entry& entry, Invocation invocation, Duration now, Effects& effects) {
    auto& [id, environment] = entry;
    ONPUT_CHECK(environment.state == State::idle);
    environment.state = State::busy;
    environment.invocation = invocation.id;
    environment.sent_at = now;
    environment.deadline = now + invocation.timeout;
    effects.emplace_back(
        Send{.environment = id, .invocation = invocation.id, .deadline = now + invocation.timeout});
}

// The invocation stays in hand until the runtime asks for the next: what it posts once more is then
// known to be the second answer.
void Environments::finish(Entry& entry, Ending ending, Duration now, Effects& effects) {
    auto& [id, environment] = entry;
    ONPUT_CHECK(environment.state == State::busy && environment.invocation.has_value());
    ending.duration = now - environment.sent_at;
    ending.init_duration = std::exchange(environment.init_duration, {});
    effects.emplace_back(Finish{.invocation = environment.invocation.value_or(InvocationId()),
                                .environment = id,
                                .ending = std::move(ending)});
}

std::optional<Environments::Invocation> Environments::take_waiting(const std::string& key) {
    const auto found = std::ranges::find(waiting_, key, &Invocation::key);
    if (found == waiting_.end()) return std::nullopt;
    Invocation invocation = std::move(*found);
    waiting_.erase(found);
    return invocation;
}

// A start that fails is the failure of the one that has waited longest for it; the others have
// starts of their own.
void Environments::fail_waiting(Entry& entry, Ending ending, Duration now, Effects& effects) {
    const auto invocation = take_waiting(entry.second.key);
    if (!invocation) return;
    ending.duration = now - entry.second.started_at;
    effects.emplace_back(Finish{
        .invocation = invocation->id, .environment = entry.first, .ending = std::move(ending)});
}

void Environments::expire(Entry& entry, Duration now, Effects& effects) {
    const Environment& environment = entry.second;
    switch (environment.state) {
        case State::starting: {
            const bool is_last = environment.is_second_start;
            if (is_last) fail_waiting(entry, {.kind = Ending::Kind::timed_out}, now, effects);
            const std::string key = environment.key;
            stop(entry, effects);
            const auto waits = std::ranges::find(waiting_, key, &Invocation::key);
            if (!is_last && waits != waiting_.end()) start(key, now, effects, now + waits->timeout);
            break;
        }
        case State::busy:
            finish(entry, {.kind = Ending::Kind::timed_out}, now, effects);
            stop(entry, effects);
            break;
        case State::answered:
        case State::idle: stop(entry, effects); break;
        case State::ending: break;
    }
}

std::map<std::string, Environments::Demand> Environments::count() const {
    std::map<std::string, Demand> demands;
    for (const Invocation& invocation : waiting_) ++demands[invocation.key].waiting;
    for (const auto& [id, environment] : environments_) {
        Demand& demand = demands[environment.key];
        if (environment.state == State::starting) ++demand.starting;
        if (environment.state != State::ending) ++demand.alive;
    }
    return demands;
}

Environments::Entry* Environments::longest_idle(const std::map<std::string, Demand>& demands) {
    Entry* longest = nullptr;
    for (Entry& entry : environments_) {
        const bool may_go =
            entry.second.state == State::idle && demands.at(entry.second.key).waiting == 0;
        const bool is_longer =
            may_go && (longest == nullptr || *entry.second.deadline < *longest->second.deadline);
        if (is_longer) longest = &entry;
    }
    return longest;
}

void Environments::fill(Duration now, Effects& effects) {
    if (waiting_.empty()) return;
    auto demands = count();
    // Those that end make room for as many.
    std::size_t leaving = static_cast<std::size_t>(std::ranges::count_if(
        environments_, [](const Entry& entry) { return entry.second.state == State::ending; }));
    for (const Invocation& invocation : waiting_) {
        Demand& demand = demands.at(invocation.key);
        if (demand.starting > 0) {
            --demand.starting;  // One is on its way for it.
            continue;
        }
        if (demand.alive >= limits_.per_function_max) continue;
        if (environments_.size() < limits_.environments_max) {
            ++demand.alive;
            start(invocation.key, now, effects, std::nullopt);
        } else if (leaving > 0) {
            --leaving;
        } else if (Entry* idle = longest_idle(demands)) {
            stop(*idle, effects);
        } else {
            return;
        }
    }
}

}  // namespace onput::function
