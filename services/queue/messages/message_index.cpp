#include "services/queue/messages/message_index.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::queue {
namespace {

// Below this many entries the heap is not worth compacting.
constexpr std::size_t wakes_compaction_min = 1024;

}  // namespace

void MessageIndex::add_fresh(MessageNumber number, Timestamp sent_at, JobSize size) {
    std::deque<Fresh>& fresh = line(size).fresh;
    ONPUT_CHECK(fresh.empty() || fresh.back().number < number);
    fresh.push_back({number, sent_at});
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
        line(status.size).returned.push_back(number);
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

std::optional<MessageStatus> MessageIndex::status_of(MessageNumber number) const {
    if (const MessageStatus* status = find(number)) return *status;
    for (const JobSize size : all_sizes) {
        const std::deque<Fresh>& fresh = lines_[static_cast<std::size_t>(size)].fresh;
        const auto found = std::ranges::lower_bound(fresh, number, {}, &Fresh::number);
        if (found == fresh.end() || found->number != number) continue;
        return MessageStatus{.sent_at = found->sent_at, .size = size};
    }
    return {};
}

void MessageIndex::remove_visible(const std::vector<MessageNumber>& numbers) {
    std::size_t expected = fresh_count();
    std::vector<MessageNumber> fresh;
    for (const MessageNumber number : numbers) {
        const MessageStatus* status = find(number);
        ONPUT_CHECK(status == nullptr || status->state == MessageState::visible);
        if (status != nullptr) {
            remove(number);
        } else {
            fresh.push_back(number);
        }
    }
    expected -= fresh.size();
    for (Line& line : lines_) remove_fresh(line, fresh);
    ONPUT_CHECK(fresh_count() == expected);
}

void MessageIndex::remove_fresh(Line& line, const std::vector<MessageNumber>& numbers) {
    const auto is_leaving = [&numbers](const Fresh& message) {
        return std::ranges::binary_search(numbers, message.number);
    };
    std::size_t left = numbers.size();
    while (left > 0 && !line.fresh.empty() && is_leaving(line.fresh.front())) {
        line.fresh.pop_front();
        --left;
    }
    // One pass for all that do not stand at the front.
    const bool may_hold_more =
        left > 0 && !line.fresh.empty() && line.fresh.front().number <= numbers.back();
    if (may_hold_more) std::erase_if(line.fresh, is_leaving);
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

std::optional<MessageIndex::Candidate> MessageIndex::oldest_visible(
    std::span<const JobSize> among) {
    std::optional<Candidate> oldest;
    for (const JobSize size : among) {
        const auto first = first_in_line(size);
        if (first && (!oldest || first->number < oldest->number)) oldest = first;
    }
    return oldest;
}

std::optional<MessageIndex::Candidate> MessageIndex::first_in_line(JobSize size) {
    auto& [fresh, returned] = line(size);
    while (!returned.empty() && is_stale(returned.front())) returned.pop_front();
    if (returned.empty() || (!fresh.empty() && fresh.front().number < returned.front())) {
        if (fresh.empty()) return {};
        return Candidate{.number = fresh.front().number,
                         .status = {.sent_at = fresh.front().sent_at, .size = size}};
    }
    return Candidate{.number = returned.front(), .status = *find(returned.front())};
}

void MessageIndex::pop(const Candidate& oldest) {
    auto& [fresh, returned] = line(oldest.status.size);
    if (!returned.empty() && returned.front() == oldest.number) {
        returned.pop_front();
        remove(oldest.number);
        return;
    }
    ONPUT_CHECK(!fresh.empty() && fresh.front().number == oldest.number);
    fresh.pop_front();
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

std::size_t MessageIndex::fresh_count() const {
    std::size_t count = 0;
    for (const Line& line : lines_) count += line.fresh.size();
    return count;
}

std::size_t MessageIndex::count(MessageState state) const {
    const std::size_t fresh = state == MessageState::visible ? fresh_count() : 0;
    return counts_[static_cast<std::size_t>(state)] + fresh;
}

std::vector<MessageIndex::Candidate> MessageIndex::peek(std::size_t limit) const {
    std::vector<Candidate> found;
    for (const Line& line : lines_) {
        for (std::size_t i = 0; i < line.returned.size() && found.size() < limit; ++i) {
            if (is_stale(line.returned[i])) continue;
            found.push_back({line.returned[i], *find(line.returned[i])});
        }
    }
    for (std::size_t at = 0; at < lines_.size(); ++at) {
        const std::deque<Fresh>& fresh = lines_[at].fresh;
        for (std::size_t i = 0; i < fresh.size() && found.size() < limit; ++i) {
            found.push_back(
                {fresh[i].number, {.sent_at = fresh[i].sent_at, .size = static_cast<JobSize>(at)}});
        }
    }
    return found;
}

void MessageIndex::check_invariants() const {
    std::vector<std::pair<MessageNumber, Timestamp>> wakes;
    wakes.reserve(wakes_.size());
    for (const Wake& wake : wakes_) wakes.emplace_back(wake.number, wake.time);
    std::ranges::sort(wakes);
    std::array<std::vector<MessageNumber>, all_sizes.size()> returned;
    for (std::size_t at = 0; at < lines_.size(); ++at) {
        returned[at].assign(lines_[at].returned.begin(), lines_[at].returned.end());
        std::ranges::sort(returned[at]);
    }
    std::array<std::size_t, 3> counts{};
    for (const auto& [number, status] : touched_) {
        ++counts[static_cast<std::size_t>(status.state)];
        if (status.state == MessageState::visible) {
            const auto& same_size = returned[static_cast<std::size_t>(status.size)];
            ONPUT_CHECK(std::ranges::equal_range(same_size, number).size() == 1);
        } else {
            ONPUT_CHECK(std::ranges::binary_search(wakes, std::pair(number, status.visible_at)));
        }
    }
    ONPUT_CHECK(counts == counts_);
    ONPUT_CHECK(std::ranges::is_heap(wakes_, is_later));
}

}  // namespace onput::queue
