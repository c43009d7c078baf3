#include "services/notifier/topics/refusal.hpp"

#include "common/base/encoding.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t echo_bytes_max = 100;

std::string prefix_of(AttributeCall call) {
    return call == AttributeCall::of_many ? "Invalid parameter: Attributes Reason: "
                                          : "Invalid parameter: ";
}

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameter");
}

}  // namespace

std::unexpected<Error> invalid_parameter(std::string_view what) {
    return refused("Invalid parameter: " + std::string(what));
}

std::unexpected<Error> invalid_value(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ParameterValueInvalid");
}

std::unexpected<Error> topic_does_not_exist() {
    return fail(ErrorCode::not_found, "Topic does not exist", "NotFound");
}

std::unexpected<Error> subscription_does_not_exist() {
    return fail(ErrorCode::not_found, "Subscription does not exist", "NotFound");
}

std::unexpected<Error> limit_exceeded(std::string reason, std::string message) {
    return fail(ErrorCode::resource_exhausted, std::move(message), std::move(reason));
}

std::string echo(std::string_view text) {
    std::string shown(text.substr(0, echo_bytes_max));
    // Cutting may have left a part of a character, of at most three bytes.
    for (int cut = 0; cut < 3 && !is_utf8(shown) && !shown.empty(); ++cut) shown.pop_back();
    return is_utf8(shown) ? shown : std::string("(not UTF-8)");
}

std::unexpected<Error> invalid_attribute(AttributeCall call, std::string_view what) {
    return refused(prefix_of(call) + std::string(what));
}

std::unexpected<Error> invalid_attribute(AttributeCall call, Error error) {
    error.message = prefix_of(call) + error.message;
    return std::unexpected(std::move(error));
}

std::unexpected<Error> unknown_attribute(AttributeCall call, std::string_view name) {
    if (call == AttributeCall::of_one) return refused("Invalid parameter: AttributeName");
    return invalid_attribute(call, "Unknown attribute " + echo(name));
}

}  // namespace onput::notifier
