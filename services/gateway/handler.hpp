// Handler: every HTTP request of the gateway. It finds the service that the request is for and
// hands over to it:
//
//     /_onput/...                                   health and metrics, unsigned
//     /SimpleNotificationService-....pem            sns/certificate, unsigned
//     what route.hpp finds                          s3/, a service of services.hpp, or a refusal
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

// What the HTTP server itself refuses, as an error of S3.
http::Response render_protocol_error(const http::ProtocolError& error);

}  // namespace onput::gateway
