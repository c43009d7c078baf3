// Clients of the house. A client puts, overwrites, deletes and reads objects and tries again as
// SDKs do; a consumer receives from plain queues and removes what it has read.
#pragma once

#include <string>

#include "tests/sim/handovers.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

class ClientNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Changes& changes;
        Node& storage;
    };
    ClientNode(const Parts& parts, std::string name)
        : Node(parts.world, std::move(name)),
          changes_(parts.changes),
          storage_(parts.requests.connect(*this, parts.storage)) {}

    void stop() { is_stopped_ = true; }
    void go_on() {
        is_stopped_ = false;
        rest();
    }
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

    Changes& changes_;
    std::unique_ptr<transport::RequestClient> storage_;
    std::uint64_t puts_ = 0;
    std::string last_etag_;
    bool is_stopped_ = false;
    bool is_busy_ = false;
};

class ConsumerNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Handovers& handovers;
        Node& queue;
    };
    struct Habits {
        std::uint64_t removes_permille = 1000;  // Of what was read.
        Duration pause_max = seconds(2);        // Between two receives.
    };
    ConsumerNode(const Parts& parts, std::string name, std::string queue)
        : ConsumerNode(parts, std::move(name), std::move(queue), Habits()) {}
    ConsumerNode(const Parts& parts, std::string name, std::string queue, Habits habits)
        : Node(parts.world, std::move(name)),
          handovers_(parts.handovers),
          service_(parts.requests.connect(*this, parts.queue)),
          queue_(std::move(queue)),
          habits_(habits) {}

private:
    void on_start() override;
    void on_crash() override {}

    void receive();
    void read(const schema::MessagesReceived& received);
    void remove(const std::string& receipt);

    Handovers& handovers_;
    std::unique_ptr<transport::RequestClient> service_;
    std::string queue_;
    Habits habits_;
};

}  // namespace onput::sim
