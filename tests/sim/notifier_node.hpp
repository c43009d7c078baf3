// The notifier process: the real service; the bus and endpoints outside are simulated. What the
// checkers see of it: rows of outboxes, messages and records when they are committed, and what
// leaves.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/notifier/service.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/service_node.hpp"
#include "tests/sim/topic_checks.hpp"

namespace onput::sim {

class EndpointNode;
class ReaderNode;

class NotifierNode final : public ServiceNode {
public:
    struct Checkers {
        Changes& changes;
        TopicChecks& topic_checks;
    };
    NotifierNode(const Parts& parts, Network& network, const Checkers& checkers);
    struct Peers {
        Node& queue;
        ReaderNode& reader;
        std::map<std::string, EndpointNode*> endpoints;  // By URL.
    };
    void connect(Peers peers);

    // Nothing is owed to anyone.
    [[nodiscard]] bool is_idle() const;
    // All records that ever were, those that were trimmed included.
    [[nodiscard]] std::vector<schema::JournalRecord> journal() const;
    // Events that were owed to one destination too many, and kept.
    [[nodiscard]] std::uint64_t withheld() const { return withheld_.size(); }
    // The world's limits: how many bytes the journal keeps, and how many destinations rules may
    // name. From its next life on.
    void limit_journal(std::uint64_t bytes) { journal_bytes_max_ = bytes; }
    void limit_destinations(std::size_t most) { destinations_max_ = most; }

private:
    class Bus;
    class SimOutbound;

    Result<std::unique_ptr<runtime::Service>> open_service() override;
    void check_turn() override;
    Node& peer(const std::string&) override { return *queue_; }
    Result<std::unique_ptr<transport::BusPublisher>> bind_bus(
        const std::vector<std::string>& endpoints) override;

    void on_commit(const store::Batch& batch, store::Ticket ticket) override;
    void on_call(std::string_view method, const std::string& body) override;
    void on_request(const WireRequest& request);
    void on_handled(const WireRequest& request);
    void on_reply(const WireRequest& request, const Result<WireReply>& reply);
    void follow(schema::JournalRecord record);
    void follow_message(const schema::JournalRecord& record);
    void post_outside(const notifier::HttpRequest& request,
                      std::function<void(notifier::OutboundResult)> done);

    void check_given_up(const notifier::UndeliveredRecord& lost);

    std::optional<std::size_t> destinations_max_;
    std::optional<std::uint64_t> journal_bytes_max_;
    // By sequence, as committed last: what a crash took back is committed again before the end.
    std::map<std::uint64_t, schema::JournalRecord> records_;
    std::set<std::string> withheld_;  // Ids of events.
    Network& network_;
    Changes& changes_;
    TopicChecks& topic_checks_;
    Node* queue_ = nullptr;
    ReaderNode* reader_ = nullptr;
    std::map<std::string, EndpointNode*> endpoints_;
    notifier::NotifierService* notifier_ = nullptr;  // Of this life.
    const WireRequest* handling_ = nullptr;          // The request whose handler runs.
};

}  // namespace onput::sim
