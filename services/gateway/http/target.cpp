#include "services/gateway/http/target.hpp"

#include <algorithm>

namespace onput::http {
namespace {

bool is_host_byte(char byte) {
    const char lower = lower_case(byte);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' ||
           byte == '-' || byte == '_';
}

bool is_address_byte(char byte) {
    return is_host_byte(byte) || byte == ':';
}
bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

}  // namespace

Result<Target> parse_target(std::string_view raw) {
    if (raw.find('#') != std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "the request target has a fragment");
    }
    Target target;
    if (raw == "*") {
        target.path = raw;
        return target;
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!starts_with_ignoring_case(raw, scheme)) continue;
        raw.remove_prefix(scheme.size());
        const std::size_t end = std::min(raw.find_first_of("/?"), raw.size());
        target.authority = raw.substr(0, end);
        raw.remove_prefix(end);
        if (raw.empty() || raw.front() == '?') {
            target.path = "/";
            target.query = raw.empty() ? raw : raw.substr(1);
            return target;
        }
        break;
    }
    if (raw.empty() || raw.front() != '/') {
        return fail(ErrorCode::invalid_argument, "the request target is not a path");
    }
    const std::size_t question = std::min(raw.find('?'), raw.size());
    target.path = raw.substr(0, question);
    if (question < raw.size()) target.query = raw.substr(question + 1);
    return target;
}

Result<HostPort> parse_host(std::string_view text) {
    const auto refused = fail(ErrorCode::invalid_argument, "the host is malformed");
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return refused;
        result.host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        if (!std::ranges::all_of(result.host, is_address_byte)) return refused;
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        result.host = text.substr(0, colon);
        rest = text.substr(colon);
        if (!std::ranges::all_of(result.host, is_host_byte)) return refused;
    }
    if (result.host.empty()) return refused;
    if (rest.empty()) return result;
    result.port = rest.substr(1);
    if (rest.front() != ':' || result.port.size() > 5) return refused;
    if (!std::ranges::all_of(result.port, is_digit)) return refused;
    return result;
}

bool has_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (equal_ignoring_case(trimmed(list.substr(0, end)), token)) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace onput::http
