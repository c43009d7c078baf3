// Errors of our services and of the gateway itself, in the words of AWS. A reason is looked up in
// this order: the service's own aliases, the errors of its model, what all services share; without
// any hit, the error's code gives the name.
#pragma once

#include <span>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/aws/render.hpp"

namespace onput::gateway::aws {

// A reason that a model does not have, or not so. All texts live for ever.
struct ErrorAlias {
    std::string_view reason{};
    std::string_view shape{};  // Empty: the reason.
    std::string_view code{};   // Empty: the shape.
    int status = 400;
    std::string_view message{};  // Empty: the error's own.
};

struct ErrorWords {
    const Model& (*model)() = nullptr;
    std::span<const ErrorAlias> aliases{};
    ErrorAlias (*by_code)(ErrorCode code) = nullptr;  // For reasons that nobody knows.
};
ErrorName name_of(const Error& error, const ErrorWords& words);

// What is wrong with a signature or with the request as such: the same for all services but S3.
// Null when the reason is none of these.
const ErrorAlias* find_common_error(std::string_view reason);

}  // namespace onput::gateway::aws
