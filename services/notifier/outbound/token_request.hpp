// How a token is asked for that a request needs.
#pragma once

#include <string>

#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

struct TokenRequest {
    std::string name;  // Of the token: requests of the same name share it.
    HttpRequest request;
};

}  // namespace onput::notifier
