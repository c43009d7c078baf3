// Handler: every HTTP request of the gateway. It finds the service that the request is for and
// hands over to it:
//
//     Host of a website                             s3/site/website, unsigned
//     Host of a function URL                        lambda/url, signed or open to all
//     /_onput/events                                tail/stream, signed or with a bearer token
//     /_onput/...                                   health and metrics, unsigned
//     /SimpleNotificationService-....pem            sns/certificate, unsigned
//     what route.hpp finds                          s3/, a service of services.hpp, or a refusal
//
// Called on the server's threads, at the same time when there are several; what it shares is in
// Shared, which is atomic or constant.
#pragma once

#include <cstdint>
#include <optional>

#include "services/gateway/http/server.hpp"
#include "services/gateway/request_context.hpp"
#include "services/gateway/s3/site/website_address.hpp"
#include "services/gateway/tail/stream.hpp"

namespace onput::gateway {

class Handler : public http::Handler {
public:
    // What a port is for: websites have one of their own if website_listen says so.
    enum class Serves : std::uint8_t { everything, websites };

    explicit Handler(Shared& shared, Serves serves = Serves::everything)
        : shared_(shared), serves_(serves) {}

    http::Task<void> handle(http::Exchange& exchange) override;
    // Streams of events never end by themselves. Any thread.
    void end_streams() { open_streams_.are_ending = true; }

private:
    // Nothing: it is for no website.
    [[nodiscard]] std::optional<Result<s3::WebsiteAddress>> website_of(
        const http::RequestHead& head) const;

    Shared& shared_;
    const Serves serves_;
    OpenStreams open_streams_;
};

// What the HTTP server itself refuses, as an error of S3.
http::Response render_protocol_error(const http::ProtocolError& error);

}  // namespace onput::gateway
