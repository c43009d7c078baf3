#include "services/notifier/topics/endpoint.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "services/notifier/topics/refusal.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t queue_name_max = 80;
constexpr std::size_t function_part_bytes_max = 128;  // Of its ARN.
constexpr std::size_t email_local_bytes_max = 64;
constexpr std::ptrdiff_t arn_parts_min = 6;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

Result<void> check_queue(std::string_view endpoint) {
    const auto arn = parse_queue_arn(endpoint);
    if (!arn) return invalid_parameter("SQS endpoint ARN");
    if (arn->name.ends_with(".fifo")) {
        return invalid_parameter(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
            "standard SNS topics");
    }
    return {};
}

Result<void> check_url(std::string_view protocol, std::string_view endpoint) {
    const std::string scheme = std::string(protocol) + "://";
    if (!endpoint.starts_with(scheme)) {
        return invalid_parameter("Endpoint must match the specified protocol");
    }
    std::string_view authority = endpoint.substr(scheme.size());
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const std::size_t user_end = authority.rfind('@');
    if (user_end != std::string_view::npos) authority.remove_prefix(user_end + 1);
    const bool has_host = !authority.empty() && authority.front() != ':';
    // A backslash or a quote reads differently to different readers of URLs.
    const bool is_plain =
        is_printable(endpoint) && endpoint.find_first_of("\\\"<>^`{|}") == std::string_view::npos;
    if (!has_host || !is_plain) return invalid_parameter("Endpoint");
    return {};
}

// What a mail server's RCPT takes without quoting. A domain without a dot is a host of this
// network.
Result<void> check_email(std::string_view endpoint) {
    const std::size_t at = endpoint.find('@');
    const bool is_well_formed = at != std::string_view::npos && at > 0 &&
                                at <= email_local_bytes_max && at + 1 < endpoint.size() &&
                                endpoint.find('@', at + 1) == std::string_view::npos &&
                                endpoint.size() <= email_bytes_max && is_printable(endpoint) &&
                                endpoint.find_first_of("<>()[]:;,\"\\") == std::string_view::npos;
    if (!is_well_formed) return invalid_parameter("Email address");
    const std::string_view domain = endpoint.substr(at + 1);
    if (domain.front() == '.' || domain.back() == '.' ||
        domain.find("..") != std::string_view::npos || domain.front() == '-') {
        return invalid_parameter("Email address");
    }
    return {};
}

// E.164: at most fifteen digits, the first of which is not 0.
Result<void> check_telephone(std::string_view endpoint) {
    const std::string_view digits = endpoint.substr(endpoint.starts_with('+') ? 1 : 0);
    const bool is_number = digits.size() >= 2 && digits.size() <= 15 && digits.front() != '0' &&
                           std::ranges::all_of(digits, is_digit);
    if (is_number) return {};
    // One of the few texts of SNS without its usual beginning.
    return fail(ErrorCode::invalid_argument, "Invalid SMS endpoint: " + echo(endpoint),
                "InvalidParameter");
}

}  // namespace

Result<void> check_endpoint(std::string_view protocol, std::string_view endpoint) {
    static constexpr std::array<std::string_view, 2> unsupported{"application", "firehose"};
    if (std::ranges::find(unsupported, protocol) != unsupported.end()) {
        return invalid_parameter("Protocol Reason: " + std::string(protocol) +
                                 " subscriptions are not supported here; sqs, lambda, http, https, "
                                 "email, email-json and sms are");
    }
    const bool is_known = is_queued(protocol) || protocol == "sms" || must_confirm(protocol);
    if (!is_known) {
        return invalid_parameter("Amazon SNS does not support this protocol string: " +
                                 echo(protocol));
    }
    if (endpoint.empty() || endpoint.size() > endpoint_bytes_max) {
        return invalid_parameter("Endpoint");
    }
    if (protocol == "sqs") return check_queue(endpoint);
    if (protocol == "lambda") {
        if (is_function_arn(endpoint)) return {};
        return invalid_parameter("Lambda endpoint ARN");
    }
    if (protocol == "sms") return check_telephone(endpoint);
    return is_webhook(protocol) ? check_url(protocol, endpoint) : check_email(endpoint);
}

bool must_confirm(std::string_view protocol) {
    return is_webhook(protocol) || protocol == "email" || protocol == "email-json";
}

bool is_webhook(std::string_view protocol) {
    return protocol == "http" || protocol == "https";
}

bool is_queued(std::string_view protocol) {
    return protocol == "sqs" || protocol == "lambda";
}

bool is_function_arn(std::string_view arn) {
    constexpr std::size_t parts_max = 8;  // arn aws lambda region account function name qualifier
    std::vector<std::string_view> parts;
    while (parts.size() <= parts_max) {
        const std::size_t colon = arn.find(':');
        parts.push_back(arn.substr(0, colon));
        if (colon == std::string_view::npos) break;
        arn.remove_prefix(colon + 1);
    }
    if (parts.size() + 1 != parts_max && parts.size() != parts_max) return false;
    const auto is_name = [](std::string_view text) {
        return !text.empty() && text.size() <= function_part_bytes_max &&
               std::ranges::all_of(
                   text, [](char c) { return is_word(c) || c == '-' || c == '_' || c == '$'; });
    };
    return parts[0] == "arn" && parts[1] == "aws" && parts[2] == "lambda" && is_name(parts[3]) &&
           parts[4].size() == 12 && std::ranges::all_of(parts[4], is_digit) &&
           parts[5] == "function" && is_name(parts[6]) &&
           (parts.size() + 1 == parts_max || is_name(parts[7]));
}

std::optional<QueueArn> parse_queue_arn(std::string_view arn) {
    constexpr std::string_view prefix = "arn:aws:sqs:";
    if (!arn.starts_with(prefix)) return std::nullopt;
    std::string_view rest = arn.substr(prefix.size());
    QueueArn parsed;
    const std::size_t region_end = rest.find(':');
    if (region_end == std::string_view::npos) return std::nullopt;
    parsed.region = rest.substr(0, region_end);
    rest.remove_prefix(region_end + 1);
    const std::size_t account_end = rest.find(':');
    if (account_end == std::string_view::npos) return std::nullopt;
    parsed.account = rest.substr(0, account_end);
    parsed.name = rest.substr(account_end + 1);

    const auto is_name = [](char c) { return is_word(c) || c == '-' || c == '_'; };
    std::string_view name = parsed.name;
    if (name.size() > queue_name_max) return std::nullopt;
    if (name.ends_with(".fifo")) name.remove_suffix(5);
    const bool is_whole =
        !parsed.region.empty() && !name.empty() && parsed.account.size() == 12 &&
        std::ranges::all_of(parsed.region, [](char c) { return is_word(c) || c == '-'; }) &&
        std::ranges::all_of(parsed.account, is_digit) && std::ranges::all_of(name, is_name);
    if (!is_whole) return std::nullopt;
    return parsed;
}

std::string_view region_of(std::string_view arn) {
    for (int before = 0; before < 3; ++before) {
        const std::size_t colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return arn.substr(0, arn.find(':'));
}

Result<void> check_arn(std::string_view arn, std::string_view parameter) {
    const std::ptrdiff_t parts = std::ranges::count(arn, ':') + 1;
    if (parts >= arn_parts_min) return {};
    return invalid_parameter(std::string(parameter) +
                             " Reason: An ARN must have at least 6 elements, not " +
                             std::to_string(parts));
}

}  // namespace onput::notifier
