// RelayModel: what common/outbox/relay.cpp does, in a simulated process. A part of its node; each
// life begins with start().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/outbox/outbox.hpp"
#include "tests/sim/network.hpp"

namespace onput::sim {

class RelayModel {
public:
    using Append = std::function<void(const schema::AppendEvents&, const std::vector<std::string>&,
                                      Answer<schema::EventsAppended>)>;
    struct Parts {
        Network& network;
        Node& from;
        const store::View& view;
    };
    explicit RelayModel(const Parts& parts) : parts_(parts) {}

    // Who takes the events, in whose turns.
    void connect(Node& to, Append append) {
        to_ = &to;
        append_ = std::move(append);
    }

    void start(outbox::Outbox& outbox, std::string source);
    void pump();

private:
    void on_reply(const Result<schema::EventsAppended>& reply);
    void wake_later();

    Parts parts_;
    Node* to_ = nullptr;
    Append append_;
    outbox::Outbox* outbox_ = nullptr;
    std::string source_;
    bool is_waking_ = false;
};

}  // namespace onput::sim
