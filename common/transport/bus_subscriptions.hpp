// BusSubscriptions: how many subscriptions the bus holds for its readers, and which reader has to
// go when they are too many. libzmq keeps subscriptions in a tree of one node per byte, without a
// bound. Pure: the publisher reports connections and messages, and closes what this names.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace onput::transport {

// Onput's own readers have one subscription each. Within the limits of all, libzmq's tree stays
// below 64 MiB whatever the subscriptions are: 48 bytes a node, 2 KiB where nodes part.
struct BusSubscriptionLimits {
    std::size_t of_reader_max = 1000;
    std::size_t bytes_of_reader_max = 64UL * 1024;
    std::size_t all_max = 10'000;
    std::size_t all_bytes_max = 512UL * 1024;
};

class BusSubscriptions {
public:
    using Reader = int;  // The descriptor of its connection.

    explicit BusSubscriptions(BusSubscriptionLimits limits = {}) : limits_(limits) {}

    void connected(Reader reader);
    void disconnected(Reader reader);

    // A message of a reader: "\x01prefix" subscribes, "\x00prefix" ends that, all else is nothing.
    // Returns the reader whose connection must be closed: this one when it has too many; the one
    // with the most when all together have. A reader is returned once per connection, and nothing
    // counts for it from then on.
    [[nodiscard]] std::optional<Reader> take(Reader reader, std::string_view message);

    [[nodiscard]] std::size_t count() const { return count_; }

private:
    struct Held {
        std::set<std::string, std::less<>> prefixes;
        std::size_t bytes = 0;
        bool is_cut = false;
    };

    void add(Held& held, std::string_view prefix);
    void remove(Held& held, std::string_view prefix);
    void clear(Held& held);
    Reader cut(Reader reader);
    [[nodiscard]] Reader largest() const;

    BusSubscriptionLimits limits_;
    std::map<Reader, Held> readers_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace onput::transport
