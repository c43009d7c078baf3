#include "tests/sim/notifier_node.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/notifier/journal/records.hpp"
#include "tests/sim/endpoint_node.hpp"
#include "tests/sim/reader_node.hpp"

namespace onput::sim {
namespace {

constexpr Duration outbound_timeout = seconds(15);
// So few that every run trims.
constexpr std::uint64_t journal_records_max = 30;

const std::string type_header = "type";
const std::string event_header = "event";
const std::string id_header = "id";
const std::string arn_header = "arn";
const std::string token_header = "token";
const std::string invitation = "invitation";

std::string header_of(const notifier::HttpRequest& request, const std::string& name) {
    for (const auto& [header, value] : request.headers) {
        if (header == name) return value;
    }
    return {};
}

// As outbound/http_transfer.cpp judges an answer.
notifier::OutboundOutcome outcome_of(int status) {
    if (status >= 200 && status < 300) return notifier::OutboundOutcome::delivered;
    if (status >= 300 && status < 500) return notifier::OutboundOutcome::refused;
    return notifier::OutboundOutcome::failed;
}

template <schema::Message M>
M decoded(const std::string& bytes) {
    auto message = schema::decode<M>(bytes);
    ONPUT_CHECK(message.has_value());
    return *std::move(message);
}

// Says in plain headers what an endpoint has to know, without a signature.
class PlainWriter final : public notifier::MessageWriter {
public:
    Result<std::string> queue_body(const schema::TopicMessage& message, const notifier::Topic&,
                                   const notifier::Subscription&) override {
        return message.message;
    }
    Result<notifier::OutboundMessage> outbound(
        const schema::TopicMessage& message, const notifier::Topic&,
        const notifier::Subscription& subscription) override {
        const bool is_invited = message.type == schema::TopicMessageType::subscription_confirmation;
        return notifier::HttpRequest{.url = subscription.endpoint,
                                     .headers = {{type_header, is_invited ? invitation : ""},
                                                 {event_header, message.event_id},
                                                 {id_header, message.message_id},
                                                 {arn_header, subscription.arn},
                                                 {token_header, subscription.token}},
                                     .body = message.message};
    }
};

}  // namespace

// --- The bus and the outside ------------------------------------------------------------------

class NotifierNode::Bus final : public transport::BusPublisher {
public:
    explicit Bus(NotifierNode& node) : node_(node) {}

    void publish(std::string_view topic, const schema::BusHead& head,
                 std::string_view body) override {
        const schema::JournalRecord record{.sequence = head.sequence,
                                           .time = head.time,
                                           .type = head.type,
                                           .topic = std::string(topic),
                                           .body = std::string(body)};
        node_.changes_.published(record);
        node_.network_.publish(*node_.reader_, [reader = node_.reader_, epoch = head.epoch,
                                                record] { reader->on_live(epoch, record); });
    }
    void publish_head(const schema::BusHead& head) override {
        node_.network_.publish(*node_.reader_,
                               [reader = node_.reader_, head] { reader->on_heartbeat(head); });
    }
    [[nodiscard]] std::uint64_t drops() const override { return 0; }
    [[nodiscard]] std::size_t subscriptions() const override { return 1; }
    [[nodiscard]] std::uint64_t readers_cut() const override { return 0; }
    [[nodiscard]] std::vector<std::string> endpoints() const override { return {}; }

private:
    NotifierNode& node_;
};

Result<std::unique_ptr<transport::BusPublisher>> NotifierNode::bind_bus(
    const std::vector<std::string>&) {
    return std::make_unique<Bus>(*this);
}

class NotifierNode::SimOutbound final : public notifier::Outbound {
public:
    explicit SimOutbound(NotifierNode& node) : node_(node) {}

