// EndpointNode: a web server outside that a topic's messages are posted to. Confirms its
// subscriptions, unless it is one that does not want them. Takes what it is sent, refuses it,
// fails, takes long or says nothing, as the world's faults have it.
#pragma once

#include <string>

#include "tests/sim/requests.hpp"
#include "tests/sim/topic_checks.hpp"

namespace onput::sim {

class EndpointNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        TopicChecks& topic_checks;
        Node& notifier;
    };
    enum class Wish { confirms, ignores };
    EndpointNode(const Parts& parts, std::string name, Wish wish)
        : Node(parts.world, std::move(name)),
          topic_checks_(parts.topic_checks),
          notifier_(parts.requests.connect(*this, parts.notifier)),
          wish_(wish) {}

    // A POST; answered by its status.
    struct Incoming {
        TopicChecks::Post post;
        std::string topic_arn;
        std::string token;
    };
    void receive(const Incoming& incoming, const Answer<int>& answer);

    static std::string url_of(const std::string& name) { return "http://" + name + ".example/"; }

private:
    void on_start() override {}
    void on_crash() override {}

    void take(const Incoming& incoming);
    void confirm(const Incoming& incoming);

    TopicChecks& topic_checks_;
    std::unique_ptr<transport::RequestClient> notifier_;
    Wish wish_;
};

}  // namespace onput::sim
