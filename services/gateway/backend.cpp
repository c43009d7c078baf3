#include "services/gateway/backend.hpp"

#include "common/base/check.hpp"

namespace onput::gateway {

Backend::Backend(transport::Loop& loop, const Endpoints& endpoints)
    : loop_(loop),
      storage_(transport::RequestClient::connect(loop, endpoints.storage)),
      notifier_(transport::RequestClient::connect(loop, endpoints.notifier)),
      queue_(transport::RequestClient::connect(loop, endpoints.queue)) {}

transport::RequestClient& Backend::peer_of(std::string_view method) {
    if (method.starts_with("storage.")) return *storage_;
    if (method.starts_with("queue.")) return *queue_;
    ONPUT_CHECK(method.starts_with("notifier."));
    return *notifier_;
}

namespace {

// std::function copies its callable, and a call's attachments can only be moved: they wait in a box
// of their own.
struct Parcel {
    std::string body;
    transport::CallOptions options;
};

}  // namespace

void Backend::send(std::string_view method, std::string body, transport::CallOptions options,
                   ReplyBox mailbox) {
    auto parcel = std::make_shared<Parcel>(Parcel{std::move(body), std::move(options)});
    loop_.post([this, method, parcel, mailbox = std::move(mailbox)] {
        peer_of(method).call(
            method, std::move(parcel->body), std::move(parcel->options),
            [mailbox](Result<transport::Reply> reply) { mailbox.put(std::move(reply)); });
    });
}

void Backend::post(std::string_view method, std::string body, transport::CallOptions options) {
    auto parcel = std::make_shared<Parcel>(Parcel{std::move(body), std::move(options)});
    loop_.post([this, method, parcel] {
        peer_of(method).call(method, std::move(parcel->body), std::move(parcel->options),
                             [](const Result<transport::Reply>&) {});
    });
}

Backend::Connected Backend::connected() const {
    return {storage_connected_, notifier_connected_, queue_connected_};
}

void Backend::note_connections() {
    storage_connected_ = storage_->is_connected();
    notifier_connected_ = notifier_->is_connected();
    queue_connected_ = queue_->is_connected();
}

}  // namespace onput::gateway
