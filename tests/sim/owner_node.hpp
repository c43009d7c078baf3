// OwnerNode: the account that the topics belong to. Subscribes queues and endpoints early and asks
// again until they are confirmed, ends one subscription now and then and makes it anew, and
// publishes; tries again what was not answered.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/requests.hpp"
#include "tests/sim/topic_checks.hpp"

namespace onput::sim {

class OwnerNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        TopicChecks& topic_checks;
        Node& notifier;
    };
    explicit OwnerNode(const Parts& parts);

    void stop() { is_stopped_ = true; }
    // All that was wanted is subscribed, and nothing more is published.
    [[nodiscard]] bool is_idle() const;

private:
    enum class Kind { stays, leaves, never_confirms };
    struct Wanted {
        schema::Subscribe request;
        Kind kind = Kind::stays;
        std::string arn = {};  // Once it is there.
    };
    void on_start() override;
    void on_crash() override {}

    void want(std::string topic_arn, const std::string& endpoint, Kind kind);
    void want_with_dead_letters(std::string topic_arn, const std::string& endpoint);
    void tend(std::size_t at);
    void subscribe(std::size_t at);
    void unsubscribe(std::size_t at);
    void rest();
    void publish(const schema::PublishMessages& request, int tries_left);

    template <schema::Message M, typename Done>
    void ask(const M& request, Done done);

    TopicChecks& topic_checks_;
    std::unique_ptr<transport::RequestClient> notifier_;
    std::vector<Wanted> wanted_;
    std::uint64_t published_ = 0;
    bool is_stopped_ = false;
    bool is_busy_ = false;
};

}  // namespace onput::sim
