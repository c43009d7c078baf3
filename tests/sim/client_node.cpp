#include "tests/sim/client_node.hpp"

namespace onput::sim {
namespace {

constexpr int tries_max = 3;

transport::CallOptions as_owner() {
    transport::CallOptions options;
    options.principal = {.account = account, .id = "AKID"};
    return options;
}

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
    const std::uint64_t kind = world_.random.below(26);
    if (kind < 7) return "text/book" + number + ".txt";
    if (kind < 8) return "text/poison" + number + ".txt";
    if (kind < 9) return "text/refused" + number + ".txt";
    if (kind < 14) return "log/" + number;
    if (kind < 18) return "bulk/" + number;
    if (kind < 19) return "news/" + number;
    if (kind < 21) return "cold/" + number;
    if (kind < 23) return "brief/" + number;
    if (kind < 25) return "chain/" + number;
    return "ping/" + number;
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
    changes_.intended(object, text);
    auto options = as_owner();
    options.attachments.push_back(transport::Frame::copy_of(text));
    transport::call(
        *storage_, object, std::move(options),
        [this, object, text, tries_left](const Result<schema::ObjectPut>& reply, const auto&) {
            if (reply) {
                changes_.acknowledged(reply->event_id);
                last_etag_ = reply->etag;
            } else if (is_worth_retrying(reply.error()) && tries_left > 0) {
                return put(object, text, tries_left - 1);
            } else {
                changes_.check_refusal(object.bucket + "/" + object.key, reply.error());
            }
            rest();
        });
}

void ClientNode::remove(const schema::DeleteObject& request, int tries_left) {
    transport::call(
        *storage_, request, as_owner(),
        [this, request, tries_left](const Result<schema::ObjectDeleted>& reply, const auto&) {
            if (reply && reply->existed) changes_.acknowledged(reply->event_id);
            if (!reply && is_worth_retrying(reply.error()) && tries_left > 0) {
                return remove(request, tries_left - 1);
            }
            if (!reply) changes_.check_refusal(request.bucket + "/" + request.key, reply.error());
            rest();
        });
}

void ClientNode::get(const std::string& key) {
    schema::GetObject request;
    request.bucket = inbox;
    request.key = key;
    const std::string name = inbox + "/" + key;
    const std::uint64_t known = changes_.acknowledged_of(name);
    transport::call(*storage_, request, as_owner(),
                    [this, name, known](const Result<schema::ObjectGot>& got,
                                        const std::vector<transport::Frame>& frames) {
                        if (!got) {
                            changes_.check_refusal(name, got.error());
                        } else {
                            std::string bytes;
                            for (const auto& frame : frames) bytes += frame.view();
                            const std::string& event_id = got->object.event_id;
                            // What was read must not be forgotten, as if it had been acknowledged.
                            changes_.acknowledged(event_id);
                            const Change* change = changes_.find(event_id);
                            world_.expect(change != nullptr && change->body == bytes,
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
    transport::call(*service_, request, as_owner(),
                    [this](const Result<schema::MessagesReceived>& received, const auto&) {
                        if (received) read(*received);
                        after(world_.between(milliseconds(1), habits_.pause_max),
                              [this] { receive(); });
                    });
}

void ConsumerNode::read(const schema::MessagesReceived& received) {
    for (const auto& message : received.messages) {
        handovers_.held(message.receipt_handle);
        handovers_.found(message.body);
        if (const auto job = message.attributes.find("RequestID");
            job != message.attributes.end()) {
            handovers_.dead_lettered({.message_id = job->second.value,
                                      .code = message.attributes.at("ErrorCode").value});
        }
        // Some are read too slowly and come again; some are forgotten.
        const bool is_slow = world_.chance(50);
        after(is_slow ? world_.between(seconds(5), seconds(20))
                      : world_.between(Duration(10), seconds(1)),
              [this, receipt = message.receipt_handle] {
                  handovers_.released(receipt);
                  const bool forgets = world_.chance(world_.faults.loss_permille);
                  if (!forgets && world_.chance(habits_.removes_permille)) remove(receipt);
              });
    }
}

void ConsumerNode::remove(const std::string& receipt) {
    schema::RemoveMessages request;
    request.name = queue_;
    request.entries.push_back({.id = "1", .receipt_handle = receipt});
    transport::call(*service_, request, as_owner(),
                    [](const Result<schema::EntriesDone>&, const auto&) {});
}

}  // namespace onput::sim
