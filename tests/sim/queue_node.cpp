#include "tests/sim/queue_node.hpp"

#include "common/base/check.hpp"
#include "common/service/age_record.hpp"
#include "services/queue/messages/receipt.hpp"
#include "services/queue/messages/rows.hpp"
#include "tests/sim/worker_node.hpp"

namespace onput::sim {
namespace {

std::string lease_name(std::uint64_t lease) {
    return "lane-" + std::to_string(lease);
}

template <schema::Message M>
M decoded(const std::string& bytes) {
    auto message = schema::decode<M>(bytes);
    ONPUT_CHECK(message.has_value());
    return *std::move(message);
}

}  // namespace

// --- Lanes ------------------------------------------------------------------------------------

// The queue's end of all lanes, in one life. A grant is on its way as soon as it is sent.
class QueueNode::Hub final : public transport::LaneHub {
public:
    explicit Hub(QueueNode& node) : node_(node) {}

    Result<void> connect(const std::string& worker_id, const std::string& endpoint) override {
        lanes_.insert_or_assign(worker_id, endpoint);
        return {};
    }
    void disconnect(const std::string& worker_id) override { lanes_.erase(worker_id); }
    void send(const std::string& worker_id, const schema::LaneGrants& grants) override {
        node_.queue_checks_.sending(grants);
        for (const auto& grant : grants.grants) node_.unsent_.insert(grant.lease);
        const auto lane = lanes_.find(worker_id);
        if (lane == lanes_.end()) return;
        for (WorkerNode* worker : node_.workers_) {
            if (worker->endpoint() == lane->second) worker->receive(grants);
        }
    }
    [[nodiscard]] std::vector<std::string> endpoints() const override { return {}; }

private:
    QueueNode& node_;
    std::map<std::string, std::string> lanes_;  // Endpoints by worker.
};

Result<std::unique_ptr<transport::LaneHub>> QueueNode::bind_lanes(
    const std::vector<std::string>&, transport::LaneHub::Handler handler) {
    handler_ = std::move(handler);
    return std::make_unique<Hub>(*this);
}

void QueueNode::control(const transport::LaneControl& message) {
    if (!is_up() || !handler_) return;
    const auto* ack = std::get_if<schema::LaneAck>(&message);
    if (ack != nullptr) {
        for (const std::uint64_t lease : ack->leases) {
            const auto number = numbers_.find(lease);
            if (number != numbers_.end()) queue_checks_.removing(number->second);
        }
    }
    const double acks = ack == nullptr ? 0 : metric("onput_lane_acks_total");
    std::visit([this](const auto& said) { handovers_.heard(said.worker_id); }, message);
    handler_(message);
    if (ack == nullptr || metric("onput_lane_acks_total") == acks) return;
    ONPUT_CHECK(ack->leases.size() == 1);
    const auto* lease = handovers_.find(lease_name(ack->leases.front()));
    done_.emplace_back(store().last_ticket(), lease->message_id);
    on_durable(store().durable());
}

// --- Lives ------------------------------------------------------------------------------------

QueueNode::QueueNode(const Parts& parts, const Checkers& checkers)
    : ServiceNode(parts, "queue"),
      handovers_(checkers.handovers),
      queue_checks_(checkers.queue_checks),
      topic_checks_(checkers.topic_checks) {
    watch_.on_request = [this](const WireRequest& request) { on_request(request); };
    watch_.on_reply = [this](const WireRequest& request, const Result<WireReply>& reply) {
        on_reply(request, reply);
    };
}

void QueueNode::connect(std::vector<WorkerNode*> workers, Node& notifier) {
    workers_ = std::move(workers);
    notifier_ = &notifier;
}

Result<std::unique_ptr<runtime::Service>> QueueNode::open_service() {
    read_rows();
    queue::Config config;
    config.notifier_endpoint = "notifier";
    if (messages_max_) config.messages_max = *messages_max_;
    if (in_flight_max_) config.in_flight_max = *in_flight_max_;
    ONPUT_TRY(auto service, queue::QueueService::open(*this, config));
    queue_ = service.get();
    handovers_.queue_started();
    return service;
}

void QueueNode::check_turn() {
    flush_sent();
    queue_->core().check_invariants();
}

void QueueNode::on_survived(store::Ticket survives) {
    handler_ = nullptr;
    unsent_.clear();
    on_durable(survives);
    done_.clear();
    handovers_.queue_crashed();
}

void QueueNode::on_durable(store::Ticket durable) {
    while (!done_.empty() && done_.front().first <= durable) {
        handovers_.acknowledged(done_.front().second);
        handovers_.job_done(done_.front().second);
        done_.pop_front();
    }
}

// --- Leases -----------------------------------------------------------------------------------

// What survived the last life.
void QueueNode::read_rows() {
    std::vector<queue::MessageNumber> there;
    for (const auto& key : store().keys(queue::partition)) {
        if (const auto message = queue::parse_message_key(key)) there.push_back(message->message);
    }
    queue_checks_.restarted(there);
    leases_.clear();
    const auto rows = queue::for_each_row(
        store(), {.from = "l", .to = "m"}, [this](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<queue::LeaseRecord>(row.value));
            const auto number = queue::parse_lease_key(row.key);
            ONPUT_CHECK(number.has_value());
            leases_.insert(name_of(*number, record));
            return {};
        });
    ONPUT_CHECK(rows.has_value());
}

