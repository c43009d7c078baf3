#include "services/gateway/lambda/layer_name.hpp"

#include <vector>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::size_t text_bytes_max = 256;

std::unexpected<Error> no_name(std::string_view text) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("1 validation error detected: Value '{}' at 'layerName' failed to "
                            "satisfy constraint: Member must satisfy regular expression pattern: "
                            "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{{12}}:layer:"
                            "[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+",
                            text.substr(0, text_bytes_max)),
                "ValidationException");
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto colon = text.find(':');
        parts.push_back(text.substr(0, colon));
        if (colon == std::string_view::npos) return parts;
        text.remove_prefix(colon + 1);
    }
}

}  // namespace

Result<LayerName> parse_layer_name(std::string_view text) {
    const auto parts = split(text);
    if (parts.size() == 1 && !text.empty()) return LayerName{.name = std::string(text)};
    // arn aws lambda region account layer name [version]
    constexpr std::size_t parts_min = 7;
    const bool is_arn = parts.size() >= parts_min && parts.size() <= parts_min + 1 &&
                        parts[0] == "arn" && parts[2] == "lambda" && !parts[4].empty() &&
                        parts[5] == "layer" && !parts[6].empty();
    if (!is_arn) return no_name(text);
    LayerName name{.account = std::string(parts[4]), .name = std::string(parts[6])};
    if (parts.size() == parts_min) return name;
    const auto version = parse_number<std::uint64_t>(parts[parts_min]);
    if (!version || *version == 0) return no_name(text);
    name.version = *version;
    return name;
}

std::string layer_arn_of(std::string_view version_arn) {
    return std::string(version_arn.substr(0, version_arn.rfind(':')));
}

}  // namespace onput::gateway::lambda
