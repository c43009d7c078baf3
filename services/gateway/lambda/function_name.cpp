#include "services/gateway/lambda/function_name.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace onput::gateway::lambda {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t qualifier_bytes_max = 128;
constexpr std::size_t text_bytes_max = 256;
// Lambda's own, for its text.
constexpr std::string_view name_pattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?)";

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto colon = text.find(':');
        parts.push_back(text.substr(0, colon));
        if (colon == std::string_view::npos) return parts;
        text.remove_prefix(colon + 1);
    }
}

bool is_word(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

bool is_account(std::string_view text) {
    return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::unexpected<Error> no_name(std::string_view text) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("1 validation error detected: Value '{}' at 'functionName' failed to "
                            "satisfy constraint: Member must satisfy regular expression pattern: "
                            "{}",
                            text.substr(0, text_bytes_max), name_pattern),
                "ValidationException");
}

struct Pieces {
    std::string_view account = {};
    std::string_view name;
    std::string_view qualifier = {};
};

// name[:qualifier] at the end of what came before it.
Result<Pieces> take_end(std::span<const std::string_view> parts, std::string_view text) {
    if (parts.empty() || parts.size() > 2) return no_name(text);
    Pieces pieces{.name = parts[0]};
    if (parts.size() == 2) pieces.qualifier = parts[1];
    const bool is_qualifier =
        parts.size() == 1 || pieces.qualifier == "$LATEST" ||
        (is_word(pieces.qualifier) && pieces.qualifier.size() <= qualifier_bytes_max);
    if (!is_word(pieces.name) || pieces.name.size() > name_bytes_max || !is_qualifier)
        return no_name(text);
    return pieces;
}

Result<Pieces> take_pieces(std::string_view text) {
    const auto parts = split(text);
    const std::span<const std::string_view> all(parts);
    constexpr std::size_t arn_head = 6;  // arn aws lambda region account function
    if (parts[0] == "arn") {
        const bool is_lambda = parts.size() > arn_head && parts[1] == "aws" &&
                               parts[2] == "lambda" && is_account(parts[4]) &&
                               parts[5] == "function";
        if (!is_lambda) return no_name(text);
        ONPUT_TRY(Pieces pieces, take_end(all.subspan(arn_head), text));
        pieces.account = parts[4];
        return pieces;
    }
    if (parts.size() > 2 && is_account(parts[0]) && parts[1] == "function") {
        ONPUT_TRY(Pieces pieces, take_end(all.subspan(2), text));
        pieces.account = parts[0];
        return pieces;
    }
    return take_end(all, text);
}

}  // namespace

Result<FunctionName> parse_function_name(const NameParts& parts) {
    ONPUT_TRY(const Pieces pieces, take_pieces(parts.text));
    const bool is_own = pieces.account.empty() || pieces.account == parts.account;
    if (!is_own && !parts.admits_other_accounts) {
        return fail(ErrorCode::not_found, fmt::format("Function not found: {}", parts.text),
                    "ResourceNotFound");
    }
    const bool differs = !pieces.qualifier.empty() && !parts.qualifier.empty() &&
                         pieces.qualifier != parts.qualifier;
    if (differs) {
        return fail(ErrorCode::invalid_argument,
                    "The derived qualifier from the function name does not match the specified "
                    "qualifier.",
                    "InvalidParameterValue");
    }
    const std::string_view qualifier =
        pieces.qualifier.empty() ? parts.qualifier : pieces.qualifier;
    return FunctionName{.name = std::string(pieces.name),
                        .qualifier = std::string(qualifier),
                        .account = is_own ? std::string() : std::string(pieces.account)};
}

}  // namespace onput::gateway::lambda