std::string QueueNode::name_of(queue::MessageNumber number,
                               const queue::LeaseRecord& record) const {
    if (!record.worker.empty()) return lease_name(record.lease);
    return queue::format_receipt({.queue = stored_.at(number).queue,
                                  .message = number,
                                  .lease = queue::LeaseId(record.lease)},
                                 secret_of(queue::receipt_key_bytes));
}

void QueueNode::on_commit(const store::Batch& batch, store::Ticket) {
    queue_checks_.committed(batch);
    for (const auto& [key, value] : batch.changes()) {
        if (!value) continue;
        if (const auto message = queue::parse_message_key(key)) {
            stored_.insert_or_assign(
                message->message,
                Stored{.queue = message->queue,
                       .message_id = decoded<queue::MessageRecord>(*value).message_id});
        }
    }
    for (const auto& [key, value] : batch.changes()) {
        const auto number = value ? queue::parse_lease_key(key) : std::nullopt;
        if (number) follow_lease(*number, decoded<queue::LeaseRecord>(*value));
    }
}

// A new lease, or one that was extended.
void QueueNode::follow_lease(queue::MessageNumber number, const queue::LeaseRecord& record) {
    if (record.lease == 0) return;
    numbers_.insert_or_assign(record.lease, number);
    const std::string name = name_of(number, record);
    if (!leases_.insert(name).second) return;
    handovers_.leased(
        name, {.message_id = stored_.at(number).message_id,
               .worker_id = record.worker,
               .epoch = record.epoch,
               .attempt = record.receive_count,
               .until = world_.elapsed() + (record.visible_at + world_.offset() - world_.wall())});
}

// In the order of the leases: grants are grouped by worker.
void QueueNode::flush_sent() {
    for (const std::uint64_t lease : std::exchange(unsent_, {})) {
        handovers_.sent(lease_name(lease));
    }
}

// --- Requests ---------------------------------------------------------------------------------

void QueueNode::on_request(const WireRequest& request) {
    if (request.header.method == schema::RemoveMessages::method) {
        for (const auto& entry : decoded<schema::RemoveMessages>(request.body).entries) {
            queue_checks_.removing(message_of(entry.receipt_handle));
        }
    }
    if (request.header.method != schema::Deliver::method) return;
    const auto message = decoded<schema::Deliver>(request.body);
    if (!message.source.ends_with("/dlq")) return;
    for (const auto& item : message.items) handovers_.may_come_twice(item.message_id);
}

void QueueNode::on_reply(const WireRequest& request, const Result<WireReply>& reply) {
    if (!reply) return;
    const std::string& method = request.header.method;
    if (method == schema::Deliver::method) {
        const auto message = decoded<schema::Deliver>(request.body);
        const auto delivered = decoded<schema::Delivered>(reply->body);
        world_.expect(delivered.refused.empty(), "the queue refused an event");
        if (TopicChecks::is_of_topic(message))
            return topic_checks_.taken(message, delivered.through);
        handovers_.taken(message, delivered.through);
    } else if (method == schema::ReceiveMessages::method) {
        flush_sent();
        for (const auto& message : decoded<schema::MessagesReceived>(reply->body).messages) {
            handovers_.sent(message.receipt_handle);
        }
    } else if (method == schema::RemoveMessages::method) {
        for (const auto& entry : decoded<schema::RemoveMessages>(request.body).entries) {
            const auto* lease = handovers_.find(entry.receipt_handle);
            const bool is_here = queue_checks_.removing(message_of(entry.receipt_handle));
            if (lease != nullptr && is_here) handovers_.acknowledged(lease->message_id);
        }
    }
}

queue::MessageNumber QueueNode::message_of(const std::string& receipt_handle) {
    const auto receipt = queue::parse_receipt(receipt_handle, secret_of(queue::receipt_key_bytes));
    ONPUT_CHECK(receipt.has_value());
    return receipt->message;
}

double QueueNode::metric(const std::string& name) const {
    for (const auto& metric : queue_->core().metrics(world_.wall())) {
        if (metric.name == name) return metric.value;
    }
    ONPUT_CHECK(false);
}

bool QueueNode::is_idle() const {
    return is_up() && queue_->is_at_rest() && queue_->core().outbox().waiting() == 0 &&
           metric("onput_queue_all_messages") == 0;
}

}  // namespace onput::sim
