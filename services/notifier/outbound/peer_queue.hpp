// PeerQueue: what waits to be sent, taken in turns of the peers, so that a slow peer with much
// waiting delays nobody else. Pure.
//
//     add -> waiting of its peer --next--> open --finish--> gone
//
// Of one peer in order of `add`, at most `per_peer_max` open at once.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/check.hpp"

namespace onput::notifier {

template <typename Item>
class PeerQueue {
public:
    struct Limits {
        std::size_t open_max = 256;
        std::size_t per_peer_max = 16;
    };
    explicit PeerQueue(Limits limits) : limits_(limits) {}

    void add(const std::string& peer, Item item) {
        Peer& state = peers_[peer];
        state.waiting.push_back(std::move(item));
        offer(peer, state);
    }

    // What to open now; nothing when nothing waits or enough is open.
    std::optional<Item> next() {
        if (open_ == limits_.open_max || turns_.empty()) return std::nullopt;
        const std::string peer = std::move(turns_.front());
        turns_.pop_front();
        Peer& state = peers_.at(peer);
        state.has_turn = false;
        ONPUT_CHECK(!state.waiting.empty());
        ONPUT_CHECK(state.open < limits_.per_peer_max);
        std::optional<Item> item = std::move(state.waiting.front());
        state.waiting.pop_front();
        ++state.open;
        ++open_;
        offer(peer, state);
        return item;
    }

    // One that `next` gave of this peer is done.
    void finish(const std::string& peer) {
        const auto found = peers_.find(peer);
        ONPUT_CHECK(found != peers_.end());
        ONPUT_CHECK(found->second.open > 0);
        --found->second.open;
        --open_;
        offer(peer, found->second);
        if (found->second.open == 0 && found->second.waiting.empty()) peers_.erase(found);
    }

    [[nodiscard]] std::size_t open() const { return open_; }

private:
    struct Peer {
        std::deque<Item> waiting = {};
        std::size_t open = 0;
        bool has_turn = false;  // It is in turns_, once.
    };

    void offer(const std::string& peer, Peer& state) {
        if (state.has_turn || state.waiting.empty() || state.open == limits_.per_peer_max) return;
        state.has_turn = true;
        turns_.push_back(peer);
    }

    Limits limits_;
    std::map<std::string, Peer> peers_;
    std::deque<std::string> turns_;
    std::size_t open_ = 0;
};

}  // namespace onput::notifier
