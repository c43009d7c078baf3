#include "services/queue/messages/agenda.hpp"

#include <algorithm>

namespace onput::queue {

void Agenda::note(Queue& queue) {
    if (queue.messages.count(MessageState::visible) > 0) activate(queue);
    const auto wake = queue.messages.next_wake();
    if (!wake || (queue.armed_at && *queue.armed_at <= *wake)) return;
    queue.armed_at = *wake;
    appointments_.push_back({*wake, queue.number});
    std::ranges::push_heap(appointments_, is_later);
}

void Agenda::activate(Queue& queue) {
    if (queue.is_active) return;
    queue.is_active = true;
    active_.push_back(queue.number);
}

std::optional<QueueNumber> Agenda::pop_active() {
    if (active_.empty()) return {};
    const QueueNumber queue = active_.front();
    active_.pop_front();
    return queue;
}

std::optional<QueueNumber> Agenda::pop_due(Timestamp now) {
    if (appointments_.empty() || appointments_.front().time > now) return {};
    const QueueNumber queue = appointments_.front().queue;
    std::ranges::pop_heap(appointments_, is_later);
    appointments_.pop_back();
    return queue;
}

std::optional<Timestamp> Agenda::next_time() const {
    if (appointments_.empty()) return {};
    return appointments_.front().time;
}

}  // namespace onput::queue