    void send(notifier::OutboundMessage message,
              std::function<void(notifier::OutboundResult)> done) override {
        node_.post_outside(std::get<notifier::HttpRequest>(message), std::move(done));
    }
    [[nodiscard]] std::size_t open() const override { return 0; }

private:
    NotifierNode& node_;
};

void NotifierNode::post_outside(const notifier::HttpRequest& request,
                                std::function<void(notifier::OutboundResult)> done) {
    const std::string arn = header_of(request, arn_header);
    const bool is_invited = header_of(request, type_header) == invitation;
    const EndpointNode::Incoming incoming{.post = {.subscription_arn = arn,
                                                   .is_invitation = is_invited,
                                                   .event_id = header_of(request, event_header),
                                                   .message_id = header_of(request, id_header),
                                                   .text = request.body},
                                          .topic_arn = arn.substr(0, arn.rfind(':')),
                                          .token = header_of(request, token_header)};
    topic_checks_.leaves(incoming.post);
    EndpointNode* endpoint = endpoints_.at(request.url);
    network_.call<int>(
        {.from = *this, .to = *endpoint, .timeout = outbound_timeout},
        [endpoint, incoming](auto answer) { endpoint->receive(incoming, std::move(answer)); },
        [this, done = std::move(done), began = world_.elapsed()](const Result<int>& status) {
            notifier::OutboundResult result;
            result.latency = world_.elapsed() - began;
            if (status) {
                result.outcome = outcome_of(*status);
                result.status_code = *status;
            }
            if (result.outcome != notifier::OutboundOutcome::delivered) {
                result.error = status ? "the endpoint answered " + std::to_string(*status)
                                      : status.error().message;
            }
            done(result);
        });
}

// --- Lives ------------------------------------------------------------------------------------

NotifierNode::NotifierNode(const Parts& parts, Network& network, const Checkers& checkers)
    : ServiceNode(parts, "notifier"),
      network_(network),
      changes_(checkers.changes),
      topic_checks_(checkers.topic_checks) {
    watch_.on_request = [this](const WireRequest& request) { on_request(request); };
    watch_.on_handled = [this](const WireRequest& request) { on_handled(request); };
    watch_.on_reply = [this](const WireRequest& request, const Result<WireReply>& reply) {
        on_reply(request, reply);
    };
}

void NotifierNode::connect(Peers peers) {
    queue_ = &peers.queue;
    reader_ = &peers.reader;
    endpoints_ = std::move(peers.endpoints);
}

Result<std::unique_ptr<runtime::Service>> NotifierNode::open_service() {
    handling_ = nullptr;
    notifier::Config config;
    config.queue_endpoint = "queue";
    config.journal_records_max = journal_records_max;
    if (journal_bytes_max_) config.journal_bytes_max = *journal_bytes_max_;
    if (destinations_max_) config.destinations_max = *destinations_max_;
    ONPUT_TRY(auto service, notifier::NotifierService::open(
                                *this, config,
                                [this](service::Platform&, store::Store&,
                                       const notifier::Config&) -> Result<notifier::Outside> {
                                    return notifier::Outside{
                                        .writer = std::make_unique<PlainWriter>(),
                                        .outbound = std::make_unique<SimOutbound>(*this),
                                        .certificate = {}};
                                }));
    notifier_ = service.get();
    return service;
}

void NotifierNode::check_turn() {
    notifier_->core().check_invariants();
}

// --- What is committed ------------------------------------------------------------------------

void NotifierNode::on_commit(const store::Batch& batch, store::Ticket) {
    for (const auto& [key, value] : batch.changes()) {
        if (!value) {
            if (key.starts_with("j/")) changes_.trimmed(notifier::sequence_in(key));
            continue;
        }
        if (key.starts_with("j/")) follow(decoded<schema::JournalRecord>(*value));
        if (!key.starts_with("u/")) continue;
        check_given_up(decoded<notifier::UndeliveredRecord>(*value));
    }
}

void NotifierNode::follow(schema::JournalRecord record) {
    follow_message(record);
    const std::uint64_t sequence = record.sequence;
    records_.insert_or_assign(sequence, std::move(record));
}

void NotifierNode::check_given_up(const notifier::UndeliveredRecord& lost) {
    world_.note("given up for " + lost.arn + ": " + lost.error);
    if (lost.arn == notifier::overflow_name) {
        const std::size_t rules = notifier_->core().destinations_by_rules();
        world_.expect(destinations_max_ && rules >= *destinations_max_,
                      "an event was withheld that had a place: " + lost.error);
        withheld_.insert(lost.event_id);
        return;
    }
    // Only subscriptions have somebody who may refuse; what they miss is checked at the end.
    const bool is_excused = lost.arn.starts_with(news_arn + ":") ||
                            lost.arn.starts_with(told_good_arn + ":") ||
                            lost.arn.starts_with(told_bad_arn + ":");
    world_.expect(is_excused, "an event was given up: " + lost.error);
}

// A client's message is known from here on; those of events and jobs were when they came.
void NotifierNode::follow_message(const schema::JournalRecord& record) {
    if (handling_ == nullptr || handling_->header.method != schema::PublishMessages::method) return;
    const auto body = notifier::decode_body(record.body);
    if (!body) return world_.broken("a record of the journal cannot be read");
    const auto* message = std::get_if<schema::TopicMessage>(&*body);
    if (message == nullptr) return;
    const auto request = decoded<schema::PublishMessages>(handling_->body);
    const bool is_asked = std::ranges::any_of(
        request.entries, [&](const auto& entry) { return entry.message == message->message; });
    world_.expect(is_asked && request.topic_arn == message->topic_arn,
                  "a message was journaled that nobody published");
    topic_checks_.publishing(message->topic_arn, message->message_id);
}

// --- Requests ---------------------------------------------------------------------------------

void NotifierNode::on_request(const WireRequest& request) {
    handling_ = &request;
    if (request.header.method == schema::AppendEvents::method) {
        topic_checks_.handed_over(decoded<schema::AppendEvents>(request.body), request.attachments);
    } else if (request.header.method == schema::Unsubscribe::method) {
        topic_checks_.removing(decoded<schema::Unsubscribe>(request.body).arn);
    }
}

void NotifierNode::on_handled(const WireRequest& request) {
    handling_ = nullptr;
    if (request.header.method != schema::Subscribe::method) return;
    for (const auto& [number, subscription] : notifier_->core().topics().subscriptions()) {
        topic_checks_.subscribed(subscription);
    }
}

void NotifierNode::on_reply(const WireRequest& request, const Result<WireReply>& reply) {
    if (!reply) return;
    const std::string& method = request.header.method;
    if (method == schema::AppendEvents::method) {
        topic_checks_.taken_over(decoded<schema::AppendEvents>(request.body).source,
                                 decoded<schema::EventsAppended>(reply->body).through);
    } else if (method == schema::Subscribe::method ||
               method == schema::ConfirmSubscription::method) {
        const auto made = decoded<schema::SubscriptionInfo>(reply->body);
        if (!made.is_pending) topic_checks_.confirmed(made.arn);
    } else if (method == schema::Unsubscribe::method) {
        topic_checks_.removed(decoded<schema::Unsubscribe>(request.body).arn);
    }
}

void NotifierNode::on_call(std::string_view method, const std::string& body) {
    if (method != schema::Deliver::method) return;
    const auto message = decoded<schema::Deliver>(body);
    world_.note("notifier delivers " + std::to_string(message.items.size()) + " to " +
                message.destination_arn);
    if (TopicChecks::is_of_topic(message)) topic_checks_.leaves(message);
}

// --- At the end -------------------------------------------------------------------------------

bool NotifierNode::is_idle() const {
    if (!is_up() || !notifier_->is_at_rest()) return false;
    const auto list = notifier_->core().list_destinations();
    return std::ranges::all_of(list.destinations, [](const schema::DestinationState& destination) {
        return destination.owed == 0;
    });
}

std::vector<schema::JournalRecord> NotifierNode::journal() const {
    const notifier::NotifierCore& core = notifier_->core();
    std::vector<schema::JournalRecord> records;
    for (const auto& [sequence, record] : records_) {
        if (sequence <= core.head()) records.push_back(record);
    }
    schema::FetchJournal request;
    request.from_sequence = core.find({})->first_sequence;
    while (request.from_sequence <= core.head()) {
        const auto fetched = core.fetch(request);
        ONPUT_CHECK(fetched && !fetched->records.empty());
        for (const auto& bytes : fetched->records) {
            const auto kept = decoded<schema::JournalRecord>(bytes);
            world_.expect(kept == records_.at(request.from_sequence),
                          "the journal keeps another record than was committed");
            ++request.from_sequence;
        }
    }
    return records;
}

}  // namespace onput::sim
