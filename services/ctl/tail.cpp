#include "services/ctl/tail.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/printable.hpp"

namespace onput::ctl {

void Tail::finish(ExitCode code) {
    if (outcome_) return;
    outcome_ = code;
    outlets_.end();
}

void Tail::fail(const Error& error) {
    if (outcome_) return;
    outlets_.say("onput tail: " + printable(error.message));
    finish(exit_code_of(error));
}

bool Tail::show(const std::string& line) {
    const auto shown = outlets_.show(line);
    if (!shown) {
        fail(shown.error());
        return false;
    }
    ++shown_;
    return true;
}

bool Tail::show_held_back() {
    for (const auto& line : std::exchange(held_back_, {})) {
        if (!show(line)) return false;
        end_if_enough();
        if (outcome_) return false;
    }
    return true;
}

void Tail::end_if_enough() {
    if (plan_.count != 0 && shown_ >= plan_.count) finish(so_far_);
}

void Tail::take(const schema::JournalRecord& record) {
    if (outcome_) return;
    if (last_ != 0 && record.sequence != last_ + 1 && plan_.fail_on_gap) {
        return finish(tail_gap_seen);
    }
    if (plan_.until && record.time > *plan_.until) {
        if (!show_held_back()) return;
        position_.sequence = std::max(position_.sequence, last_);
        return finish(so_far_);
    }
    last_ = record.sequence;
    // One of a kind that is not known here is nobody's.
    const auto body = read_record_body(record.body);
    if (body && filter_.matches(record, *body)) {
        const std::string line = printer_.line(record, *body);
        const bool is_held_back = plan_.last != 0 && !is_caught_up_;
        if (is_held_back) {
            held_back_.push_back(line);
            if (held_back_.size() > plan_.last) held_back_.pop_front();
        } else if (!show(line)) {
            return;
        }
    }
    // What is held back is not done with.
    if (held_back_.empty()) position_.sequence = record.sequence;
    end_if_enough();
}

// What was there before the tail began is always fetched: only later holes are worth a word.
void Tail::fetched(std::uint64_t from, std::uint64_t to) {
    if (is_caught_up_) outlets_.say(fmt::format("-- gap {}..{} fetched", from, to));
}

void Tail::truncated(std::uint64_t from, std::uint64_t to) {
    outlets_.say(fmt::format("-- truncated {}..{}: no longer kept", from, to));
    so_far_ = tail_truncation_seen;
}

void Tail::begin_epoch(const std::string& epoch) {
    if (!position_.epoch.empty()) outlets_.say(fmt::format("-- new journal {}", epoch));
    position_ = {.epoch = epoch, .sequence = 0};
    last_ = 0;
}

void Tail::caught_up(Timestamp now) {
    // What could not be shown is not done with.
    if (outcome_) return;
    is_caught_up_ = true;
    if (!show_held_back()) return;
    position_.sequence = std::max(position_.sequence, last_);
    if (!plan_.follow || (plan_.until && now >= *plan_.until)) finish(so_far_);
}

}  // namespace onput::ctl
