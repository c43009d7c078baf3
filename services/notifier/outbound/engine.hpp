// Engine: the thread that drives transfers (libcurl's multi interface). It has no limits of its
// own: its owner adds no more than may be open at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "services/notifier/outbound/transfer.hpp"

namespace onput::notifier {

class Engine {
public:
    // Called on the engine's thread, once for each `add`.
    using OnResult = std::function<void(std::uint64_t id, OutboundResult result)>;

    Engine(TransferSettings settings, OnResult on_result);
    ~Engine();  // Cuts off what is open, without results, and joins the thread.
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void add(std::uint64_t id, OutboundMessage message);  // Any thread.

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace onput::notifier
