#include "tests/sim/client_node.hpp"

#include "tests/sim/queue_node.hpp"
#include "tests/sim/storage_node.hpp"

namespace onput::sim {
namespace {

constexpr int tries_max = 3;
constexpr Duration client_timeout = seconds(30);

bool is_worth_retrying(const Error& error) {
    return error.code == ErrorCode::timeout || error.code == ErrorCode::unavailable;
}

}  // namespace

// --- Objects ----------------------------------------------------------------------------------

void ClientNode::on_start() {
    rest();
}

void ClientNode::rest() {
    is_busy_ = false;
    if (is_stopped_) return;
    const bool is_burst = world_.chance(600);
    after(is_burst ? world_.between(Duration(100), milliseconds(20))
                   : world_.between(milliseconds(20), seconds(4)),
          [this] {
              if (!is_stopped_) act();
          });
}

std::string ClientNode::choose_key() {
    const std::string number = std::to_string(world_.random.below(4));
    const std::uint64_t kind = world_.random.below(21);
    if (kind < 7) return "text/book" + number + ".txt";
    if (kind < 8) return "text/poison" + number + ".txt";
    if (kind < 9) return "text/refused" + number + ".txt";
    if (kind < 14) return "log/" + number;
    if (kind < 18) return "bulk/" + number;
    if (kind < 19) return "news/" + number;
    return "cold/" + number;
}

void ClientNode::act() {
    is_busy_ = true;
    const std::string key = choose_key();
    const std::uint64_t kind = world_.random.below(20);
    if (kind < 2) return get(key);
    if (kind < 5) {
        schema::DeleteObject request;
        request.bucket = inbox;
        request.key = key;
        return remove(request, tries_max);
    }
    const std::string text = name() + " " + std::to_string(++puts_) + " of " + key;
    schema::PutObject object;
    object.bucket = inbox;
    object.key = key;
    object.size_bytes = text.size();
    object.etag = "etag of " + text;
    if (kind < 7) object.conditions.if_none_match = "*";
    if (kind == 7 && !last_etag_.empty()) object.conditions.if_match = "\"" + last_etag_ + "\"";
    put(object, text, tries_max);
}

void ClientNode::put(const schema::PutObject& object, const std::string& text, int tries_left) {
    parts_.network.call<schema::ObjectPut>(
        {.from = *this, .to = parts_.storage, .timeout = client_timeout},
        [storage = &parts_.storage, object, text](auto answer) {
            storage->put({.object = object, .bytes = text, .trace = {}}, std::move(answer));
        },
        [this, object, text, tries_left](const Result<schema::ObjectPut>& reply) {
            if (reply) {
                parts_.changes.acknowledged(reply->event_id);
                last_etag_ = reply->etag;
            } else if (is_worth_retrying(reply.error()) && tries_left > 0) {
                return put(object, text, tries_left - 1);
            }
            rest();
        });
}

void ClientNode::remove(const schema::DeleteObject& request, int tries_left) {
    parts_.network.call<schema::ObjectDeleted>(
        {.from = *this, .to = parts_.storage, .timeout = client_timeout},
        [storage = &parts_.storage, request](auto answer) {
            storage->remove(request, std::move(answer));
        },
        [this, request, tries_left](const Result<schema::ObjectDeleted>& reply) {
            if (reply && reply->existed) parts_.changes.acknowledged(reply->event_id);
            if (!reply && is_worth_retrying(reply.error()) && tries_left > 0) {
                return remove(request, tries_left - 1);
            }
            rest();
        });
}

void ClientNode::get(const std::string& key) {
    schema::GetObject request;
    request.bucket = inbox;
    request.key = key;
    const std::uint64_t known = parts_.changes.acknowledged_of(inbox + "/" + key);
    parts_.network.call<storage::Reading>(
        {.from = *this, .to = parts_.storage, .timeout = client_timeout},
        [storage = &parts_.storage, request](auto answer) {
            storage->get(request, std::move(answer));
        },
        [this, known](const Result<storage::Reading>& reading) {
            if (reading) {
                const std::string& event_id = reading->got.object.event_id;
                // What was read must not be forgotten, as if it had been acknowledged.
                parts_.changes.acknowledged(event_id);
                const Change* change = parts_.changes.find(event_id);
                world_.expect(change != nullptr && change->body == reading->bytes,
                              "a read gave other bytes than were put");
                world_.expect(change == nullptr || change->number >= known,
                              "a read gave an older version than was acknowledged");
            }
            rest();
        });
}

// --- Queues -----------------------------------------------------------------------------------

void ConsumerNode::on_start() {
    post([this] { receive(); });
}

void ConsumerNode::receive() {
    schema::ReceiveMessages request;
    request.name = queue_;
    request.messages_max = static_cast<std::uint32_t>(1 + world_.random.below(10));
    request.wait_ms = world_.chance(500) ? 0 : 5000;
    parts_.network.call<schema::MessagesReceived>(
        {.from = *this, .to = parts_.queue},
        [queue = &parts_.queue, request](auto answer) {
            queue->receive(request, std::move(answer));
        },
        [this](const Result<schema::MessagesReceived>& received) {
            if (received) read(*received);
            after(world_.between(milliseconds(1), seconds(2)), [this] { receive(); });
        });
}

void ConsumerNode::read(const schema::MessagesReceived& received) {
    for (const auto& message : received.messages) {
        parts_.handovers.held(message.receipt_handle);
        if (const auto job = message.attributes.find("RequestID");
            job != message.attributes.end()) {
            parts_.handovers.dead_lettered({.message_id = job->second.value,
                                            .code = message.attributes.at("ErrorCode").value});
        }
        // Some are read too slowly and come again; some are forgotten.
        const bool is_slow = world_.chance(50);
        after(is_slow ? world_.between(seconds(5), seconds(20))
                      : world_.between(Duration(10), seconds(1)),
              [this, receipt = message.receipt_handle] {
                  parts_.handovers.released(receipt);
                  if (!world_.chance(world_.faults.loss_permille)) remove(receipt);
              });
    }
}

void ConsumerNode::remove(const std::string& receipt) {
    schema::RemoveMessages request;
    request.name = queue_;
    request.entries.push_back({.id = "1", .receipt_handle = receipt});
    parts_.network.call<schema::EntriesDone>(
        {.from = *this, .to = parts_.queue},
        [queue = &parts_.queue, request](auto answer) {
            queue->remove(request, std::move(answer));
        },
        [](const Result<schema::EntriesDone>&) {});
}

}  // namespace onput::sim
