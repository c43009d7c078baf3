#include "common/transport/bus_subscriptions.hpp"

#include <algorithm>

namespace onput::transport {

void BusSubscriptions::connected(Reader reader) {
    // The system gives a number again once its connection is closed.
    disconnected(reader);
    readers_.try_emplace(reader);
}

void BusSubscriptions::disconnected(Reader reader) {
    const auto found = readers_.find(reader);
    if (found == readers_.end()) return;
    clear(found->second);
    readers_.erase(found);
}

std::optional<BusSubscriptions::Reader> BusSubscriptions::take(Reader reader,
                                                               std::string_view message) {
    const auto found = readers_.find(reader);
    // What a reader said before it went away may come later than the news that it has.
    if (found == readers_.end() || found->second.is_cut || message.empty()) return {};
    Held& held = found->second;
    if (message[0] == '\0') remove(held, message.substr(1));
    if (message[0] != '\1') return {};
    add(held, message.substr(1));
    if (held.prefixes.size() > limits_.of_reader_max || held.bytes > limits_.bytes_of_reader_max) {
        return cut(reader);
    }
    if (count_ > limits_.all_max || bytes_ > limits_.all_bytes_max) return cut(largest());
    return {};
}

void BusSubscriptions::add(Held& held, std::string_view prefix) {
    if (!held.prefixes.emplace(prefix).second) return;
    held.bytes += prefix.size();
    bytes_ += prefix.size();
    ++count_;
}

void BusSubscriptions::remove(Held& held, std::string_view prefix) {
    const auto found = held.prefixes.find(prefix);
    if (found == held.prefixes.end()) return;
    held.prefixes.erase(found);
    held.bytes -= prefix.size();
    bytes_ -= prefix.size();
    --count_;
}

void BusSubscriptions::clear(Held& held) {
    count_ -= held.prefixes.size();
    bytes_ -= held.bytes;
    held.prefixes.clear();
    held.bytes = 0;
}

BusSubscriptions::Reader BusSubscriptions::cut(Reader reader) {
    Held& held = readers_.at(reader);
    clear(held);
    held.is_cut = true;
    return reader;
}

// By both measures, as parts of what all may have.
BusSubscriptions::Reader BusSubscriptions::largest() const {
    const auto share = [this](const auto& entry) {
        const Held& held = entry.second;
        return std::max(held.prefixes.size() * limits_.all_bytes_max, held.bytes * limits_.all_max);
    };
    return std::ranges::max_element(readers_, {}, share)->first;
}

}  // namespace onput::transport
