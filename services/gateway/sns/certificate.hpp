// The certificate that notifications' signatures are checked with, where their SigningCertURL says:
// /SimpleNotificationService-<fingerprint>.pem, unsigned. No bucket can have that name, and an
// unsigned request for an object is refused anyway.
#pragma once

#include "services/gateway/request_context.hpp"

namespace onput::gateway::sns {

// By GET or HEAD, and a path of that form.
bool asks_for_certificate(const http::RequestHead& head);

// 200 with the PEM text; 404 for another name than the notifier's certificate has; 503 when the
// notifier cannot be asked. What it said is kept: a name never means another certificate.
http::Task<void> serve_certificate(RequestContext& context);

}  // namespace onput::gateway::sns
