#include "services/notifier/rules/rule_refusal.hpp"

#include <fmt/format.h>

namespace onput::notifier {

std::unexpected<Error> invalid_request(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ValidationException");
}

std::unexpected<Error> no_such_bus(std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("Event bus {} does not exist.", name),
                "ResourceNotFoundException");
}

std::unexpected<Error> no_such_rule(std::string_view name, std::string_view bus) {
    return fail(ErrorCode::not_found,
                fmt::format("Rule {} does not exist on EventBus {}.", name, bus),
                "ResourceNotFoundException");
}

std::unexpected<Error> too_many() {
    return fail(ErrorCode::resource_exhausted,
                "The requested resource exceeds the maximum number allowed.",
                "LimitExceededException");
}

}  // namespace onput::notifier
