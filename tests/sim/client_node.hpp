// Clients of the house. A client puts, overwrites, deletes and reads objects and tries again as
// SDKs do; a consumer receives from plain queues and removes what it has read.
#pragma once

#include <string>

#include "tests/sim/handovers.hpp"
#include "tests/sim/network.hpp"

namespace onput::sim {

class QueueNode;
class StorageNode;

class ClientNode : public Node {
public:
    struct Parts {
        World& world;
        Network& network;
        Changes& changes;
        StorageNode& storage;
    };
    ClientNode(const Parts& parts, std::string name)
        : Node(parts.world, std::move(name)), parts_(parts) {}

    void stop() { is_stopped_ = true; }
    [[nodiscard]] bool is_idle() const { return is_stopped_ && !is_busy_; }

private:
    void on_start() override;
    void on_crash() override {}

    void act();
    void put(const schema::PutObject& object, const std::string& text, int tries_left);
    void remove(const schema::DeleteObject& request, int tries_left);
    void get(const std::string& key);
    void rest();
    std::string choose_key();

    Parts parts_;
    std::uint64_t puts_ = 0;
    std::string last_etag_;
    bool is_stopped_ = false;
    bool is_busy_ = false;
};

class ConsumerNode : public Node {
public:
    struct Parts {
        World& world;
        Network& network;
        Handovers& handovers;
        QueueNode& queue;
    };
    ConsumerNode(const Parts& parts, std::string name, std::string queue)
        : Node(parts.world, std::move(name)), parts_(parts), queue_(std::move(queue)) {}

private:
    void on_start() override;
    void on_crash() override {}

    void receive();
    void read(const schema::MessagesReceived& received);
    void remove(const std::string& receipt);

    Parts parts_;
    std::string queue_;
};

}  // namespace onput::sim
