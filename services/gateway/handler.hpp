// Handler: every HTTP request of the gateway. It finds the protocol, proves the signature, and
// hands over to the protocol's own code:
//
//     /_onput/...                                   health and metrics, unsigned
//     /SimpleNotificationService-....pem            sns/certificate, unsigned
//     what route.hpp tells apart                    sqs/, sns/, s3/
//
// Called on the server's threads, at the same time when there are several; what it shares is in
// Shared, which is atomic or constant.
#pragma once

#include "services/gateway/http/server.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway {

class Handler : public http::Handler {
public:
    explicit Handler(Shared& shared) : shared_(shared) {}

    http::Task<void> handle(http::Exchange& exchange) override;

private:
    Shared& shared_;
};

// S3's words for what the HTTP server itself refuses.
http::Response render_protocol_error(const http::ProtocolError& error);

}  // namespace onput::gateway
