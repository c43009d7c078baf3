// SetupNode: the administrator who makes the house before its trouble begins: buckets and rules,
// topics, queues and the function, by the same requests as anybody's.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/schema/storage.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

// So many large messages there are in some worlds, before anything else.
inline constexpr std::size_t heavy_messages = 12;

class SetupNode : public Node {
public:
    struct Services {
        Node& storage;
        Node& notifier;
        Node& queue;
    };
    SetupNode(World& world, Requests& requests, const Services& services);

    [[nodiscard]] bool is_done() const { return step_ == steps_.size(); }

private:
    void on_start() override;
    void on_crash() override {}

    template <schema::Message M>
    void add(transport::RequestClient& service, M request);
    void add_queues_of_dead_letters();
    void add_queues_of_moves();
    void add_heavy_messages();
    void add_bucket(const std::string& name, std::vector<schema::NotificationRule> rules);
    void next();

    std::unique_ptr<transport::RequestClient> storage_;
    std::unique_ptr<transport::RequestClient> notifier_;
    std::unique_ptr<transport::RequestClient> queue_;
    std::vector<std::function<void()>> steps_;
    std::size_t step_ = 0;
};

}  // namespace onput::sim
