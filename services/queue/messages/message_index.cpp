#include "services/queue/messages/message_index.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::queue {
namespace {

// Below this many entries the heap is not worth compacting.
constexpr std::size_t wakes_compaction_min = 1024;

}  // namespace

void MessageIndex::add_fresh(MessageNumber number, Timestamp sent_at) {
    ONPUT_CHECK(fresh_.empty() || fresh_.back().number < number);
    fresh_.push_back({number, sent_at});
}

void MessageIndex::add(MessageNumber number, const MessageStatus& status) {
    const bool is_new = touched_.emplace(number, status).second;
    ONPUT_CHECK(is_new);
    enter(number, status);
}

void MessageIndex::change(MessageNumber number, const MessageStatus& status) {
    const auto found = touched_.find(number);
    ONPUT_CHECK(found != touched_.end());
    // A visible message is in returned_ already and must not come in twice.
    ONPUT_CHECK(found->second.state != MessageState::visible);
    --counter(found->second.state);
    found->second = status;
    enter(number, status);
}

void MessageIndex::enter(MessageNumber number, const MessageStatus& status) {
    ++counter(status.state);
    if (status.state == MessageState::visible) {
        returned_.push_back(number);
    } else {
        push_wake({status.visible_at, number});
    }
}

void MessageIndex::remove(MessageNumber number) {
    const auto found = touched_.find(number);
    ONPUT_CHECK(found != touched_.end());
    --counter(found->second.state);
    touched_.erase(found);
}

void MessageIndex::clear() {
    *this = MessageIndex();
}

const MessageStatus* MessageIndex::find(MessageNumber number) const {
    const auto found = touched_.find(number);
    return found == touched_.end() ? nullptr : &found->second;
}

bool MessageIndex::is_stale(MessageNumber returned) const {
    const MessageStatus* status = find(returned);
    return status == nullptr || status->state != MessageState::visible;
}

bool MessageIndex::is_stale(const Wake& wake) const {
    const MessageStatus* status = find(wake.number);
    return status == nullptr || status->state == MessageState::visible ||
           status->visible_at != wake.time;
}

std::optional<MessageIndex::Candidate> MessageIndex::oldest_visible() {
    while (!returned_.empty() && is_stale(returned_.front())) returned_.pop_front();
    if (returned_.empty() || (!fresh_.empty() && fresh_.front().number < returned_.front())) {
        if (fresh_.empty()) return {};
        return Candidate{.number = fresh_.front().number,
                         .status = {.sent_at = fresh_.front().sent_at}};
    }
    return Candidate{.number = returned_.front(), .status = *find(returned_.front())};
}

void MessageIndex::pop_oldest() {
    const auto oldest = oldest_visible();
    ONPUT_CHECK(oldest.has_value());
    if (!returned_.empty() && returned_.front() == oldest->number) {
        returned_.pop_front();
        remove(oldest->number);
    } else {
        fresh_.pop_front();
    }
}

void MessageIndex::push_wake(Wake wake) {
    const std::size_t waiting = count(MessageState::hidden) + count(MessageState::in_flight);
    // Acknowledged leases leave entries behind. Throwing them out when they are the majority costs
    // each of them O(1).
    if (wakes_.size() > wakes_compaction_min && wakes_.size() > 2 * waiting) {
        std::erase_if(wakes_, [this](const Wake& old) { return is_stale(old); });
        std::ranges::make_heap(wakes_, is_later);
    }
    wakes_.push_back(wake);
    std::ranges::push_heap(wakes_, is_later);
}

void MessageIndex::shift(Duration by) {
    for (auto& [number, status] : touched_) {
        if (status.state == MessageState::visible) continue;
        status.visible_at += by;
        status.leased_at += by;
    }
    for (Wake& wake : wakes_) wake.time += by;
}

void MessageIndex::wake(Timestamp now, std::vector<Candidate>& expired) {
    while (!wakes_.empty() && wakes_.front().time <= now) {
        const Wake due = wakes_.front();
        std::ranges::pop_heap(wakes_, is_later);
        wakes_.pop_back();
        if (is_stale(due)) continue;
        MessageStatus status = *find(due.number);
        if (status.state == MessageState::in_flight) expired.push_back({due.number, status});
        status.state = MessageState::visible;
        status.worker = WorkerNumber();
        change(due.number, status);
    }
}

std::optional<Timestamp> MessageIndex::next_wake() const {
    if (wakes_.empty()) return {};
    return wakes_.front().time;
}

std::size_t MessageIndex::count(MessageState state) const {
    const std::size_t fresh = state == MessageState::visible ? fresh_.size() : 0;
    return counts_[static_cast<std::size_t>(state)] + fresh;
}

std::vector<MessageIndex::Candidate> MessageIndex::peek(std::size_t limit) const {
    std::vector<Candidate> found;
    for (std::size_t i = 0; i < returned_.size() && found.size() < limit; ++i) {
        if (is_stale(returned_[i])) continue;
        found.push_back({returned_[i], *find(returned_[i])});
    }
    for (std::size_t i = 0; i < fresh_.size() && found.size() < limit; ++i) {
        found.push_back({fresh_[i].number, {.sent_at = fresh_[i].sent_at}});
    }
    return found;
}

void MessageIndex::check_invariants() const {
    std::vector<std::pair<MessageNumber, Timestamp>> wakes;
    for (const Wake& wake : wakes_) wakes.emplace_back(wake.number, wake.time);
    std::ranges::sort(wakes);
    std::vector<MessageNumber> returned(returned_.begin(), returned_.end());
    std::ranges::sort(returned);
    std::array<std::size_t, 3> counts{};
    for (const auto& [number, status] : touched_) {
        ++counts[static_cast<std::size_t>(status.state)];
        if (status.state == MessageState::visible) {
            ONPUT_CHECK(std::ranges::equal_range(returned, number).size() == 1);
        } else {
            ONPUT_CHECK(std::ranges::binary_search(wakes, std::pair(number, status.visible_at)));
        }
    }
    ONPUT_CHECK(counts == counts_);
    ONPUT_CHECK(std::ranges::is_heap(wakes_, is_later));
}

}  // namespace onput::queue
