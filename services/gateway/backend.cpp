#include "services/gateway/backend.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::gateway {
namespace {

Backend::SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

std::unexpected<Error> not_connected(std::string_view name) {
    return fail(ErrorCode::unavailable, fmt::format("{} is not connected", name), "not_connected");
}

}  // namespace

Backend::Backend(transport::Loop& loop, const Endpoints& endpoints)
    : loop_(loop),
      storage_{.name = "the storage service",
               .client = transport::RequestClient::connect(loop, endpoints.storage),
               .away_since = steady_now()},
      notifier_{.name = "the notifier",
                .client = transport::RequestClient::connect(loop, endpoints.notifier),
                .away_since = steady_now()},
      queue_{.name = "the queue service",
             .client = transport::RequestClient::connect(loop, endpoints.queue),
             .away_since = steady_now()},
      check_(loop.every(connection_check, [this] {
          for (Peer* peer : {&storage_, &notifier_, &queue_}) note_connection(*peer);
      })) {}

Backend::~Backend() {
    loop_.cancel(check_);
}

Backend::Peer& Backend::peer_of(std::string_view method) {
    if (method.starts_with("storage.")) return storage_;
    if (method.starts_with("queue.")) return queue_;
    ONPUT_CHECK(method.starts_with("notifier."));
    return notifier_;
}

void Backend::send(std::string_view method, std::string body, transport::CallOptions options,
                   ReplyBox mailbox) {
    post({.method = method,
          .body = std::move(body),
          .options = std::move(options),
          .done = [mailbox = std::move(mailbox)](Result<transport::Reply> reply) {
              mailbox.put(std::move(reply));
          }});
}

void Backend::post(Parcel parcel) {
    loop_.post([this, parcel = std::move(parcel)]() mutable { send_now(std::move(parcel)); });
}

void Backend::send_now(Parcel parcel) {
    Peer& peer = peer_of(parcel.method);
    note_connection(peer);
    if (peer.is_connected) {
        peer.client->call(parcel.method, std::move(parcel.body), std::move(parcel.options),
                          std::move(parcel.done));
    } else if (steady_now() - peer.away_since < reconnect_grace &&
               peer.waiting.size() < transport::open_calls_max) {
        peer.waiting.push_back(std::move(parcel));
    } else {
        parcel.done(not_connected(peer.name));
    }
}

void Backend::note_connection(Peer& peer) {
    const bool is_connected = peer.client->is_connected();
    if (peer.is_connected.exchange(is_connected) && !is_connected) peer.away_since = steady_now();
    if (peer.waiting.empty()) return;
    if (!is_connected && steady_now() - peer.away_since < reconnect_grace) return;
    for (Parcel& parcel : std::exchange(peer.waiting, {})) {
        if (is_connected) {
            peer.client->call(parcel.method, std::move(parcel.body), std::move(parcel.options),
                              std::move(parcel.done));
        } else {
            parcel.done(not_connected(peer.name));
        }
    }
}

Backend::Connected Backend::connected() const {
    return {storage_.is_connected, notifier_.is_connected, queue_.is_connected};
}

}  // namespace onput::gateway
