// Who calls an API destination: what is taken of it, how an update changes it, and what of it is
// told. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/schema/event_destinations.hpp"

namespace onput::notifier {

// ValidationException unless everything is there that its type needs, and every header is one that
// can be sent and is not the transfer's own. `allows_http`: a token may be asked for without TLS.
Result<void> check_auth(const schema::ConnectionAuth& auth, bool allows_http);

// What is given in `change` over what was there. Another type takes nothing over but the
// parameters of calls.
schema::ConnectionAuth merge_auth(const schema::ConnectionAuth& before,
                                  const schema::ConnectionAuth& change);

// ValidationException if the value of a secret parameter is empty: it was told (told_auth), and not
// given again.
Result<void> check_secrets_given(const schema::ConnectionAuth& auth);

// Without what is secret.
schema::ConnectionAuth told_auth(schema::ConnectionAuth auth);

// ValidationException, in the name of `parameter`, unless it is https (or http where that is
// allowed) with a host, and without a login. It may have '*' behind the host when `has_stars`.
struct UrlCheck {
    std::string_view parameter;
    bool allows_http = false;
    bool has_stars = false;
};
Result<void> check_url(std::string_view url, const UrlCheck& check);

// ValidationException unless it can be a header's name and is not the transfer's own.
Result<void> check_header_name(std::string_view name);

}  // namespace onput::notifier
